import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { buildApp } from '../../local/building/build-app.ts';
import { type AppPackage, packageApp } from '../../local/building/package-app.ts';
import { startTableService } from '../../local/environment/azurite.ts';
import { type FunctionsHost, startFunctionsHost } from '../../local/environment/functions-host.ts';

let folder: string;
let app: AppPackage;
let tables: Awaited<ReturnType<typeof startTableService>>;
let host: FunctionsHost;
/** Answers like Log Analytics to whom it does not know. */
let forbidding: Server;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'package-'));
  await buildApp(join(folder, 'bundle'));
  app = await packageApp({ bundleDir: join(folder, 'bundle'), outDir: join(folder, 'app') });
  await rm(join(folder, 'bundle'), { recursive: true });
  tables = await startTableService();
  forbidding = createServer((_, response) => response.writeHead(403).end('{}')).listen(0, '127.0.0.1');
  await once(forbidding, 'listening');
  const { port } = forbidding.address() as AddressInfo;
  host = await startFunctionsHost({
    bundle: join(folder, 'app', 'dist', 'index.cjs'),
    key: 'the key',
    settings: (url) => ({
      AzureWebJobsStorage: tables.connectionString,
      LOG_ANALYTICS_WORKSPACE_ID: '33333333-3333-3333-3333-333333333333',
      LOG_ANALYTICS_ENDPOINT: `http://127.0.0.1:${port}`,
      WEBHOOK_FUNCTION_URL: `${url}/api/webhook`,
      WEBHOOK_FUNCTION_SECRET: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
      TEAMS_WEBHOOK_URL: 'https://hooks.example/',
    }),
  });
}, 120_000);

afterAll(async () => {
  await host?.close();
  await tables?.close();
  forbidding?.close();
  await rm(folder, { recursive: true, force: true });
});

test('what is deployed is the bundle, hunts and what they were compiled to, exclusions, host.json and package.json, and nothing else', () => {
  const outside = app.files.filter(
    (file) =>
      !/^(dist\/[\w-]+\.cjs|dist\/compiled-hunts\.json|(hunts|exclusions)\/[\w.-]+\.ya?ml|host\.json|package\.json)$/.test(
        file,
      ),
  );
  expect(outside).toEqual([]);
  expect(app.files).toEqual(
    expect.arrayContaining([
      'dist/compiled-hunts.json',
      'dist/index.cjs',
      'exclusions/addigy.yaml',
      'host.json',
      'hunts/addigy.yaml',
    ]),
  );
});

test('it is small: under 3 MB to upload', () => {
  expect(app.zippedSize).toBeLessThan(3_000_000);
  expect(app.totalSize).toBeLessThan(15_000_000);
});

test('it holds no tests, source maps or sources', async () => {
  expect(app.files.filter((file) => /\.test\.|\.map$|\.ts$/.test(file))).toEqual([]);
  for (const file of app.files)
    expect(await readFile(join(folder, 'app', file), 'utf8')).not.toMatch(/sourceMappingURL=data:/);
});

test('its package.json names the entry point, and nothing to install or run', async () => {
  const manifest = JSON.parse(await readFile(join(folder, 'app', 'package.json'), 'utf8'));
  expect(Object.keys(manifest).toSorted()).toEqual(['main', 'private', 'version']);
  expect(app.files).toContain(manifest.main);
});

test('loaded from a folder without node_modules, it registers its functions', () => {
  expect(host.http.map(({ name }) => name).toSorted()).toEqual(
    expect.arrayContaining(['on-demand-hunt', 'webhook']),
  );
  expect(host.timers.map(({ name, schedule }) => `${name} ${schedule}`)).toContain(
    'scheduled-hunt 0 0 */4 * * *',
  );
});

test('and hunts with the hunts and exclusions that it brings along', async () => {
  const response = await fetch(`${host.url}/api/hunt`, {
    method: 'POST',
    headers: { 'x-functions-key': 'the key' },
    body: JSON.stringify({ dryRun: true }),
  });
  const { reports } = z
    .object({
      reports: z.array(
        z.object({
          hunt: z.object({ name: z.string() }),
          outcome: z.string(),
          problems: z.array(z.string()),
        }),
      ),
    })
    .parse(await response.json());
  expect(response.status).toBe(502);
  expect(reports.map(({ outcome }) => outcome)).toEqual(['failed', 'failed']);
  expect(reports[0]?.problems.join()).toContain('may not read the workspace');
  expect(reports.map(({ hunt }) => hunt.name)).toEqual([
    expect.stringContaining('Addigy'),
    expect.stringContaining('Addigy'),
  ]);
});

test('and lets nobody deliver without a signature', async () => {
  const response = await fetch(`${host.url}/api/webhook`, { method: 'POST', body: '{}' });
  expect(response.status).toBe(401);
});
