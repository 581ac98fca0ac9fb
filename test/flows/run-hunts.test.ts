import { tableHuntState } from '../../functions/adapters/table/hunt-state.ts';
import { tableOutbox } from '../../functions/adapters/table/outbox.ts';
import { tableRetention } from '../../functions/adapters/table/retention.ts';
import { lazyTable } from '../../functions/adapters/table/table.ts';
import type { Hunt } from '../../functions/domain/hunting/hunt.ts';
import type { LogsAnswer } from '../../functions/domain/hunting/read-answers.ts';
import { usualReaches } from '../../functions/domain/hunting/slice.ts';
import { runHunts } from '../../functions/flows/run-hunts.ts';
import { startTableService, type TableService } from '../../local/environment/azurite.ts';
import { hunt, now, tableOf, workspace } from '../examples.ts';

let service: TableService;
beforeAll(async () => {
  service = await startTableService();
});
afterAll(() => service.close());

const DAY_MS = 86_400_000;
const hunts = ['first', 'second', 'third', 'fourth'].map(
  (name, index): Hunt => ({
    ...hunt,
    id: `${index}1111111-2222-4333-8444-555555555555`,
    name,
    query: `DeviceNetworkEvents // ${name}`,
  }),
);
const complete = (at: Date): LogsAnswer => ({
  kind: 'complete',
  table: tableOf([{ DeviceId: 'd1', RemoteUrl: 'u', Rows: 1, Newest: at, Now: at }]),
});

/** Runs all hunts, of which some get no answer; gives their names in the order of their first queries. */
async function run(table: string, hours: number, unanswered: readonly string[]): Promise<string[]> {
  const open = lazyTable(
    { kind: 'connection-string', connectionString: service.connectionString },
    table,
    () => Promise.reject(new Error('no identity')),
  );
  const asked: string[] = [];
  const clock = () => new Date(now.getTime() + hours * 3_600_000);
  await runHunts(
    { limits: { queriesMs: 20_000, deliveryMs: 20_000, patienceMs: 0 } },
    {
      clock,
      catalogue: () => Promise.resolve({ switchedOn: hunts, lists: { exclusions: [], leftOut: [] } }),
      workspaces: [workspace],
      portal: { workspaces: new Map() },
      policy: {
        ...usualReaches,
        returnAfterMs: 30 * DAY_MS,
        forgetAfterMs: 365 * DAY_MS,
        exclusionWarnShare: 1,
        exclusionQueriesPerDay: 100,
        alarmAfterRuns: 3,
      },
      logs: {
        query: ({ kql }) => {
          const name = /\/\/ (\w+)/.exec(kql)?.[1];
          if (name !== undefined) asked.push(name);
          return Promise.resolve(
            unanswered.includes(name ?? '') ? { kind: 'failed', reason: 'no turn' } : complete(clock()),
          );
        },
      },
      state: tableHuntState(open),
      outbox: tableOutbox(open),
      retention: tableRetention(open),
      post: { post: () => Promise.resolve({ kind: 'answered', channels: [] }) },
    },
  );
  return [...new Set(asked)];
}

test('when hunts got no answer in a run, then they come first in the next, until they have failed three times in a row', async () => {
  const late = ['third', 'fourth'];
  await run('turns', 0, late);
  expect((await run('turns', 4, late)).slice(0, 2).sort()).toEqual([...late].sort());
  expect((await run('turns', 8, late)).slice(0, 2).sort()).toEqual([...late].sort());
  // From now on they wait by their last turn, which was that of all.
  expect((await run('turns', 12, late)).slice(0, 3)).toContain('first');
});
