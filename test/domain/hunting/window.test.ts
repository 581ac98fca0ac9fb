import fc from 'fast-check';
import { planWindow, type WindowRequest } from '../../../functions/domain/hunting/window.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const now = new Date('2026-11-24T12:00:00Z');
const ago = (ms: number) => new Date(now.getTime() - ms);

const brief =
  'let Time_start = now(-5d);\nlet Time_end = now();\nT | where Timestamp between (Time_start..Time_end)';

function plan(request: Partial<WindowRequest>) {
  return planWindow({ query: brief, defaultLookbackMs: DAY, maxLookbackMs: 30 * DAY, now, ...request });
}

describe('when a run is to look further back than it must', () => {
  const short = 'T | where Timestamp > ago(1h)';
  const several = `${short} | join (T | where Timestamp > ago(2h)) on D`;
  const watermark = ago(HOUR);

  test('then a query that can be widened is', () => {
    const window = plan({ query: short, watermark, alsoFrom: ago(26 * HOUR) });
    expect(window).toMatchObject({ from: ago(26 * HOUR), covered: true, problems: [] });
    expect(window.query).not.toBe(short);
  });

  test.each([
    ['has several relative times', { query: several }],
    ['has a time filter that is not recognised', { query: 'T | where Timestamp > startofday(now())' }],
    ['would have to look further back than a run goes', { query: short, maxLookbackMs: DAY }],
    ['reaches that far anyway', { query: brief }],
  ])('then a query that %s stays as it is, and nothing is missing', (_, change) => {
    const request = { watermark, defaultLookbackMs: HOUR, ...change };
    const window = plan({ ...request, alsoFrom: ago(26 * HOUR) });
    expect(window).toEqual(plan(request));
    expect(window).toMatchObject({ covered: true, problems: [] });
  });
});

describe('a query with one relative time', () => {
  test('is left as it is when its own lookback reaches the watermark', () => {
    const window = plan({ watermark: ago(4 * HOUR) });
    expect(window.query).toBe(brief);
    expect(window).toMatchObject({ from: ago(5 * DAY), to: now, covered: true, problems: [] });
  });

  test('is widened after an outage, for late events too, and nothing else of it changes', () => {
    const window = plan({ watermark: ago(9 * DAY) });
    expect(window.query).toBe(brief.replace('-5d', '-11d'));
    expect(window).toMatchObject({ from: ago(9 * DAY), covered: true, problems: [] });
  });

  test('is widened to what a person asks for', () => {
    const window = plan({ requestedLookbackMs: 10 * DAY + 30 * 60_000 });
    expect(window.query).toBe(brief.replace('-5d', '-241h'));
    expect(window.from).toEqual(ago(10 * DAY + 30 * 60_000));
  });

  test('is narrowed by the timespan when a person asks for less', () => {
    const window = plan({ requestedLookbackMs: HOUR });
    expect(window.query).toBe(brief);
    expect(window).toMatchObject({ from: ago(HOUR), covered: true });
    expect(window.timespan.from).toEqual(ago(HOUR));
  });

  test('still reaches back to the watermark when a person asks for less than that', () => {
    expect(plan({ requestedLookbackMs: HOUR, watermark: ago(6 * HOUR) }).timespan.from).toEqual(
      ago(6 * HOUR),
    );
  });

  test.each([
    ['T | where Timestamp > ago(2d)', '2d', '11d'],
    ['T | where Timestamp > ago( 36h )', '36h', '11d'],
    ['T | where Timestamp > now() - 2d', '2d', '11d'],
    ['T | where Timestamp > now( - 1.5d )', '1.5d', '11d'],
    ['let lookback = 2days;\nT | where Timestamp > ago(lookback)', '2days', '11d'],
    ['T | where Note == "ago(9d)" and Timestamp > ago(2d) // ago(7d)', 'ago(2d)', 'ago(11d)'],
    ['T | where Timestamp > ago(2d) and Created > datetime(2020-01-01)', '2d', '11d'],
  ])('is recognised in %j', (query, literal, widened) => {
    const window = plan({ query, watermark: ago(9 * DAY) });
    expect(window.query).toBe(query.replace(literal, widened));
    expect(window.covered).toBe(true);
  });
});

test('a query without a time filter is bounded by the timespan, with slack for late events and endpoint clocks', () => {
  const query =
    'T | where Note has "ago(5d)" | extend t = todatetime(AdditionalFields.time), u = datetime(null)';
  const window = plan({ query, watermark: ago(4 * HOUR) });
  expect(window).toMatchObject({ query, from: ago(DAY), covered: true, problems: [] });
  expect(window.timespan.from).toEqual(ago(3 * DAY));
  expect(window.timespan.to.getTime()).toBeGreaterThan(now.getTime());
});

describe('a query with several relative times', () => {
  const query = 'union (T | where Timestamp > ago(14d)), (U | where Timestamp > ago(2d))';

  test('covers what the shortest of them covers, and the timespan cuts none', () => {
    const window = plan({ query, watermark: ago(DAY) });
    expect(window).toMatchObject({ query, from: ago(2 * DAY), covered: true });
    expect(window.timespan.from.getTime()).toBeLessThanOrEqual(ago(14 * DAY).getTime());
  });

  test('is not widened: the gap is told', () => {
    const window = plan({ query, watermark: ago(3 * DAY) });
    expect(window).toMatchObject({ query, from: ago(2 * DAY), covered: false });
    expect(window.problems).toEqual([
      expect.stringContaining('2026-11-21T12:00:00.000Z to 2026-11-22T12:00:00.000Z'),
    ]);
  });

  test('is not widened either when its literal is used for something else', () => {
    const other =
      'let span = 1d;\nT | where Timestamp > ago(span) | summarize count() by bin(Timestamp, span)';
    expect(plan({ query: other, watermark: ago(3 * DAY) })).toMatchObject({ query: other, covered: false });
  });
});

test.each([
  ['T\n| where Timestamp > datetime(2026-01-01)', 2],
  ['T | where Timestamp > now() - 2 * 1d', 1],
  ['T | where Timestamp > ago(toscalar(U | take 1))', 1],
  ["let start = todatetime('{{StartTimeISO}}');\nT | where Timestamp > start", 1],
  ['let t = now();\nT | where Timestamp > t - 1d', 1],
])(
  'when the time filter of %j can’t be recognised, then it runs as it is, and after an outage the line is told',
  (query, line) => {
    expect(plan({ query, watermark: ago(HOUR) })).toMatchObject({ query, covered: true, problems: [] });
    const window = plan({ query, watermark: ago(3 * DAY) });
    expect(window).toMatchObject({ query, covered: false });
    expect(window.problems).toEqual([expect.stringContaining(`(line ${line})`)]);
    expect(window.timespan.from.getTime()).toBeLessThanOrEqual(ago(30 * DAY).getTime());
  },
);

test('a first run looks no less far back than usual, so that its baseline is whole; further back it may', () => {
  const query = 'T | where Timestamp > ago(5d)';
  const first = (requestedLookbackMs: number) => plan({ query, first: true, requestedLookbackMs }).from;
  expect(first(HOUR)).toEqual(ago(5 * DAY));
  expect(first(10 * DAY)).toEqual(ago(10 * DAY));
  expect(plan({ query, requestedLookbackMs: HOUR }).from).toEqual(ago(HOUR));
});

test('a catch-up is capped, and what it leaves out is told', () => {
  const window = plan({ watermark: ago(40 * DAY) });
  expect(window).toMatchObject({ from: ago(30 * DAY), covered: false });
  expect(window.problems).toEqual([
    '2026-10-15T12:00:00.000Z to 2026-10-25T12:00:00.000Z is not covered: a run goes back 30d at most.',
  ]);
});

test('a query’s own lookback is not capped', () => {
  expect(plan({ query: 'T | where Timestamp > ago(90d)' })).toMatchObject({
    from: ago(90 * DAY),
    covered: true,
  });
});

test('whatever the watermark, the window reaches back to it and to the lookback, or says that it does not', () => {
  const queries = [
    { query: brief, own: 5 * DAY },
    { query: 'T', own: undefined },
    { query: 'T | where Timestamp > ago(6h)', own: 6 * HOUR },
    { query: 'union (T | where Timestamp > ago(14d)), (U | where Timestamp > ago(2d))', own: 2 * DAY },
    { query: 'T | where Timestamp > datetime(2026-01-01)', own: undefined },
  ];
  const duration = fc.integer({ min: 1, max: 60 * DAY });
  fc.assert(
    fc.property(
      fc.constantFrom(...queries),
      fc.option(fc.integer({ min: -DAY, max: 60 * DAY }), { nil: undefined }),
      fc.option(duration, { nil: undefined }),
      duration,
      ({ query, own }, sinceWatermark, requestedLookbackMs, maxLookbackMs) => {
        const watermark = sinceWatermark === undefined ? undefined : ago(sinceWatermark);
        const window = plan({ query, watermark, requestedLookbackMs, maxLookbackMs });
        const lookback = requestedLookbackMs ?? own ?? DAY;
        const reaches =
          window.from.getTime() <=
          Math.min(now.getTime() - lookback, watermark?.getTime() ?? Number.POSITIVE_INFINITY);
        expect(reaches || !window.covered).toBe(true);
        expect(window.covered).toBe(window.problems.length === 0);
        expect(window.timespan.from.getTime()).toBeLessThanOrEqual(window.from.getTime());
        expect(window.timespan.to.getTime()).toBeGreaterThanOrEqual(window.to.getTime());
        expect(reachOf(window.query)).toBeGreaterThanOrEqual(
          window.covered ? now.getTime() - window.from.getTime() : 0,
        );
        expect(window.query.replace(/\d+[a-z]+\b/g, '')).toBe(query.replace(/\d+[a-z]+\b/g, ''));
      },
    ),
    { numRuns: 500 },
  );
});

/** How far the shortest relative time of a query goes back. */
function reachOf(query: string): number {
  const units: Record<string, number> = { d: DAY, h: HOUR };
  const all = [...query.matchAll(/(?:ago\(|now\(-)(\d+)([dh])\)/g)].map(
    ([, n, unit]) => Number(n) * (units[unit ?? ''] ?? 0),
  );
  return Math.min(Number.POSITIVE_INFINITY, ...all);
}
