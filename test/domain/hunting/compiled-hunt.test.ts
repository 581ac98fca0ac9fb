import { type Moment, momentAt } from '../../../functions/domain/hunting/compiled-hunt.ts';

const run = new Date('2026-03-31T10:20:30.400Z');
const hour = 3_600_000;
const now: Moment = { op: 'run' };

test.each<[string, Moment, string]>([
  ['now()', now, '2026-03-31T10:20:30.400Z'],
  ['the start placeholder', { op: 'lookback' }, '2026-03-31T06:20:30.400Z'],
  ['ago(1d)', { op: 'add', ms: -24 * hour, of: now }, '2026-03-30T10:20:30.400Z'],
  ['startofday(now())', { op: 'floor', to: 'day', of: now }, '2026-03-31T00:00:00.000Z'],
  ['startofweek(now()), a Sunday', { op: 'floor', to: 'week', of: now }, '2026-03-29T00:00:00.000Z'],
  ['startofmonth(now())', { op: 'floor', to: 'month', of: now }, '2026-03-01T00:00:00.000Z'],
  ['startofyear(now())', { op: 'floor', to: 'year', of: now }, '2026-01-01T00:00:00.000Z'],
  ['endofday(now())', { op: 'ceil', to: 'day', of: now }, '2026-03-31T23:59:59.999Z'],
  ['endofweek(now())', { op: 'ceil', to: 'week', of: now }, '2026-04-04T23:59:59.999Z'],
  ['endofmonth(now())', { op: 'ceil', to: 'month', of: now }, '2026-03-31T23:59:59.999Z'],
  ['endofyear(now())', { op: 'ceil', to: 'year', of: now }, '2026-12-31T23:59:59.999Z'],
  ['bin(now(), 1h)', { op: 'bin', ms: hour, of: now }, '2026-03-31T10:00:00.000Z'],
  // Kusto's zero is a Monday, so weeks of bin() begin on Mondays.
  ['bin(now(), 7d)', { op: 'bin', ms: 7 * 24 * hour, of: now }, '2026-03-30T00:00:00.000Z'],
  ["datetime_add('month', -1, now())", { op: 'months', count: -1, of: now }, '2026-02-28T10:20:30.400Z'],
  ["datetime_add('year', -1, now())", { op: 'months', count: -12, of: now }, '2025-03-31T10:20:30.400Z'],
  ['the earlier of two', { op: 'earliest', of: [now, { op: 'lookback' }] }, '2026-03-31T06:20:30.400Z'],
  ['the later of two', { op: 'latest', of: [now, { op: 'lookback' }] }, '2026-03-31T10:20:30.400Z'],
])('%s is what Kusto means by it', (_name, moment, expected) => {
  expect(momentAt(moment, run, 4 * hour).toISOString()).toBe(expected);
});
