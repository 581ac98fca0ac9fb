import { agentConnection, hunt, newTable, type Stack, useStack } from './start-stack.ts';

// A Monday.
const start = new Date('2026-11-23T06:00:00Z');
const hour = 3_600_000;

let stack: Stack;
useStack(start, async (started) => {
  stack = started;
  await stack.workspace.append('DeviceNetworkEvents', [event('d1', 9)]);
});

const event = (DeviceId: string, hoursAgo: number) =>
  agentConnection(DeviceId, new Date(start.getTime() - hoursAgo * hour));

/** First words of the cards and types of the posts that arrived, since the last look. */
function look(): string[] {
  const arrived = stack.receiver.received().map(({ channel, json, verdict }) => {
    const told = JSON.stringify(json);
    const type = /"type":"(hunt\.[a-z-]+)"/.exec(told)?.[1];
    const headline = /"text":"([^"]+)"/.exec(told)?.[1];
    expect(verdict).toMatch(
      /^(a card that Teams would show|blocks that Slack would show|signature verified)$/,
    );
    return `${channel}: ${type ?? headline}`;
  });
  stack.receiver.clear();
  return arrived.sort();
}

describe('a hunt that does not come through', () => {
  const alarm = (runs: number) => [
    `teams: The hunt has not completed for ${runs} runs: Addigy`,
    'webhook: hunt.not-completed',
  ];
  const wellAgain = ['teams: Recovered: Addigy', 'webhook: hunt.well-again'];

  test('is told once after three runs, and that it is well again once after that; what it missed is searched then', async () => {
    const app = stack.compose(newTable());
    await hunt(app);
    look();
    const next = async (fault?: () => void) => {
      stack.time.now = new Date(stack.time.now.getTime() + 4 * hour);
      fault?.();
      const { reports } = await hunt(app);
      return [reports[0]?.outcome, ...look()];
    };
    const forbidden = () =>
      stack.workspace.fault(
        { kind: 'answer', status: 403, body: '{"error":{"code":"Forbidden","message":"no"}}' },
        3,
      );
    const partial = () => stack.workspace.fault({ kind: 'partial' }, 3);

    expect(await next(forbidden)).toEqual(['failed']);
    expect(await next(partial)).toEqual(['incomplete']);
    expect(await next(forbidden)).toEqual(['failed', ...alarm(3)]);
    expect(await next(forbidden)).toEqual(['failed']);
    await stack.workspace.append('DeviceNetworkEvents', [event('d2', -18)]);
    expect(await next()).toEqual([
      'complete',
      'teams: 1 new device talks to Addigy',
      ...wellAgain.slice(0, 1),
      'webhook: hunt.findings',
      ...wellAgain.slice(1),
    ]);
    expect(await next()).toEqual(['complete']);
    expect(await next(forbidden)).toEqual(['failed']);
    expect(await next()).toEqual(['complete']);
  });

  test('is told after as many runs as a setting says; a dry run does not count', async () => {
    const app = stack.compose({ ...newTable(), ALARM_AFTER_RUNS: '2' });
    const fail = async (request = {}) => {
      stack.workspace.fault({ kind: 'answer', status: 403, body: '{}' }, 3);
      expect((await hunt(app, request)).reports).toMatchObject([{ outcome: 'failed' }]);
      return look();
    };
    expect(await fail()).toEqual([]);
    expect(await fail({ dryRun: true })).toEqual([]);
    expect(await fail()).toEqual(alarm(2));
  });
});

describe('the weekly summary', () => {
  test('counts runs and findings of all hunts, is made once though two workers try, and again in the next week', async () => {
    const app = stack.compose({ ...newTable(), HUNTS: 'addigy, addigy-footprint' });
    stack.time.now = new Date(start.getTime() - 8 * hour);
    await hunt(app, { hunts: ['addigy', 'addigy-footprint'] });
    stack.time.now = start;
    await stack.workspace.append('DeviceNetworkEvents', [event('d3', 0.1)]);
    await hunt(app);
    look();

    const limits = () => ({ patienceMs: 0, signal: AbortSignal.timeout(30_000) });
    const both = await Promise.all([app.tellWeekly(limits()), app.tellWeekly(limits())]);
    expect(both.map(({ told }) => told).sort()).toEqual([false, true]);
    const posts = stack.receiver.received().filter(({ channel }) => channel === 'webhook');
    expect(posts.map(({ json }) => json)).toMatchObject([
      {
        type: 'hunt.weekly',
        data: {
          id: 'weekly.2026-W48',
          total: 2,
          outbox: { waiting: 0, deadLettered: 0 },
          hunts: [
            {
              hunt: { name: expect.stringContaining('Addigy - Network Connection') },
              runs: { complete: 2, other: 0 },
              searchedUntil: start.toISOString(),
              findings: { 'new-device': 1, 'new-activity': 0, returned: 0, unhidden: 0, baseline: 1 },
              devices: 2,
              hidden: 0,
            },
            { runs: { complete: 1, other: 0 }, findings: { 'new-device': 0, baseline: 1 } },
          ],
        },
      },
    ]);
    expect(look()).toEqual([
      expect.stringContaining('teams: Weekly summary: 1 new finding'),
      'webhook: hunt.weekly',
    ]);
    expect(await app.tellWeekly(limits())).toMatchObject({ told: false });
    expect(look()).toEqual([]);
    stack.time.now = new Date(start.getTime() + 7 * 24 * hour);
    expect(await app.tellWeekly(limits())).toMatchObject({ told: true, outbox: { problems: [] } });
    expect(look()).toHaveLength(2);
  });

  test('is a timer: Mondays at six unless told otherwise, and none when it is off', async () => {
    const timersOf = async (change: Record<string, string>) => {
      const host = await stack.startHost({ ...newTable(), ...change });
      if (host.timers.some(({ name }) => name === 'weekly-summary')) await host.runTimer('weekly-summary');
      return host.timers.filter(({ name }) => name === 'weekly-summary').map(({ schedule }) => schedule);
    };
    expect(await timersOf({ WEEKLY_SCHEDULE: '' })).toEqual(['0 0 6 * * 1']);
    expect(look()).toEqual([expect.stringContaining('teams: Weekly summary'), 'webhook: hunt.weekly']);
    expect(await timersOf({ WEEKLY_SCHEDULE: '0 30 7 * * 5' })).toEqual(['0 30 7 * * 5']);
    expect(await timersOf({ WEEKLY_SCHEDULE: 'off' })).toEqual([]);
  });
});
