import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from '../../functions/composition.ts';
import { HIDER } from '../../functions/domain/kql/slice-queries.ts';
import type { HuntRequest } from '../../functions/flows/run-hunts.ts';
import { agentConnection, functionKey, hunt, newTable, type Stack, useStack } from './start-stack.ts';

/** Hundreds of exclusions with long ids: what a run stores, and what finding out which of them hides what costs. */

const start = new Date('2026-11-24T12:00:00Z');
const day = 86_400_000;
const id = '11111111-2222-4333-8444-555555555555';
const EXCLUSIONS = 400;
const THINGS = 100;

let stack: Stack;
let workspace: string;
/** Queries that passed by on their way to the workspace since the last look, and which of them it is kept from. */
let asked: string[] = [];
let refuses: (query: string) => boolean = () => false;
const isAboutExclusions = (query: string) => query.includes('coalesce(') && !query.includes('not(coalesce(');

useStack(start, async (started) => {
  stack = started;
  await stack.workspace.append(
    'DeviceNetworkEvents',
    Array.from({ length: THINGS }, (_, index) =>
      agentConnection(`d${index}`, new Date(start.getTime() - 60_000), {
        DeviceName: `mac-${index}.example`,
      }),
    ),
  );
});

const proxy = createServer(async (incoming, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const { query } = JSON.parse(body.toString()) as { query: string };
  asked.push(query);
  if (refuses(query)) {
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end('{"error":{"code":"BadArgumentError","message":"no"}}');
    return;
  }
  const answer = await fetch(`${stack.settings.LOG_ANALYTICS_ENDPOINT}${incoming.url}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  response.writeHead(answer.status, { 'content-type': 'application/json' });
  response.end(await answer.text());
});
let root: string;
beforeAll(async () => {
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  workspace = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  root = await mkdtemp(join(tmpdir(), 'many-'));
  for (const folder of ['hunts', 'exclusions']) await mkdir(join(root, folder));
});
afterAll(async () => {
  proxy.close();
  await rm(root, { recursive: true, force: true });
});
beforeEach(() => {
  asked = [];
  refuses = () => false;
});

const query =
  'DeviceNetworkEvents | where Timestamp > ago(30d) | summarize LastSeen = max(Timestamp) by DeviceId, RemoteUrl // all of it';

/** Each hides half of the things, each another half: 400 ids of 64 characters, 100 different lists of some 200 of them. */
const idOf = (index: number) =>
  `${'exclusion-with-a-long-id-'.repeat(3)}`.slice(0, 60) + String(index).padStart(4, '0');
const hidesOf = (index: number) =>
  Array.from({ length: THINGS }, (_, thing) => thing).filter((thing) => ((thing + 1) * (index + 3)) % 7 < 3);

async function appWith({
  change = {},
  text = query,
  exclusions = EXCLUSIONS,
}: {
  change?: Record<string, string>;
  text?: string;
  exclusions?: number;
} = {}): Promise<App> {
  await writeFile(
    join(root, 'hunts/many.yaml'),
    `id: ${id}
name: Many
description: For a test.
requiredDataConnectors: [{ connectorId: x, dataTypes: [DeviceNetworkEvents] }]
tactics: CommandAndControl
relevantTechniques: T1219
query: ${JSON.stringify(text)}
`,
  );
  const list = Array.from({ length: exclusions }, (_, index) => ({
    id: idOf(index),
    reason: 'r',
    owner: 'o',
    expires: '2027-01-31',
    hunts: [id],
    any: [{ DeviceId: { equals: hidesOf(index).map((thing) => `d${thing}`) } }],
  }));
  await writeFile(join(root, 'exclusions/many.yaml'), JSON.stringify(list));
  return stack.compose({ ...newTable(), LOG_ANALYTICS_ENDPOINT: workspace, ...change }, root);
}

/** A run of the hunt, and how many queries it asked about exclusions. */
async function run(app: App, request: Partial<HuntRequest> = {}) {
  asked = [];
  const { reports } = await hunt(app, {
    ...request,
    hunts: ['many'],
    limits: { queriesMs: 800_000, deliveryMs: 820_000, patienceMs: 0 },
  });
  const [report] = reports;
  if (!report) throw new Error('no report');
  return { report, queries: asked.filter(isAboutExclusions).length };
}

/** How many things each exclusion hides, as far as that is known. */
async function known(app: App): Promise<(number | undefined)[]> {
  const { exclusions } = await app.exclusions.accounts();
  const hidden = new Map(exclusions.map((account) => [account.id, account.hidden?.days7]));
  return exclusions.map((_, index) => hidden.get(idOf(index)));
}
const all = Array.from({ length: EXCLUSIONS }, (_, index) => hidesOf(index).length);

test('400 exclusions hide 100 things between them: the run is stored whole, and 20 queries tell what each hid', async () => {
  const app = await appWith();
  const { report, queries } = await run(app);
  expect(report.counts).toMatchObject({ sightings: 100, hidden: 100 });
  expect([report.outcome, queries, asked.length]).toEqual(['complete', 20, 23]);
  expect(Math.max(...asked.filter(isAboutExclusions).map(({ length }) => length))).toBeLessThan(100_000);
  expect(await known(app)).toEqual(all);
  expect((await app.exclusions.detail(idOf(5)))?.hidesInAll).toBe(all[5]);
  const [thing] = (await app.explain('d0')).scopes[0]?.things ?? [];
  expect(thing?.hiddenBy.length).toBeGreaterThan(100);

  const again = await run(app);
  expect([again.report.outcome, again.queries]).toEqual(['complete', 0]);
}, 400_000);

test('when the queries of a day are used up, then later runs ask nothing more unless a person wants it, and the next day goes on with those that wait', async () => {
  const app = await appWith({ change: { EXCLUSION_QUERIES_PER_DAY: '12' } });
  const first = await run(app);
  expect([first.report.outcome, first.queries, first.report.exclusions.reckoned?.left]).toEqual([
    'complete',
    12,
    160,
  ]);
  expect((await known(app)).filter((hidden) => hidden !== undefined && hidden !== null)).toHaveLength(240);
  expect((await run(app)).queries).toBe(0);
  const wanted = await run(app, { reckon: true, dryRun: true });
  expect([wanted.queries, wanted.report.exclusions.reckoned?.left]).toEqual([20, undefined]);

  stack.time.now = new Date(start.getTime() + day);
  const second = await run(app);
  expect(second.queries).toBe(12);
  expect(await known(app)).toEqual(all);
}, 400_000);

test('when the workspace refuses in the middle, then the next run goes on where that one stopped', async () => {
  const app = await appWith();
  let left = 5;
  refuses = (text) => isAboutExclusions(text) && left-- <= 0;
  const first = await run(app);
  expect(first.report.problems.join()).toContain('could not be told apart');
  expect(first.report.exclusions.reckoned?.left).toBe(300);
  refuses = () => false;
  const second = await run(app);
  expect([second.report.exclusions.reckoned?.left, second.queries]).toEqual([undefined, 15]);
  expect(await known(app)).toEqual(all);
}, 400_000);

test('when a service does not take several exclusions in one query, then each is asked about by itself', async () => {
  const app = await appWith({ exclusions: 40 });
  refuses = (text) => text.includes(HIDER);
  const { report } = await run(app);
  expect([report.outcome, report.exclusions.reckoned?.left]).toEqual(['complete', undefined]);
  expect(await known(app)).toEqual(all.slice(0, 40));
}, 400_000);

test.each<[string, string]>([
  [
    'has functions, settings and comments of its own',
    'set notruncation;\nlet f = (x: string) { strlen(x) };\nlet T = DeviceNetworkEvents | where f(DeviceId) > 0; // one\nT | summarize LastSeen = max(Timestamp), n = count() by DeviceId, Port = tolong(ReportId);\n// the end',
  ],
  [
    'joins its table with itself',
    'DeviceNetworkEvents | join kind=inner (DeviceNetworkEvents | distinct DeviceId) on DeviceId | summarize LastSeen = max(Timestamp) by DeviceId',
  ],
])(
  'a query that %s tells the same of several exclusions as of each',
  async (_, text) => {
    const several = await appWith({ text, exclusions: 40 });
    await run(several);
    expect(asked.some((one) => one.includes(HIDER))).toBe(true);
    expect(await known(several)).toEqual(all.slice(0, 40));
  },
  180_000,
);

test('a request may name more than a hundred hunts', async () => {
  const response = await fetch(`${stack.host.url}/api/hunt`, {
    method: 'POST',
    headers: { 'x-functions-key': functionKey },
    body: JSON.stringify({ dryRun: true, hunts: Array.from({ length: 150 }, () => 'addigy') }),
  });
  expect(response.status).toBe(200);
});
