import { messageSchema } from '../../../functions/domain/messages/message.ts';
import {
  isoWeek,
  planWeekly,
  type ScopeHistory,
  type WeeklyFacts,
} from '../../../functions/domain/messages/plan-weekly.ts';
import { daysAgo, hunt, now, workspace } from '../../examples.ts';

const quiet: ScopeHistory = { progress: {}, runs: [], findings: [] };
const scope = (name: string, history: Partial<ScopeHistory>): WeeklyFacts['scopes'][number] => ({
  hunt: { id: name, name },
  workspace,
  history: { ...quiet, ...history },
});
const facts = (change: Partial<WeeklyFacts>): WeeklyFacts => ({
  now,
  scopes: [],
  outbox: { waiting: 0, deadLettered: 0 },
  exclusions: [],
  ...change,
});
const complete = { outcome: 'complete' as const, hidden: 3 };

test.each([
  ['2026-11-23T00:00:00Z', '2026-W48'],
  ['2026-11-22T23:59:59Z', '2026-W47'],
  ['2021-01-03T12:00:00Z', '2020-W53'],
  ['2021-01-04T00:00:00Z', '2021-W01'],
  ['2024-12-30T06:00:00Z', '2025-W01'],
  ['2027-01-01T06:00:00Z', '2026-W53'],
])('%s lies in %s', (date, week) => {
  expect(isoWeek(new Date(date))).toBe(week);
});

test('runs, findings by kind, devices, and what was hidden last are counted; a baseline apart', () => {
  const found = (kind: ScopeHistory['findings'][number]['kind'], deviceKey: string, baseline = false) => ({
    kind,
    deviceKey,
    baseline,
  });
  const message = planWeekly(
    facts({
      scopes: [
        scope('a', {
          progress: { watermark: daysAgo(1) },
          runs: [complete, { outcome: 'incomplete', hidden: 5 }, { outcome: 'failed', hidden: 0 }],
          findings: [
            found('new-device', 'd1'),
            found('new-activity', 'd1'),
            found('returned', ''),
            found('new-device', 'd2', true),
          ],
        }),
      ],
    }),
  );
  expect(messageSchema.parse(message)).toMatchObject({
    id: 'weekly.2026-W48',
    period: { from: daysAgo(7).toISOString(), to: now.toISOString() },
    total: 1,
    hunts: [
      {
        runs: { complete: 1, other: 2 },
        searchedUntil: daysAgo(1).toISOString(),
        findings: { 'new-device': 1, 'new-activity': 1, returned: 1, unhidden: 0, baseline: 1 },
        devices: 2,
        hidden: 5,
      },
    ],
  });
});

test('hunts that do not come through stand first, then those that found most; one that never ran is told as well', () => {
  const found = { kind: 'returned' as const, deviceKey: 'd', baseline: false };
  const { hunts } = planWeekly(
    facts({
      scopes: [
        scope('quiet', { runs: [complete] }),
        scope('finder', { runs: [complete], findings: [found] }),
        scope('never ran', {}),
        scope('unwell', {
          runs: [complete],
          progress: { streak: { runs: 2, since: daysAgo(2), problems: [] } },
        }),
      ],
    }),
  );
  expect(hunts.map(({ hunt: { name } }) => name)).toEqual(['never ran', 'unwell', 'finder', 'quiet']);
  expect(hunts[0]).toMatchObject({ runs: { complete: 0, other: 0 }, hidden: null, searchedUntil: null });
  expect(hunts[1]?.notCompletedSince).toBe(daysAgo(2).toISOString());
});

test('exclusions that end soon and stale ones are named, the soonest first; others are counted', () => {
  const exclusion = (id: string, change: Partial<WeeklyFacts['exclusions'][number]> = {}) => ({
    id,
    owner: 'soc@example.com',
    expires: '2027-05-31',
    status: 'in-force' as const,
    endsSoon: false,
    stale: false,
    ...change,
  });
  const { exclusions } = planWeekly(
    facts({
      exclusions: [
        exclusion('later', { endsSoon: true, expires: '2026-12-05' }),
        exclusion('soon', { endsSoon: true, expires: '2026-11-30' }),
        exclusion('stale', { stale: true }),
        exclusion('gone', { status: 'expired' }),
      ],
    }),
  );
  expect(exclusions).toEqual({
    inForce: 3,
    ending: [
      { id: 'soon', on: '2026-11-30', owner: 'soc@example.com' },
      { id: 'later', on: '2026-12-05', owner: 'soc@example.com' },
    ],
    stale: [{ id: 'stale', owner: 'soc@example.com' }],
  });
});

test('with however many hunts, the message is one that the webhook function takes', () => {
  const scopes = Array.from({ length: 1_000 }, (_, index) => scope(`${hunt.name} ${index}`, {}));
  const message = planWeekly(facts({ scopes }));
  expect(messageSchema.parse(message)).toMatchObject({ total: 1_000 });
  expect(JSON.stringify(message).length).toBeLessThan(100_000);
});
