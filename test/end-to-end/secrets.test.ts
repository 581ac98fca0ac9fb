import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { TableClient } from '@azure/data-tables';
import { generate } from 'selfsigned';
import { toTelemetry } from '../../functions/domain/to-telemetry.ts';
import { printReport } from '../../local/printing/print-report.ts';
import { agentConnection, functionKey, hunt, type Stack, startStack } from './start-stack.ts';

// What must not be seen anywhere, each in a form that a search finds.
const sig = 'SIGNATURE-OF-A-FLOW';
const path = 'SLACK-PATH-SECRET';
const user = 'PASSWORD-IN-A-URL';
const functionSecret = `whsec_${Buffer.alloc(32, 'function').toString('base64')}`;
const webhookSecret = `whsec_${Buffer.alloc(32, 'receiver').toString('base64')}`;
const secrets = [sig, path, user, functionSecret.slice(6), webhookSecret.slice(6)];

let stack: Stack;
const servers: Server[] = [];
beforeAll(async () => {
  const now = new Date();
  stack = await startStack(now);
  await stack.workspace.append('DeviceNetworkEvents', [
    agentConnection('d1', new Date(now.getTime() - 60_000)),
  ]);
});
afterAll(async () => {
  for (const server of servers) {
    if ('closeAllConnections' in server) Reflect.apply(server.closeAllConnections as () => void, server, []);
    server.close();
  }
  await stack.close();
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return (server.address() as AddressInfo).port;
}
const http = async (answer: RequestListener) => `http://127.0.0.1:${await listen(createServer(answer))}`;
/** Answers so, and says back whatever it was asked, as careless receivers do. */
const status = (code: number, headers = {}) =>
  http((request, response) =>
    response.writeHead(code, headers).end(`you asked ${request.url} ${JSON.stringify(request.headers)}`),
  );

/** Ways to fail, each the address of a channel, and what is said of it. */
async function waysToFail(): Promise<Record<string, { origin: string; said: RegExp }>> {
  const pems = await generate([{ name: 'commonName', value: '127.0.0.1' }], { keyType: 'ec' });
  const tls = createTlsServer({ key: pems.private, cert: pems.cert }, (_, response) => response.end());
  const garbage = createTcpServer((socket) =>
    socket.on('error', () => undefined).end('this is no HTTP\r\n\r\n'),
  );
  return {
    'not-found': { origin: await status(404), said: /out-of-order.*answered 404/ },
    gone: { origin: await status(410), said: /out-of-order.*answered 410/ },
    busy: { origin: await status(429, { 'retry-after': '60' }), said: /retry-later.*answered 429/ },
    down: { origin: await status(500), said: /retry-later.*answered 500/ },
    redirect: {
      origin: await status(302, { location: `https://elsewhere.example/?sig=${sig}` }),
      said: /out-of-order.*redirect/,
    },
    reset: {
      origin: await http((request) => request.socket.destroy()),
      said: /retry-later.*can't be reached/,
    },
    silent: { origin: await http(() => undefined), said: /retry-later.*did not answer in time/ },
    garbage: { origin: `http://127.0.0.1:${await listen(garbage)}`, said: /retry-later.*can't be reached/ },
    certificate: { origin: `https://127.0.0.1:${await listen(tls)}`, said: /out-of-order.*certificate/ },
    nobody: { origin: 'http://127.0.0.1:1', said: /retry-later.*can't be reached/ },
    dns: { origin: 'https://no-such-host.invalid', said: /retry-later.*can't be reached/ },
  };
}

/** As a part of a setting's name. */
const settingOf = (name: string) => name.replace(/\W/g, '_');

async function rowsOf(table: string): Promise<string> {
  const client = TableClient.fromConnectionString(stack.settings.AzureWebJobsStorage ?? '', table, {
    allowInsecureConnection: true,
  });
  const rows: unknown[] = [];
  for await (const row of client.listEntities()) rows.push(row);
  return JSON.stringify(rows);
}

test('when delivery fails in every way there is, then reports, logs, telemetry, prints and the table say why and hold no secret', async () => {
  const ways = await waysToFail();
  const channels = Object.keys(ways).flatMap((name) => [
    { name: `${name}-teams`, kind: 'teams', urlSetting: `FLOW_${settingOf(name)}` },
    { name: `${name}-slack`, kind: 'slack', urlSetting: `SLACK_${settingOf(name)}` },
    {
      name: `${name}-soar`,
      kind: 'webhook',
      urlSetting: `SOAR_${settingOf(name)}`,
      secretSetting: 'SOAR_SECRET',
    },
  ]);
  const change = {
    STATE_TABLE: 'secrets',
    TEAMS_WEBHOOK_URL: '',
    WEBHOOK_URL: '',
    WEBHOOK_FUNCTION_SECRET: functionSecret,
    SOAR_SECRET: webhookSecret,
    CHANNELS: JSON.stringify(channels),
    ...Object.fromEntries(
      Object.entries(ways).flatMap(([name, { origin }]) => [
        [`FLOW_${settingOf(name)}`, `${origin}/workflows/1/invoke?sp=run&sig=${sig}`],
        [`SLACK_${settingOf(name)}`, `${origin}/services/T1/${path}`],
        [`SOAR_${settingOf(name)}`, `${origin}/hook?token=${sig}`],
      ]),
    ),
  };
  const logs: unknown[] = [];
  const host = await stack.startHost(change, (entry) => logs.push(entry));
  const app = stack.compose({ ...change, WEBHOOK_FUNCTION_URL: `${host.url}/api/webhook` });
  const result = await hunt(app);

  const deliveries = result.outbox?.deliveries ?? [];
  expect(deliveries).toHaveLength(3 * Object.keys(ways).length);
  for (const { channel, outcome, reason } of deliveries) {
    const way = ways[channel.replace(/-[a-z]+$/, '')];
    expect(`${channel}: ${outcome}, ${reason}`).toMatch(way?.said ?? /never/);
  }
  const everything = {
    report: JSON.stringify(result),
    logs: JSON.stringify(logs),
    telemetry: JSON.stringify(toTelemetry(result, {})),
    print: printReport(result),
    table: await rowsOf('secrets'),
    runs: await (
      await fetch(`${host.url}/api/runs/${result.reports[0]?.runId}`, {
        headers: { 'x-functions-key': functionKey },
      })
    ).text(),
  };
  for (const [place, text] of Object.entries(everything)) {
    // Each place tells something, so that a search of it means something.
    expect(`${place}: ${text.length > 200}`).toBe(`${place}: true`);
    for (const secret of secrets) expect(`${place}: ${text.includes(secret)}`).toBe(`${place}: false`);
  }
  expect(everything.logs).toContain('answered 404');
  expect(everything.table).toContain('answered 500');
}, 60_000);

test.each(['TEAMS_WEBHOOK_URL', 'SLACK_WEBHOOK_URL', 'WEBHOOK_URL'])(
  'when %s has a user name and a password in it, then the app refuses to start, says why and holds no secret',
  (setting) => {
    const start = () =>
      stack.compose({ [setting]: `https://someone:${user}@127.0.0.1:1/workflows/1?sig=${sig}` });
    expect(start).toThrow(new RegExp(`${setting}.*user name`));
    try {
      start();
    } catch (error) {
      for (const secret of secrets) expect(String(error)).not.toContain(secret);
    }
  },
);

test('when the webhook function can not be reached, or knows another secret, then what is told of it holds none', async () => {
  const other = `whsec_${Buffer.alloc(32, 'other').toString('base64')}`;
  const logs: unknown[] = [];
  const host = await stack.startHost({ WEBHOOK_FUNCTION_SECRET: other }, (entry) => logs.push(entry));
  for (const [index, url] of [
    `http://127.0.0.1:1/api/webhook?code=${sig}`,
    `${host.url}/api/webhook?code=${sig}`,
  ].entries()) {
    const change = {
      STATE_TABLE: `closed${index}`,
      WEBHOOK_FUNCTION_URL: url,
      WEBHOOK_FUNCTION_SECRET: functionSecret,
    };
    const result = await hunt(stack.compose(change));
    expect(result.outbox?.problems).toEqual([expect.stringMatching(/can't be reached|answered 401/)]);
    const text = JSON.stringify([result, logs]) + printReport(result) + (await rowsOf(change.STATE_TABLE));
    for (const secret of secrets) expect(text).not.toContain(secret);
  }
});

test('when settings are wrong, then the settings are named, and nothing of what they hold is', async () => {
  const logs: unknown[] = [];
  const change = {
    TEAMS_WEBHOOK_URL: `ftp://flows.example/?sig=${sig}`,
    SLACK_WEBHOOK_URL: `http://flows.example/${path}`,
    WEBHOOK_FUNCTION_SECRET: `${functionSecret} short`,
    WEBHOOK_SECRET: webhookSecret.slice(6),
    AZURE_URL: `http://flows.example/?sig=${sig}`,
    CHANNELS: JSON.stringify([{ name: 'a', kind: 'teams', urlSetting: 'AZURE_URL' }]),
  };
  const host = await stack.startHost(change, (entry) => logs.push(entry));
  const answers = await Promise.all(
    ['hunt', 'webhook'].map(async (route) => {
      const response = await fetch(`${host.url}/api/${route}`, {
        method: 'POST',
        headers: { 'x-functions-key': functionKey },
      });
      return `${response.status} ${await response.text()}`;
    }),
  );
  const failed = await host.runTimer('scheduled-hunt').catch((error: unknown) => String(error));
  const text = JSON.stringify([logs, answers, failed]);
  for (const name of [
    'TEAMS_WEBHOOK_URL',
    'SLACK_WEBHOOK_URL',
    'WEBHOOK_FUNCTION_SECRET',
    'WEBHOOK_SECRET',
    'AZURE_URL',
  ])
    expect(text).toContain(`${name}: `);
  for (const secret of secrets) expect(text).not.toContain(secret);
});
