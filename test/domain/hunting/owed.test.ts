import fc from 'fast-check';
import {
  giveUp,
  keyOf,
  nextOwed,
  type Owed,
  owe,
  settle,
  tryAgain,
} from '../../../functions/domain/hunting/owed.ts';
import { overlapOf, type Span } from '../../../functions/domain/hunting/span.ts';
import { now } from '../../examples.ts';

const at = (hours: number) => new Date(now.getTime() + hours * 3_600_000);
const span = (from: number, to: number): Span => ({ from: at(from), to: at(to) });
const owed = (from: number, to: number, change: Partial<Owed> = {}): Owed => ({
  ...span(from, to),
  why: 'missed',
  tries: 0,
  ...change,
});
const hours = (list: readonly Span[]) =>
  list.map(({ from, to }) => [from, to].map((end) => (end.getTime() - now.getTime()) / 3_600_000));

test.each<[string, Owed[], Span[], number[][]]>([
  ['spans that touch are one', [owed(-10, -8)], [span(-8, -6)], [[-10, -6]]],
  [
    'what is owed already is not owed twice',
    [owed(-10, -6, { tries: 1 })],
    [span(-8, -4)],
    [
      [-10, -6],
      [-6, -4],
    ],
  ],
  [
    'spans apart stay apart',
    [owed(-10, -8)],
    [span(-4, -2)],
    [
      [-10, -8],
      [-4, -2],
    ],
  ],
  ['an empty span is none', [], [span(-4, -4)], []],
])('%s', (_, list, added, expected) => {
  expect(hours(owe(list, added, 'missed'))).toEqual(expected);
});

test('when a slice was looked at, then only the rest of its span is owed', () => {
  expect(hours(settle([owed(-10, -4)], span(-10, -8)))).toEqual([[-8, -4]]);
});

test('when a slice was not answered whole, then its part is tried again, after those that were tried less', () => {
  const list = tryAgain([owed(-10, -4)], owed(-10, -4), span(-10, -8));
  expect(list.map(({ tries }) => tries)).toEqual([1, 0]);
  expect(hours([nextOwed(list, new Set()) ?? owed(0, 0)])).toEqual([[-8, -4]]);
  expect(nextOwed(list, new Set([keyOf(span(-10, -8)), keyOf(span(-8, -4))]))).toBeUndefined();
});

test('when a span was tried too often, or lies too far back, then it is given up and the rest is not', () => {
  const list = [owed(-60, -40), owed(-30, -20, { tries: 5 }), owed(-10, -5, { tries: 4 })];
  const { owed: left, gaps } = giveUp(list, { now, maxLookbackMs: 48 * 3_600_000, tries: 5 });
  expect(hours(left)).toEqual([
    [-48, -40],
    [-10, -5],
  ]);
  expect(hours(gaps)).toEqual([
    [-60, -48],
    [-30, -20],
  ]);
});

test('whatever is owed, settled or tried in vain, no time that was owed gets lost, and the list stays short', () => {
  const anySpan = fc
    .tuple(fc.integer({ min: -700, max: 0 }), fc.integer({ min: 1, max: 9 }))
    .map(([from, length]) => span(from, from + length));
  const steps = fc.array(fc.tuple(fc.constantFrom('owe', 'settle', 'again'), anySpan), { maxLength: 150 });
  fc.assert(
    fc.property(steps, (all) => {
      let list: Owed[] = [];
      const due = new Set<number>();
      for (const [step, one] of all) {
        const ticks = hours([one])[0] ?? [];
        for (let hour = ticks[0] ?? 0; hour < (ticks[1] ?? 0); hour++)
          if (step === 'owe') due.add(hour);
          else if (step === 'settle') due.delete(hour);
        if (step === 'owe') list = owe(list, [one], 'late');
        else if (step === 'settle') list = settle(list, one);
        else if (list[0]) list = tryAgain(list, list[0], list[0]);
      }
      for (const hour of due) expect(overlapOf(span(hour, hour + 1), list)).toBe(3_600_000);
      expect(owe(list, [span(1, 2)], 'late').length).toBeLessThanOrEqual(50);
    }),
    { numRuns: 100 },
  );
});
