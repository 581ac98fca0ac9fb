import { advance, closeGaps } from '../../../functions/domain/hunting/arrears.ts';
import type { Moment, Reach } from '../../../functions/domain/hunting/compiled-hunt.ts';
import { UNREACHABLE } from '../../../functions/domain/hunting/owed.ts';
import { sliceAt, usualReaches } from '../../../functions/domain/hunting/slice.ts';
import { compiled, now } from '../../examples.ts';

const HOUR_MS = 3_600_000;
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * HOUR_MS);
const span = (from: number, to: number) => ({ from: hoursAgo(from), to: hoursAgo(to) });
const run: Moment = { op: 'run' };
const look = (covers: Reach, late: ReturnType<typeof span>[] = []) => {
  const hunt = compiled({ covers, coversFrom: 'query' });
  return {
    compiled: hunt,
    slice: sliceAt(hunt, now, usualReaches),
    evidence: { outcome: 'complete' as const, late },
    reaches: usualReaches,
    now,
  };
};
const lastHour: Reach = { from: { op: 'add', ms: -HOUR_MS, of: run }, to: run };

test('when a run leaves out what lies behind the one before, then that is missed and not late, whatever came of it', () => {
  const { arrears } = advance(
    { watermark: hoursAgo(4), baseline: false },
    look(lastHour, [span(6, 5), span(4, 3), span(2, 1)]),
  );
  expect(arrears.owed.map(({ from, to, why }) => ({ from, to, why }))).toEqual([
    { ...span(6, 5), why: 'late' },
    { ...span(4, 1), why: 'missed' },
  ]);
});

test('when a day ends with its last millisecond, then nothing lies between it and the next', () => {
  const dayOf = (days: number): Moment => ({ op: 'add', ms: -days * 24 * HOUR_MS, of: run });
  const yesterday: Reach = {
    from: { op: 'floor', to: 'day', of: dayOf(1) },
    to: { op: 'ceil', to: 'day', of: dayOf(1) },
  };
  const watermark = new Date('2026-11-22T23:59:59.999Z');
  const { arrears, watermark: next } = advance({ watermark, baseline: false }, look(yesterday));
  expect(arrears.owed).toEqual([]);
  expect(next).toEqual(new Date('2026-11-23T23:59:59.999Z'));
});

test('when no run would look at a span, then the gap says so', () => {
  const owed = [{ ...span(9, 8), why: 'missed' as const, tries: UNREACHABLE }];
  const { gaps, arrears } = closeGaps({ owed, gaps: [] }, look(lastHour));
  expect(gaps).toEqual([{ ...span(9, 8), reason: 'no run of the hunt, whatever its time, looks at it' }]);
  expect(arrears.owed).toEqual([]);
});
