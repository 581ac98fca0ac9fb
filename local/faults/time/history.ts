import fc from 'fast-check';

/** Minutes since the beginning of a history. */
export type Minute = number;

/** From the first minute up to, and without, the last one. */
export interface Stretch {
  from: Minute;
  to: Minute;
}

/** One thing that a device did, and how late the workspace heard of it. */
export interface HistoryEvent {
  device: number;
  url: number;
  at: Minute;
  delay: Minute;
}

/** How a hunt's query says which time it looks at. */
export type HuntShape =
  | 'open'
  | 'ago'
  | 'arithmetic'
  | 'yesterday'
  | 'today'
  | 'same day'
  | 'either'
  | 'placeholders'
  | 'counts';

/** Everything that happens to one hunt: what the simulation plays, and what a failure prints. */
export interface History {
  shape: HuntShape;
  /** Hours between two runs of the schedule. */
  interval: 4 | 24;
  /** How often the schedule comes round. */
  rounds: number;
  events: HistoryEvent[];
  /** The app does not run. */
  off: Stretch[];
  /** The workspace answers with an error. */
  failing: Stretch[];
  /** The workspace answers a part of the rows, and says so. */
  partial: Stretch[];
  /** The workspace refuses queries over more hours than this. */
  longestHours?: number | undefined;
  /** `set query_now` is not honoured: `now()` is the present. */
  ignoresQueryNow: boolean;
  /** An exclusion of one URL, in force for so long. */
  exclusion?: (Stretch & { url: number }) | undefined;
  /** From here on the hunt's query returns a further column. */
  editedAt?: Minute | undefined;
  /** The app's process dies in each of these rounds, after so many writes. */
  deaths: { round: number; writes: number }[];
}

export const HOUR = 60;
export const DAY = 24 * HOUR;

/** How many rounds follow in quiet, so that what is owed can be looked at before the books are judged. */
export const QUIET_ROUNDS = 8;

const shapes: readonly HuntShape[] = [
  'open',
  'ago',
  'arithmetic',
  'yesterday',
  'today',
  'same day',
  'either',
  'placeholders',
  'counts',
];

/** Random histories, which fast-check makes shorter until no part of a failure is idle. */
export const histories: fc.Arbitrary<History> = fc
  .record({
    shape: fc.constantFrom(...shapes),
    interval: fc.constantFrom<4 | 24>(4, 24),
    rounds: fc.integer({ min: 2, max: 14 }),
  })
  .chain((frame) => {
    const end = frame.rounds * frame.interval * HOUR;
    const stretch = (longest: number) =>
      fc
        .tuple(fc.integer({ min: 0, max: end }), fc.integer({ min: 1, max: longest }))
        .map(([from, length]): Stretch => ({ from, to: from + length }));
    const delay = fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: 0, max: 10 }) },
      fc.integer({ min: 0, max: 2 * DAY - 1 }),
    );
    const event = fc.record({
      device: fc.integer({ min: 0, max: 3 }),
      url: fc.integer({ min: 0, max: 1 }),
      at: fc.integer({ min: 0, max: end - 1 }),
      delay,
    });
    // What counts needs more than one, near each other.
    const again = fc.option(fc.record({ after: fc.integer({ min: 1, max: 4 * HOUR }), delay }));
    const events = fc
      .array(fc.tuple(event, again), { minLength: 1, maxLength: 10 })
      .map((all) =>
        all.flatMap(([first, second]): HistoryEvent[] =>
          second && first.at + second.after < end
            ? [first, { ...first, at: first.at + second.after, delay: second.delay }]
            : [first],
        ),
      );
    return fc.record({
      shape: fc.constant(frame.shape),
      interval: fc.constant(frame.interval),
      rounds: fc.constant(frame.rounds),
      events,
      off: fc.array(stretch(end), { maxLength: 2 }),
      failing: fc.array(stretch(end / 2), { maxLength: 1 }),
      partial: fc.array(stretch(end / 2), { maxLength: 1 }),
      longestHours: fc.option(fc.constantFrom(5, 26, 50), { nil: undefined, freq: 4 }),
      ignoresQueryNow: fc.boolean(),
      exclusion: fc.option(
        fc.tuple(stretch(end), fc.integer({ min: 0, max: 1 })).map(([span, url]) => ({ ...span, url })),
        { nil: undefined },
      ),
      editedAt: fc.option(fc.integer({ min: 0, max: end }), { nil: undefined, freq: 4 }),
      deaths: fc.array(
        fc.record({
          round: fc.integer({ min: 0, max: frame.rounds }),
          writes: fc.integer({ min: 0, max: 6 }),
        }),
        { maxLength: 2 },
      ),
    });
  });

/** Whether a minute lies in one of the stretches. */
export function within(stretches: readonly Stretch[], minute: Minute): boolean {
  return stretches.some(({ from, to }) => minute >= from && minute < to);
}

export const urlOf = (url: number) => `u${url}.addigy.com`;
