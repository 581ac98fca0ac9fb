import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startWorkspace } from 'kql-workspace/start-workspace.ts';
import { logAnalytics } from '../../functions/adapters/log-analytics/log-analytics.ts';
import { tableHuntState } from '../../functions/adapters/table/hunt-state.ts';
import { tableOutbox } from '../../functions/adapters/table/outbox.ts';
import { tableRetention } from '../../functions/adapters/table/retention.ts';
import { lazyTable } from '../../functions/adapters/table/table.ts';
import { usualReaches } from '../../functions/domain/hunting/slice.ts';
import { runHunts } from '../../functions/flows/run-hunts.ts';
import { readCompiledHunts } from '../compiler/compile-hunts.ts';
import { startTableService } from '../environment/azurite.ts';
import { checkout } from '../environment/checkout.ts';

/** How many hunts there are, and how long the workspace takes. */
export interface Load {
  hunts: number;
  /** Of each query. */
  queryMs: number;
  /** Hunts whose queries never answer. */
  hanging: number;
  /** Of a run, for its queries. */
  queriesMs: number;
  runs: number;
}

/** What came of each run, and how often each hunt was completed. */
export interface Loaded {
  runs: { completed: number; wallMs: number }[];
  /** Hunts that no run completed, but for those that hang. */
  starved: number;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Runs many hunts on a slow workspace, some of which never answer: each of the others is to have its turn within a few runs. */
export async function runLoad({ hunts, queryMs, hanging, queriesMs, runs }: Load): Promise<Loaded> {
  const root = await mkdtemp(join(tmpdir(), 'load-'));
  let now = new Date('2026-11-24T08:00:00Z');
  const clock = () => now;
  const workspace = await startWorkspace({ now: clock });
  const tables = await startTableService({ clock });
  try {
    await writeHunts(root, hunts);
    const all = await readCompiledHunts(root);
    const row = { TimeGenerated: '2026-11-24T07:00:00Z', DeviceId: 'd', RemoteUrl: 'example.com' };
    await workspace.append('DeviceNetworkEvents', [row]);
    const table = lazyTable(
      { kind: 'connection-string', connectionString: tables.connectionString },
      'load',
      () => Promise.reject(new Error('no identity is needed here')),
    );
    const done = new Map<string, number>();
    const results: Loaded['runs'] = [];
    for (let run = 0; run < runs; run++) {
      const real = logAnalytics({
        endpoint: workspace.url,
        credential: () => Promise.reject(new Error('no token is needed here')),
      });
      const startedAt = performance.now();
      const { reports } = await runHunts(
        { limits: { queriesMs, deliveryMs: queriesMs + 5_000, patienceMs: 0 } },
        {
          clock,
          catalogue: () => Promise.resolve({ switchedOn: all, lists: { exclusions: [], leftOut: [] } }),
          workspaces: [{ id: '99999999-8888-4777-8666-555555555555' }],
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
            query: async (request) => {
              const stuck = hangs(request.kql, hanging);
              const waited = await sleep(stuck ? queriesMs * 2 : queryMs, true, {
                signal: request.signal,
              }).catch(() => false);
              return waited ? real.query(request) : { kind: 'failed', reason: 'no answer in time' };
            },
          },
          state: tableHuntState(table),
          outbox: tableOutbox(table),
          retention: tableRetention(table),
          post: { post: () => Promise.resolve({ kind: 'answered', channels: [] }) },
        },
      );
      const completed = reports.filter(({ outcome }) => outcome === 'complete');
      for (const { hunt } of completed) done.set(hunt.id, (done.get(hunt.id) ?? 0) + 1);
      results.push({ completed: completed.length, wallMs: performance.now() - startedAt });
      now = new Date(now.getTime() + HOUR_MS);
    }
    return { runs: results, starved: all.length - hanging - done.size };
  } finally {
    await tables.close();
    await workspace.close();
    await rm(root, { recursive: true, force: true });
  }
}

/** The number of a hunt stands in its query. */
function hangs(kql: string, hanging: number): boolean {
  const number = /'hunt-(\d+)'/.exec(kql)?.[1];
  return number !== undefined && Number(number) < hanging;
}

async function writeHunts(root: string, count: number): Promise<void> {
  await mkdir(join(root, 'hunts'));
  await cp(join(checkout, 'exclusions'), join(root, 'exclusions'), { recursive: true });
  const text = await readFile(join(checkout, 'hunts/addigy.yaml'), 'utf8');
  for (let index = 0; index < count; index++) {
    const id = `4f0b3b8d-bde4-4cce-9ff7-${String(index).padStart(12, '0')}`;
    const own = text
      .replace(/^id: .*$/m, `id: ${id}`)
      .replace(/^name: .*$/m, `name: Hunt ${index}`)
      .replace('| summarize', `| where RemoteUrl != 'hunt-${index}'\n  | summarize`);
    await writeFile(join(root, 'hunts', `hunt-${index}.yaml`), own);
  }
}
