import type { Moment, Reach } from '../../../functions/domain/hunting/compiled-hunt.ts';
import {
  asRunsLook,
  presentSlice,
  settledBy,
  sliceAt,
  sliceFor,
} from '../../../functions/domain/hunting/slice.ts';
import type { Span } from '../../../functions/domain/hunting/span.ts';
import { compiled } from '../../examples.ts';

const HOUR_MS = 3_600_000;
const reaches = { defaultLookbackMs: 24 * HOUR_MS, maxLookbackMs: 720 * HOUR_MS, intervalMs: 4 * HOUR_MS };
const start = Date.parse('2026-11-20T00:00:00Z');
const at = (hours: number) => new Date(start + hours * HOUR_MS);
const span = (from: number, to: number): Span => ({ from: at(from), to: at(to) });
const hours = ({ from, to }: Span) => [from, to].map(inHours);
/** To the second: a slice may begin a moment earlier than its span. */
const inHours = (end: Date) => Math.round((end.getTime() - start) / 1000) / 3600;

const run: Moment = { op: 'run' };
const ago = (count: number): Reach => ({ from: { op: 'add', ms: -count * HOUR_MS, of: run }, to: run });
const today: Moment = { op: 'floor', to: 'day', of: run };
const yesterday: Reach = {
  from: { op: 'floor', to: 'day', of: { op: 'add', ms: -24 * HOUR_MS, of: run } },
  to: today,
};
const hunt = (covers: Reach | null, counts = false) => compiled({ covers, counts, coversFrom: 'query' });

test.each<[string, Reach | null, number[], boolean]>([
  ['ago(4h)', ago(4), [96, 100], true],
  ['yesterday, whole', yesterday, [72, 96], true],
  ['no bound, which the prelude sets', { from: { op: 'lookback' }, to: run }, [76, 100], true],
  ['until later than now', { from: null, to: { op: 'add', ms: HOUR_MS, of: run } }, [100 - 720, 100], true],
  ['nobody knows', null, [76, 100], false],
])('a run of a hunt over %s covers it', (_, covers, expected, covered) => {
  const slice = sliceAt(hunt(covers), at(100), reaches);
  expect(hours(slice)).toEqual(expected);
  expect(slice).toMatchObject({ at: at(100), covered });
});

/** What is looked at, slice by slice, and as of when. */
function replay(covers: Reach, owed: Span, counts = false) {
  const slices: { at: number; settles: number[] }[] = [];
  let left = owed;
  while (left.from < left.to && slices.length < 100) {
    const slice = sliceFor(hunt(covers, counts), left, at(100), reaches);
    if (!slice) break;
    slices.push({ at: inHours(slice.at), settles: hours(slice.settles) });
    left = { from: slice.settles.to, to: left.to };
  }
  return slices;
}

describe('what is owed is looked at as a run would have then', () => {
  test('in steps of what one run covers', () => {
    expect(replay(ago(24), span(0, 60))).toEqual([
      { at: 24, settles: [0, 24] },
      { at: 48, settles: [24, 48] },
      { at: 60, settles: [48, 60] },
    ]);
  });

  test('from a moment before it on, which the bound `> ago(4h)` would leave out', () => {
    const slice = sliceFor(hunt(ago(4)), span(0, 20), at(100), reaches);
    expect(slice?.from.getTime()).toBe(start - 1);
    expect(slice?.settles.from.getTime()).toBe(start);
  });

  test('by a hunt that counts, in steps of the schedule', () => {
    expect(replay(ago(24), span(0, 12), true)).toEqual([
      { at: 4, settles: [0, 4] },
      { at: 8, settles: [4, 8] },
      { at: 12, settles: [8, 12] },
    ]);
  });

  test('by a hunt that puts events together, in the same steps', () => {
    const joins = compiled({ covers: ago(24), pairs: true, coversFrom: 'query' });
    expect(sliceFor(joins, span(0, 12), at(100), reaches)).toMatchObject({ at: at(4) });
    expect(sliceFor(hunt(ago(24)), span(0, 12), at(100), reaches)).not.toMatchObject({ at: at(4) });
  });

  test('by a hunt that counts and covers less than an interval, in steps of that', () => {
    expect(replay(ago(1), span(0, 3), true).map(({ settles }) => settles)).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
  });

  test('by a hunt over whole days, on the day after each', () => {
    expect(replay(yesterday, span(0, 48)).map(({ settles }) => settles)).toEqual([
      [0, 24],
      [24, 48],
    ]);
  });

  test('to the end of a day by a hunt that looks at its own day, for which the next one begins a millisecond later', () => {
    const today: Reach = { from: { op: 'floor', to: 'day', of: run }, to: run };
    expect(replay(today, span(20, 30)).map(({ settles }) => settles)).toEqual([
      [20, 24],
      [24, 30],
    ]);
  });

  test('never by a hunt that looks elsewhere, whatever the time', () => {
    const fixed: Reach = { from: { op: 'at', iso: '2026-12-01T00:00:00Z' }, to: null };
    expect(replay(fixed, span(0, 10))).toEqual([]);
  });
});

test.each([
  [
    'of a hunt that counts, the last interval alone, and a half for runs that begin late',
    ago(24),
    true,
    [94, 100],
  ],
  ['of a hunt that counts and covers less, all of it', ago(2), true, [98, 100]],
  ['of a hunt that counts whole days, all of them', yesterday, true, [72, 96]],
  ['of another hunt, all of it', ago(24), false, [76, 100]],
])('a run settles %s', (_, covers, counts, expected) => {
  const one = hunt(covers, counts);
  expect(hours(settledBy(one, sliceAt(one, at(100), reaches), reaches))).toEqual(expected);
});

test('when runs were missed, then a run of a hunt that counts settles what one run adds', () => {
  const one = hunt(ago(24), true);
  expect(hours(settledBy(one, sliceAt(one, at(100), reaches), reaches, at(80)))).toEqual([96, 100]);
});

test.each([
  ['the whole stretch that a run looked at', ago(4), true, span(50, 51), [48, 52]],
  ['the stretch before it too, to which its first moment belongs', ago(4), true, span(52, 53), [48, 56]],
  ['in the stretches of a hunt that covers less', ago(2), true, span(50.5, 51), [50, 52]],
  ['all runs that reached back to it', ago(12), true, span(50, 51), [48, 60]],
  ['no more where it counts whole days', yesterday, true, span(50, 51), [50, 51]],
  ['no more where nothing is counted', ago(4), false, span(50, 51), [50, 51]],
])('when rows came late, then %s is looked at again', (_, covers, counts, late, expected) => {
  const one = hunt(covers, counts);
  expect(asRunsLook([late], one, sliceAt(one, at(100), reaches), reaches).map(hours)).toEqual([expected]);
});

test.each<[string, number | undefined, boolean, boolean, number]>([
  ['as usual, unless asked', undefined, false, false, 76],
  ['as far as asked', 48, false, false, 52],
  ['less far, when asked', 2, false, false, 98],
  ['in a first run no less than usual', 2, true, false, 76],
  ['as usual, whatever was asked, where it counts', 48, false, true, 76],
])('a hunt that leaves it open looks back %s', (_, asked, first, counts, from) => {
  const open = hunt({ from: { op: 'lookback' }, to: run }, counts);
  const requestedLookbackMs = asked === undefined ? undefined : asked * HOUR_MS;
  expect(hours(presentSlice(open, at(100), reaches, { requestedLookbackMs, first }))[0]).toBe(from);
});
