import { accountForExclusions } from '../../../functions/domain/exclusions/account-for-exclusions.ts';
import type { Exclusion } from '../../../functions/domain/exclusions/exclusion.ts';
import type { LedgerEntry } from '../../../functions/domain/exclusions/ledger.ts';
import { daysAgo, hunt, now } from '../../examples.ts';

const day = (days: number) => daysAgo(-days).toISOString().slice(0, 10);
const exclusion = (change: Partial<Exclusion> = {}): Exclusion => ({
  id: 'lab',
  reason: 'A lab',
  owner: 'soc@example.com',
  expires: day(100),
  hunts: [hunt.id],
  any: [[{ column: 'DeviceName', operator: 'startsWith', values: ['lab-'] }]],
  columns: ['DeviceName'],
  settings: [],
  idle: [],
  file: 'exclusions/a.yaml',
  ...change,
});
const entry = (change: Partial<LedgerEntry> = {}): LedgerEntry => ({
  exclusion: 'lab',
  since: daysAgo(90),
  reckonedAt: now,
  hidden: 3,
  devices: 2,
  sightings: 10,
  hidden7: 4,
  hidden30: 5,
  devices30: 3,
  lastHit: daysAgo(0.1),
  ...change,
});

function account(change: Partial<Exclusion>, ledger: LedgerEntry[], switchedOn = [hunt]) {
  const lists = { exclusions: [exclusion(change)], leftOut: [] };
  const [only] = accountForExclusions({ lists, switchedOn }, ledger, now);
  if (!only) throw new Error('no account');
  return only;
}

test('when it hid something today, then what it hid is summed over hunts and workspaces', () => {
  expect(account({}, [entry(), entry({ hidden: 1, hidden7: 1, hidden30: 1, devices30: 1 })])).toMatchObject({
    source: 'file',
    status: 'in-force',
    hidden: { today: 4, days7: 5, days30: 6 },
    devices30: 4,
    lastHit: daysAgo(0.1).toISOString(),
    reckonedAt: now.toISOString(),
    stale: false,
    endsSoon: false,
  });
});

test('when it was never reckoned, then nothing is known, and it is not stale', () => {
  expect(account({}, [])).toMatchObject({ hidden: null, devices30: null, lastHit: null, stale: false });
});

test('when the last reckoning was long ago, then its numbers do not count any more', () => {
  const old = entry({ reckonedAt: daysAgo(10), lastHit: daysAgo(10) });
  expect(account({}, [old])).toMatchObject({ hidden: { today: 0, days7: 0, days30: 5 } });
});

test.each<[string, Partial<LedgerEntry>, boolean]>([
  ['its last hit was 61 days ago', { lastHit: daysAgo(61) }, true],
  ['its last hit was 59 days ago', { lastHit: daysAgo(59) }, false],
  ['it was watched for 90 days without a hit', { since: daysAgo(90) }, true],
  ['it was watched for 10 days without a hit', { since: daysAgo(10) }, false],
])('when %s, then it is stale: %#', (_, change, stale) => {
  const { lastHit, ...rest } = entry();
  expect(account({}, [{ ...rest, ...change }]).stale).toBe(stale);
});

test('when it hides nothing from one hunt and something from another, then it is not stale', () => {
  expect(account({}, [entry({ lastHit: daysAgo(80) }), entry()]).stale).toBe(false);
});

test.each([
  [13, true],
  [14, true],
  [15, false],
])('when it ends in %d days, then it ends soon: %s', (days, soon) => {
  expect(account({ expires: day(days) }, []).endsSoon).toBe(soon);
});

test('when it has ended, then it neither ends soon nor is stale', () => {
  expect(account({ expires: day(-1) }, [entry({ lastHit: daysAgo(80) })])).toMatchObject({
    status: 'expired',
    endsSoon: false,
    stale: false,
    notes: [expect.stringContaining('it expired at the end of')],
  });
});

test('when its hunt is switched off, then it is idle', () => {
  expect(account({}, [], []).status).toBe('idle');
});

test('when it is of the app’s own list, then its source is the table', () => {
  expect(account({ file: 'api/exclusions/lab' }, []).source).toBe('table');
});
