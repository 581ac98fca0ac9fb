import { tableHuntState } from '../../functions/adapters/table/hunt-state.ts';
import { tableOutbox } from '../../functions/adapters/table/outbox.ts';
import { partitionOf } from '../../functions/adapters/table/rows.ts';
import { lazyTable, rowsUnder } from '../../functions/adapters/table/table.ts';
import { noteUnreached, runHunt } from '../../functions/flows/run-hunt.ts';
import { CommitBroken, type HuntState } from '../../functions/ports/hunt-state.ts';
import type { Logs } from '../../functions/ports/logs.ts';
import { startTableService, type TableService } from '../../local/environment/azurite.ts';
import { hunt, now, tableOf, workspace } from '../examples.ts';

let service: TableService;
beforeAll(async () => {
  service = await startTableService();
});
afterAll(() => service.close());

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

function newTable(name: string) {
  return lazyTable({ kind: 'connection-string', connectionString: service.connectionString }, name, () =>
    Promise.reject(new Error('no identity here')),
  );
}

test('when runs break off, then they count like those that fail: the third is told, and the lease is free each time', async () => {
  const table = newTable('broken');
  const state = tableHuntState(table);
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

test('when runs were killed before one that has no turn, then they count with it', async () => {
  let storageTime = now;
  const dated = await startTableService({ clock: () => storageTime });
  const table = lazyTable(
    { kind: 'connection-string', connectionString: dated.connectionString },
    'killed',
    () => Promise.reject(new Error('no identity here')),
  );
  const state = tableHuntState(table);
  for (const owner of ['killed1', 'killed2']) {
    await state.open({ hunt, workspace }, { owner, now, lastsMs: 60_000, signal: job.signal, turn: true });
    storageTime = new Date(storageTime.getTime() + 3_600_000);
  }
  const logs = { query: () => Promise.reject(new Error('nothing is asked')) };
  await noteUnreached({ ...job, runId: 'unreached' }, { logs, state, clock: () => now });

  expect((await state.peek({ hunt, workspace })).progress.streak).toMatchObject({ runs: 3, alarmedAt: now });
  expect((await tableOutbox(table).pending()).map(({ message }) => message.id)).toEqual([
    'unreached.not-completed.1',
  ]);
  await dated.close();
});

describe('when runs were missed, and the run that looks at them breaks off after the present is stored', () => {
  const later = new Date(now.getTime() + 12 * 3_600_000);
  /** Everything happens on a device of its own. */
  const logs = (at: Date): Logs => ({
    query: async ({ timespan }) => ({
      kind: 'complete',
      table: tableOf([
        { DeviceId: `at ${timespan.to.toISOString()}`, RemoteUrl: 'u', Rows: 1, Newest: at, Now: at },
      ]),
    }),
  });

  test.each<[string, string, (state: HuntState) => HuntState, RegExp]>([
    [
      'in the second commit',
      'secondcommit',
      (state) => breaking(state, 'commit'),
      /^The run broke off while it was being stored: the storage failed$/,
    ],
    ['in reading the memory', 'secondrecall', (state) => breaking(state, 'recall'), /^The run broke off: /],
  ])('%s, then its report tells what is stored', async (_, name, change, problem) => {
    const table = newTable(name);
    const state = tableHuntState(table);
    const policy = { ...job.policy, defaultLookbackMs: 3_600_000, intervalMs: 3_600_000 };
    const first = { ...job, policy, runId: 'first' };
    await runHunt(first, { logs: logs(now), state, clock: () => now });
    const second = { ...job, policy, runId: 'second' };
    const report = await runHunt(second, { logs: logs(later), state: change(state), clock: () => later });

    expect(report.outcome).toBe('failed');
    expect(report.problems[0]).toMatch(problem);
    let stored = 0;
    for await (const { rowKey } of rowsUnder(await table(), partitionOf({ hunt, workspace }), 'finding'))
      if (String(rowKey).startsWith('finding|second')) stored++;
    expect(stored).toBeGreaterThan(0);
    expect(report.findings).toHaveLength(stored);
    expect(report.counts.new).toBe(stored);
    const { arrears } = (await state.peek({ hunt, workspace })).progress;
    expect(report.owed).toHaveLength(arrears?.owed.length ?? 0);
  });

  /** The second time, it fails. */
  function breaking(state: HuntState, what: 'commit' | 'recall'): HuntState {
    return {
      ...state,
      async open(scope, lease) {
        const session = await state.open(scope, lease);
        if (session.kind === 'held') return session;
        let times = 0;
        const fails = () => ++times === 2;
        return {
          ...session,
          async commit(plan, report, more) {
            if (what === 'commit' && fails()) throw new CommitBroken('the storage failed', 0);
            return session.commit(plan, report, more);
          },
          async recall(sightings) {
            if (what === 'recall' && fails()) throw new Error('the storage failed');
            return session.recall(sightings);
          },
        };
      },
    };
  }
});
