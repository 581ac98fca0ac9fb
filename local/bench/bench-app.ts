import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { buildApp } from '../building/build-app.ts';
import { packageApp } from '../building/package-app.ts';
import { readCompiledHunts } from '../compiler/compile-hunts.ts';
import { startTableService } from '../environment/azurite.ts';
import { startFunctionsHost } from '../environment/functions-host.ts';
import { startReceiver } from '../environment/receiver/start-receiver.ts';
import { sampleServerIps } from '../environment/sample-events/stories.ts';
import type { Measure } from './measure.ts';
import { serveResults } from './serve-results.ts';
import { median, timed } from './time-in-turns.ts';

const root = join(import.meta.dirname, '../..');
const STARTS = 15;
const LATER_RUNS = 7;
const FIRST_RUNS = 6;
const WORKSPACE = '99999999-8888-4777-8666-555555555555';

/** Loading the deployed package beside the smallest app of Microsoft's template, and the first run of a process beside later ones. */
export async function benchApp(): Promise<readonly Measure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-app-'));
  try {
    await buildApp(join(folder, 'bundle'));
    await packageApp({ bundleDir: join(folder, 'bundle'), outDir: join(folder, 'app') });
    const bundle = join(folder, 'app/dist/index.cjs');
    return [...(await benchLoading(folder, bundle)), ...(await benchFirstRun(bundle))];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const loaded = z.object({ ms: z.number(), cpuMs: z.number(), mb: z.number() });

async function benchLoading(folder: string, bundle: string): Promise<Measure[]> {
  const apps = { empty: join(folder, 'empty.cjs'), hello: await helloWorld(folder), ours: bundle };
  await writeFile(apps.empty, '');
  const cpuMs = {
    empty: Number.POSITIVE_INFINITY,
    hello: Number.POSITIVE_INFINITY,
    ours: Number.POSITIVE_INFINITY,
  };
  const start = join(import.meta.dirname, 'start-app.cjs');
  const env = { ...process.env, LOG_ANALYTICS_WORKSPACE_ID: WORKSPACE };
  for (let turn = 0; turn < STARTS; turn++)
    for (const app of ['empty', 'hello', 'ours'] as const) {
      const { stdout } = await promisify(execFile)(process.execPath, [start, apps[app]], { env });
      cpuMs[app] = Math.min(cpuMs[app], loaded.parse(JSON.parse(stdout)).cpuMs);
    }
  return [
    {
      what: 'start: CPU of loading the deployed package ÷ hello world (one timer)',
      value: cpuMs.ours / cpuMs.hello,
      unit: 'times',
      most: 1,
    },
    { what: 'start: an empty app ÷ hello world', value: cpuMs.empty / cpuMs.hello, unit: 'times' },
  ];
}

/** As Microsoft's template has it: one timer, and the programming model from `node_modules`. */
async function helloWorld(folder: string): Promise<string> {
  const app = join(folder, 'hello');
  for (const name of ['@azure/functions', '@azure/functions-extensions-base', 'cookie']) {
    await mkdir(join(app, 'node_modules', name), { recursive: true });
    await cp(join(root, 'node_modules', name), join(app, 'node_modules', name), { recursive: true });
  }
  await writeFile(
    join(app, 'index.js'),
    `const { app } = require('@azure/functions');
app.timer('hello', { schedule: '0 0 * * * *', handler: (_, context) => context.log('hello') });\n`,
  );
  return join(app, 'index.js');
}

/** A quick workspace: Log Analytics takes no less for the smallest query. */
const QUERY_MS = 100;

/** Answers without rows, so that what is timed is the app and not the workspace. */
async function quickWorkspace() {
  const hunts = await readCompiledHunts(root);
  const columns = new Map(
    hunts.flatMap(({ compiled }) => compiled?.columns ?? []).map((one) => [one.name, one]),
  );
  const tables = [{ name: 'PrimaryResult', columns: [...columns.values()], rows: [] }];
  return serveResults({ query: JSON.stringify({ tables }) }, QUERY_MS);
}

async function benchFirstRun(bundle: string): Promise<Measure[]> {
  const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
  const [workspace, storage, receiver] = await Promise.all([
    quickWorkspace(),
    startTableService(),
    startReceiver({ webhookSecret: secret }),
  ]);
  const first: number[] = [];
  const later: number[] = [];
  try {
    for (let start = 0; start < FIRST_RUNS; start++) {
      const host = await startFunctionsHost({
        bundle,
        key: 'key',
        settings: (url) => ({
          AzureWebJobsStorage: storage.connectionString,
          LOG_ANALYTICS_WORKSPACE_ID: WORKSPACE,
          LOG_ANALYTICS_ENDPOINT: workspace.url,
          WEBHOOK_FUNCTION_SECRET: secret,
          WEBHOOK_FUNCTION_URL: `${url}/api/webhook`,
          WEBHOOK_URL: receiver.webhookUrl,
          WEBHOOK_SECRET: secret,
          ...sampleServerIps,
        }),
      });
      try {
        const run = async () => {
          const response = await fetch(`${host.url}/api/hunt`, {
            method: 'POST',
            headers: { 'x-functions-key': 'key' },
            body: '{}',
          });
          if (response.status !== 200) throw new Error(await response.text());
          await response.text();
        };
        const { ms } = await timed(run);
        // The storage's stand-in compiles its own code the first time.
        if (start > 0) first.push(ms);
        const others: number[] = [];
        for (let turn = 0; turn < LATER_RUNS; turn++) others.push((await timed(run)).ms);
        if (start > 0) later.push(...others);
      } finally {
        await host.close();
      }
    }
  } finally {
    workspace.close();
    await Promise.all([storage.close(), receiver.close()]);
  }
  return [
    {
      what: 'the first run of a process ÷ a later one (each query takes 100 ms)',
      value: median(first) / median(later),
      unit: 'times',
      most: 1.5,
    },
    { what: 'a later run', value: median(later), unit: 'ms' },
    { what: 'a first run', value: median(first), unit: 'ms' },
  ];
}
