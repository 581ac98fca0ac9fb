import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HuntResult } from '../../functions/flows/run-hunts.ts';
import type { FunctionsHost } from '../../local/environment/functions-host.ts';
import { generateEvents } from '../../local/environment/sample-events/generate-events.ts';
import { type Ingestion, startIngestion } from '../adapters/telemetry/ingestion.ts';
import { functionKey, type Stack, startStack } from './start-stack.ts';

// The worker's clock is the real one.
const now = new Date();
const events = generateEvents({ now, flavour: 'log-analytics' });
const traceId = '0af7651916cd43dd8448eb211c80319c';

let stack: Stack;
let ingestion: Ingestion;
let folder: string;
let tables = 0;
beforeAll(async () => {
  [stack, ingestion, folder] = await Promise.all([
    startStack(now),
    startIngestion(),
    mkdtemp(join(tmpdir(), 'telemetry-')),
  ]);
  await writeFile(join(folder, 'ca.pem'), ingestion.certificate);
  for (const name of ['DeviceNetworkEvents', 'DeviceProcessEvents']) {
    const rows = events.filter(({ table }) => table === name).map(({ row }) => row);
    await stack.workspace.append(name, rows);
  }
});
afterAll(async () => {
  await stack.close();
  ingestion.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  ingestion.reset();
  stack.receiver.clear();
});

/** A host with a memory of its own, that trusts the ingestion endpoint. */
const startHost = (change: Record<string, string> = {}) =>
  stack.startHost({
    STATE_TABLE: `telemetry${tables++}`,
    NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
    NODE_OPTIONS: `--require=${JSON.stringify(join(import.meta.dirname, 'list-loaded.cjs'))}`,
    LOADED_FILES: join(folder, 'loaded'),
    ...change,
  });
const withTelemetry = () => ({
  APPLICATIONINSIGHTS_CONNECTION_STRING: ingestion.connectionString,
  WEBSITE_SITE_NAME: 'the-app',
});

async function huntOnDemand(host: FunctionsHost): Promise<HuntResult> {
  const response = await fetch(`${host.url}/api/hunt`, {
    method: 'POST',
    headers: { 'x-functions-key': functionKey, traceparent: `00-${traceId}-b7ad6b7169203331-01` },
    body: JSON.stringify({ hunts: ['addigy'] }),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as HuntResult;
}

/** Whether a file of the bundle with the SDK in it was loaded by the worker, which has ended. */
async function sdkWasLoaded(): Promise<boolean> {
  const files = (await readFile(join(folder, 'loaded'), 'utf8')).split('\n');
  const texts = await Promise.all(
    files.filter((file) => file.endsWith('.cjs')).map((file) => readFile(file, 'utf8')),
  );
  expect(texts.length).toBeGreaterThan(0);
  return texts.some((text) => text.includes('AzureMonitorLogExporter was successfully setup'));
}

test('when a hunt runs in the worker, then its run, findings and deliveries are told in the trace of its call, without names or URLs', async () => {
  const host = await startHost(withTelemetry());
  const { reports, outbox, telemetryProblem } = await huntOnDemand(host);
  const [report] = reports;
  await host.close();

  expect(telemetryProblem).toBeUndefined();
  const told = ingestion.envelopes.filter(({ data }) => data.baseType === 'EventData');
  const named = (name: string) => told.filter(({ data }) => data.baseData.name === name);
  expect(named('HuntRun').map(({ data }) => data.baseData)).toMatchObject([
    {
      properties: { runId: report?.runId, outcome: 'complete', baseline: 'true', trigger: 'on-demand-hunt' },
      measurements: {
        tableRows: report?.coverage.rows,
        sightings: report?.counts.sightings,
        hidden: report?.counts.hidden,
        findings: report?.counts.new,
      },
    },
  ]);
  expect(report?.counts.new).toBeGreaterThan(0);
  expect(named('Finding').map(({ data }) => data.baseData.properties.findingId)).toEqual(
    report?.findings.map(({ id }) => id),
  );
  expect(named('Delivery').map(({ data }) => data.baseData.properties)).toEqual(outbox?.deliveries);
  expect(named('Outbox').map(({ data }) => data.baseData.measurements)).toEqual([
    { waiting: 0, deadLettered: 0, problemCount: 0 },
  ]);
  for (const { tags } of told) {
    expect(tags['ai.operation.id']).toBe(traceId);
    expect(tags['ai.operation.name']).toBe('on-demand-hunt');
  }
  for (const { tags } of ingestion.envelopes) expect(tags['ai.cloud.role']).toBe('the-app');

  const all = JSON.stringify(ingestion.envelopes);
  for (const { device, identity } of report?.findings ?? []) {
    for (const text of [device?.name, ...Object.values(identity)]) if (text) expect(all).not.toContain(text);
  }
  for (const secret of Object.values(stack.settings).filter((value) => /sig=|whsec_|AccountKey/.test(value)))
    expect(all).not.toContain(secret);
  expect(await sdkWasLoaded()).toBe(true);
});

test('when Application Insights takes nothing, then the hunt and its deliveries are as ever, and the answer says so', async () => {
  ingestion.answer = { status: 401, body: {} };
  const host = await startHost(withTelemetry());
  const { reports, outbox, telemetryProblem } = await huntOnDemand(host);
  await host.close();

  expect(telemetryProblem).toBe('telemetry: Application Insights answered 401');
  expect(reports.map(({ outcome }) => outcome)).toEqual(['complete']);
  expect(outbox?.deliveries.map(({ outcome }) => outcome)).toEqual(['delivered', 'delivered']);
  expect(ingestion.envelopes).toEqual([]);
});

test('when there is no connection string, then the SDK is never loaded', async () => {
  const host = await startHost();
  const { telemetryProblem } = await huntOnDemand(host);
  await host.close();

  expect(telemetryProblem).toBeUndefined();
  expect(ingestion.requests).toEqual([]);
  expect(await sdkWasLoaded()).toBe(false);
});
