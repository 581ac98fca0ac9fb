import { tableHuntState } from '../../functions/adapters/table/hunt-state.ts';
import { tableOutbox } from '../../functions/adapters/table/outbox.ts';
import { lazyTable } from '../../functions/adapters/table/table.ts';
import { runHunt } from '../../functions/flows/run-hunt.ts';
import { startTableService, type TableService } from '../../local/environment/azurite.ts';
import { hunt, now, workspace } from '../examples.ts';

let service: TableService;
beforeAll(async () => {
  service = await startTableService();
});
afterAll(() => service.close());

test('when runs break off, then they count like those that fail: the third is told, and the lease is free each time', async () => {
  const table = lazyTable(
    { kind: 'connection-string', connectionString: service.connectionString },
    'broken',
    () => Promise.reject(new Error('no identity here')),
  );
  const state = tableHuntState(table);
  const job = {
    hunt,
    workspace,
    lists: { exclusions: [], leftOut: [] },
    dryRun: false,
    reckon: false,
    portal: {},
    policy: {
      defaultLookbackMs: 86_400_000,
      maxLookbackMs: 86_400_000,
      intervalMs: 14_400_000,
      returnAfterMs: 86_400_000,
      forgetAfterMs: 86_400_000,
      exclusionWarnShare: 0.5,
      exclusionQueriesPerDay: 100,
      alarmAfterRuns: 3,
    },
    shareMs: 60_000,
    signal: AbortSignal.timeout(30_000),
    end: AbortSignal.timeout(60_000),
  };
  const logs = { query: () => Promise.reject(new Error('a fault of ours')) };
  const reports = [];
  for (const runId of ['run1', 'run2', 'run3', 'run4'])
    reports.push(await runHunt({ ...job, runId }, { logs, state, clock: () => now }));

  expect(reports).toMatchObject(
    reports.map(() => ({ outcome: 'failed', problems: ['The run broke off: a fault of ours'] })),
  );
  const { progress } = await state.peek({ hunt, workspace });
  expect(progress).toEqual({
    turnAt: now,
    streak: { runs: 4, since: now, problems: ['The run broke off: a fault of ours'], alarmedAt: now },
  });
  expect((await tableOutbox(table).pending()).map(({ message }) => message.id)).toEqual([
    'run3.not-completed.1',
  ]);
});
