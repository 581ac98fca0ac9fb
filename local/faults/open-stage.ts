import { TableClient } from '@azure/data-tables';
import { startWorkspace, type Workspace } from 'kql-workspace/start-workspace.ts';
import { startTableService } from '../environment/azurite.ts';
import { type Receiver, startReceiver } from '../environment/receiver/start-receiver.ts';
import { type AppProcess, startAppProcess } from './app-process.ts';
import { type AppUnderFault, openApp, type Said } from './app-under-fault.ts';
import { boundaryOf, type Side } from './boundaries.ts';
import type { FaultKind } from './fault-kinds.ts';
import { startProxy } from './start-proxy.ts';

/** A row as it is stored. */
export type BookRow = Record<string, unknown> & { partitionKey: string; rowKey: string };

/** The world of one case: every other side is real, and stands behind a proxy. */
export interface Stage {
  workspace: Workspace;
  receiver: Receiver;
  /** Runs the app; for a kill, in a process of its own. Gives what it said, what others said meanwhile, and the boundaries it passed, in order. `clock`: what the app takes for the time. */
  run(
    order: { what: 'hunt' | 'weekly'; now: Date; clock?: Date },
    fault?: { boundary: string; kind: FaultKind },
  ): Promise<{ said: Said; others: Said[]; passed: string[]; met: boolean; tookMs: number }>;
  /** Two instances at once. */
  runTwo(order: { what: 'hunt' | 'weekly'; now: Date }): Promise<Said[]>;
  books(): Promise<BookRow[]>;
  close(): Promise<void>;
}

const TABLE = 'faults';
/** Longer than a lease. */
const STALL_MS = 20 * 60_000;
/** While a request lies, its own time must not run out. */
const PATIENT = { tryMs: 20_000, operationMs: 30_000, retryAfterMs: 250 };
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

export async function openStage(): Promise<Stage> {
  let now = new Date();
  let passed: string[] = [];
  let others: Said[] = [];
  let met = false;
  let fault: { boundary: string; kind: FaultKind } | undefined;
  let app: AppUnderFault | AppProcess | undefined;

  const meet = (side: Side) => (exchange: Parameters<typeof boundaryOf>[1]) => {
    const boundary = boundaryOf(side, exchange);
    passed.push(boundary);
    if (!fault || boundary !== fault.boundary || (met && !fault.kind.lasts)) return undefined;
    met = true;
    return fault.kind.fault;
  };
  const kill = () => (app && 'kill' in app ? app.kill() : undefined);
  const meanwhile = async () => {
    const before = proxies.function.target;
    now = new Date(now.getTime() + STALL_MS);
    const other = await openApp(env);
    proxies.function.target = other.url;
    others.push(await other.run({ what: 'hunt', now: now.toISOString() }));
    await other.close();
    proxies.function.target = before;
  };
  const effects = (side: Side) => ({ meet: meet(side), kill, meanwhile });

  const workspace = await startWorkspace({ now: () => now });
  const tables = await startTableService({ clock: () => now });
  const receiver = await startReceiver({ webhookSecret: secret });
  const host = (url: string) => new URL(url).origin;
  const proxies = {
    workspace: await startProxy(host(workspace.url), effects('workspace')),
    table: await startProxy(host(tables.url), effects('table')),
    function: await startProxy('', effects('webhook function')),
    teams: await startProxy(host(receiver.teamsUrl), effects('teams')),
    webhook: await startProxy(host(receiver.webhookUrl), effects('webhook')),
  };
  const through = (proxy: { url: string }, url: string) => url.replace(host(url), proxy.url);
  const env = {
    AzureWebJobsStorage: tables.connectionString.replace(host(tables.url), proxies.table.url),
    STATE_TABLE: TABLE,
    HUNTS: 'addigy',
    ADDIGY_MANAGEMENT_SERVER_IPS: '203.0.113.0/24',
    LOG_ANALYTICS_WORKSPACE_ID: '99999999-8888-4777-8666-555555555555',
    LOG_ANALYTICS_ENDPOINT: through(proxies.workspace, workspace.url),
    WEBHOOK_FUNCTION_URL: `${proxies.function.url}/api/webhook`,
    WEBHOOK_FUNCTION_SECRET: secret,
    TEAMS_WEBHOOK_URL: through(proxies.teams, receiver.teamsUrl),
    WEBHOOK_URL: through(proxies.webhook, receiver.webhookUrl),
    WEBHOOK_SECRET: secret,
  };
  const books = TableClient.fromConnectionString(tables.connectionString, TABLE, {
    allowInsecureConnection: true,
  });

  return {
    workspace,
    receiver,
    async run(order, given) {
      now = order.now;
      fault = given;
      passed = [];
      others = [];
      met = false;
      const what = given?.kind.fault.what;
      if (what === 'kill') app = await startAppProcess(env);
      else app = await openApp(env, what === 'stall' ? PATIENT : undefined);
      proxies.function.target = app.url;
      const startedAt = performance.now();
      try {
        const said = await app.run({ what: order.what, now: (order.clock ?? now).toISOString() });
        return { said, others, passed, met, tookMs: performance.now() - startedAt };
      } finally {
        fault = undefined;
        await app.close();
        app = undefined;
      }
    },
    async runTwo(order) {
      now = order.now;
      const both = [await openApp(env), await openApp(env)];
      proxies.function.target = both[0]?.url ?? '';
      try {
        return await Promise.all(both.map((one) => one.run({ what: order.what, now: now.toISOString() })));
      } finally {
        for (const one of both) await one.close();
      }
    },
    async books() {
      const rows: BookRow[] = [];
      try {
        for await (const row of books.listEntities()) rows.push(row as BookRow);
      } catch (error) {
        // Before the first run there is no table.
        if (!(error instanceof Error && 'statusCode' in error && error.statusCode === 404)) throw error;
      }
      return rows;
    },
    async close() {
      for (const proxy of Object.values(proxies)) await proxy.close();
      await receiver.close();
      await tables.close();
      await workspace.close();
    },
  };
}
