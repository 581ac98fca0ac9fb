import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startWorkspace, type Workspace } from 'kql-workspace/start-workspace.ts';
import { compose } from '../../functions/composition.ts';
import { toTelemetry } from '../../functions/domain/to-telemetry.ts';
import { compileHunts } from '../../local/compiler/compile-hunts.ts';
import { startTableService } from '../../local/environment/azurite.ts';

/** The numbers that the runbook's costs rest on, measured: what a quiet run asks of the table, and what it sends as telemetry. */
const root = join(import.meta.dirname, '../..');
const runbook = readFileSync(join(root, 'docs/operations.md'), 'utf8');
const [, operations = '', operationsOfTwo = ''] =
  /(\d+) a quiet run with one hunt, (\d+) with two/.exec(runbook) ?? [];
const [, kilobytes = ''] = /([\d.]+) kB of JSON a quiet run with one hunt/.exec(runbook) ?? [];

let now = new Date('2026-06-05T12:00:00Z');
let asked = 0;
let tables: Awaited<ReturnType<typeof startTableService>>;
let workspace: Workspace;
const servers: Server[] = [];

async function listen(server: Server): Promise<string> {
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

let storage: string;
let webhook: string;
beforeAll(async () => {
  tables = await startTableService({ clock: () => now });
  const target = new URL(tables.url);
  // Counts what passes on its way to the tables.
  const counting = await listen(
    createServer((incoming, response) => {
      asked++;
      const { method, url, headers } = incoming;
      const onward = request(
        { host: target.hostname, port: target.port, method, path: url, headers },
        (answer) => {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
        },
      );
      incoming.pipe(onward);
    }),
  );
  storage = tables.connectionString.replace(target.host, counting);
  const accepting = createServer((incoming, response) => {
    incoming.resume();
    response.writeHead(200).end(JSON.stringify({ channels: [{ channel: 'teams', outcome: 'delivered' }] }));
  });
  webhook = `http://${await listen(accepting)}/`;
  workspace = await startWorkspace({
    tables: { DeviceNetworkEvents: join(root, 'local/environment/sample-events/device-network-events.csv') },
    now: () => now,
  });
});
afterAll(async () => {
  await workspace?.close();
  for (const server of servers) server.close();
  await tables?.close();
});

/** A run after a first one, with nothing new in it. */
async function quietRun(hunts: string, table: string) {
  const app = compose(
    {
      AzureWebJobsStorage: storage,
      STATE_TABLE: table,
      HUNTS: hunts,
      LOG_ANALYTICS_WORKSPACE_ID: '33333333-3333-3333-3333-333333333333',
      LOG_ANALYTICS_ENDPOINT: workspace.url,
      WEBHOOK_FUNCTION_URL: webhook,
      WEBHOOK_FUNCTION_SECRET: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
      TEAMS_WEBHOOK_URL: 'https://hooks.example/',
    },
    { clock: () => now, root, compile: compileHunts },
  );
  const limits = { queriesMs: 60_000, deliveryMs: 90_000, patienceMs: 10_000 };
  await app.hunt({ limits });
  now = new Date(now.getTime() + 4 * 3_600_000);
  await app.hunt({ limits });
  asked = 0;
  now = new Date(now.getTime() + 4 * 3_600_000);
  const result = await app.hunt({ limits });
  const { events, metrics } = toTelemetry(result, { functionName: 'scheduled-hunt' });
  return {
    outcomes: result.reports.map(({ outcome, counts }) => `${outcome} ${counts.new}`),
    operations: asked,
    kilobytes: (JSON.stringify(events).length + JSON.stringify(metrics).length) / 1000,
  };
}

test('a quiet run of one hunt asks the table no more often than the runbook says, and sends no more', async () => {
  const run = await quietRun('addigy', 'one');
  expect(run.outcomes).toEqual(['complete 0']);
  expect(run.operations).toBeLessThanOrEqual(Number(operations));
  expect(run.kilobytes).toBeLessThanOrEqual(Number(kilobytes) + 0.1);
});

test('and of two hunts', async () => {
  const run = await quietRun('addigy,addigy-footprint', 'two');
  expect(run.outcomes).toEqual(['complete 0', 'complete 0']);
  expect(run.operations).toBeLessThanOrEqual(Number(operationsOfTwo));
});
