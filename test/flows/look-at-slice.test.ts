import { startWorkspace, type Workspace } from 'kql-workspace/start-workspace.ts';
import { logAnalytics } from '../../functions/adapters/log-analytics/log-analytics.ts';
import type { LogsAnswer } from '../../functions/domain/hunting/read-answers.ts';
import { sliceAt, usualReaches } from '../../functions/domain/hunting/slice.ts';
import { lookAtSlice } from '../../functions/flows/look-at-slice.ts';
import { withCompiled } from '../../local/compiler/compile-hunt.ts';
import { daysAgo, hunt as example, now } from '../examples.ts';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await startWorkspace({ now: () => now });
  await workspace.append(
    'DeviceNetworkEvents',
    [0.1, 3.1, 9].map((days) => ({
      TimeGenerated: daysAgo(days).toISOString(),
      DeviceId: `d${days}`,
      RemoteUrl: 'u',
    })),
  );
});
afterAll(() => workspace.close());

const hunt = withCompiled({
  ...example,
  query: 'DeviceNetworkEvents | where TimeGenerated > ago(1d) | summarize count() by DeviceId, RemoteUrl',
});
const slice = sliceAt(hunt.compiled ?? fail(), daysAgo(3), usualReaches);
function fail(): never {
  throw new Error('not compiled');
}

/** Looks through a service that answers some queries in its own way; gives what was seen, and the queries that reached the workspace. */
async function look(own: (kql: string) => LogsAnswer | undefined, change = (kql: string) => kql, of = hunt) {
  const logs = logAnalytics({
    endpoint: workspace.url,
    credential: () => Promise.reject(new Error('no token is needed here')),
  });
  const asked: string[] = [];
  const { evidence, literally } = await lookAtSlice(
    { hunt: of, slice, exclusions: [] },
    async (kql, timespan) => {
      const answer = own(kql);
      if (answer) return answer;
      asked.push(kql);
      return logs.query({
        workspaceId: '99999999-8888-4777-8666-555555555555',
        kql: change(kql),
        timespan,
        signal: AbortSignal.timeout(30_000),
        serverTimeoutSeconds: 30,
      });
    },
  );
  return {
    devices: evidence.visible.map(({ device }) => device?.id),
    outcome: evidence.outcome,
    problems: evidence.problems,
    literally,
    asked,
  };
}

const seen = { devices: ['d3.1'], outcome: 'complete' };

test('when the service takes the time that it is told for the present, then the hunt runs as it would have then', async () => {
  const looked = await look(() => undefined);
  expect(looked).toMatchObject({ ...seen, literally: false });
  expect(looked.asked.every((kql) => kql.startsWith('set query_now'))).toBe(true);
});

test('when the service passes over query_now, then the time is written into the query, and the same is seen', async () => {
  const looked = await look(
    () => undefined,
    (kql) => kql.replace(/^set query_now[^;]*;/, ''),
  );
  expect(looked).toMatchObject({ ...seen, literally: true });
});

test('when the service refuses the setting, then the time is written into the query, and the same is seen', async () => {
  const refused = { kind: 'failed', reason: 'the setting is not allowed (HTTP 400)' } as const;
  const looked = await look((kql) => (kql.startsWith('set query_now') ? refused : undefined));
  expect(looked).toMatchObject({ ...seen, literally: true });
});

test('when the service refuses every query, then it is asked twice, and no more', async () => {
  let asked = 0;
  const looked = await look(() => {
    asked++;
    return { kind: 'failed', reason: 'no such table (HTTP 400)' };
  });
  expect(looked).toMatchObject({ devices: [], outcome: 'failed' });
  expect(asked).toBe(4);
});

describe('when a table is not in the workspace', () => {
  const over = (union: string) =>
    withCompiled({
      ...example,
      query: `union ${union} DeviceNetworkEvents, (Other_CL | where Name_s == 'x') | where TimeGenerated > ago(1d) | summarize count() by DeviceId, RemoteUrl`,
    });

  test('and the query can do without it, then it goes on, and says so', async () => {
    const looked = await look(
      () => undefined,
      (kql) => kql,
      over('isfuzzy=true'),
    );
    expect(looked).toMatchObject({ ...seen, literally: false });
    expect(looked.problems).toEqual([expect.stringContaining('Other_CL: not in the workspace')]);
  });

  test('and the query can not, then it fails', async () => {
    const looked = await look(
      () => undefined,
      (kql) => kql,
      over(''),
    );
    expect(looked).toMatchObject({ devices: [], outcome: 'failed' });
  });
});
