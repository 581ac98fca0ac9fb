import type { LedgerEntry } from '../../../functions/domain/exclusions/ledger.ts';
import { afterAsking, dueExclusions, queriesLeft } from '../../../functions/domain/exclusions/reckoning.ts';
import { daysAgo, now } from '../../examples.ts';

const entry = (exclusion: string, reckonedAt: Date, predicate = '1'): LedgerEntry => ({
  exclusion,
  predicate,
  since: daysAgo(30),
  reckonedAt,
  hidden: 0,
  devices: 0,
  sightings: 0,
  hidden7: 0,
  hidden30: 0,
  devices30: 0,
});
const week = { from: daysAgo(7), to: now };

test('those are due that were never asked about, that say something else now, or whose day is over: what waited longest first', () => {
  const set = ['changed:2', 'done:1', 'never:1', 'old:1', 'older:1'];
  const entries = [
    entry('changed', now),
    entry('done', now),
    entry('old', daysAgo(1)),
    entry('older', daysAgo(2)),
  ];
  expect(dueExclusions(set, entries, week, now)).toEqual(['changed:2', 'never:1', 'older:1', 'old:1']);
});

test('where a run looks at an hour, each run asks about what no earlier one could see', () => {
  const hour = { from: daysAgo(1 / 24), to: now };
  expect(dueExclusions(['a:1'], [entry('a', daysAgo(4 / 24))], hour, now)).toEqual(['a:1']);
  expect(dueExclusions(['a:1'], [entry('a', daysAgo(0.5 / 24))], hour, now)).toEqual([]);
});

test('queries count for their day, and a reckoning that did not come to its end leaves the time of the last that did', () => {
  const first = afterAsking({ reckonedAt: daysAgo(1) }, { queries: 30, done: false, now });
  expect(first).toEqual({ reckonedAt: daysAgo(1), asked: { queries: 30, at: now } });
  expect(queriesLeft(first, 100, now)).toBe(70);
  expect(queriesLeft(first, 20, now)).toBe(0);
  expect(queriesLeft(first, 100, daysAgo(-1))).toBe(100);
  expect(afterAsking(first, { queries: 5, done: true, now })).toEqual({
    reckonedAt: now,
    asked: { queries: 35, at: now },
  });
});
