import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Invocation, TelemetryRecords } from '../../functions/domain/to-telemetry.ts';
import { type Ingestion, startIngestion } from './telemetry/ingestion.ts';
import { startSender } from './telemetry/start-sender.ts';

let folder: string;
let ingestion: Ingestion;
let trusting: Record<string, string>;
let sender: ReturnType<typeof startSender>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'telemetry-'));
  ingestion = await startIngestion();
  await writeFile(join(folder, 'ca.pem'), ingestion.certificate);
  trusting = { NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') };
  sender = startSender(trusting);
});
beforeEach(() => ingestion.reset());
afterAll(async () => {
  sender.kill();
  ingestion.close();
  await rm(folder, { recursive: true, force: true });
});

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const invocation: Invocation = { functionName: 'scheduled-hunt', traceParent: `00-${traceId}-${spanId}-01` };
const records: TelemetryRecords = {
  events: [
    { name: 'HuntRun', properties: { outcome: 'complete' }, measurements: { findings: 1 } },
    { name: 'Finding', properties: { kind: 'new-device' } },
  ],
  metrics: [
    { name: 'DeadLetters', value: 2, dimensions: {} },
    { name: 'HuntFindings', value: 1, dimensions: { hunt: 'one' } },
    { name: 'HuntFindings', value: 5, dimensions: { hunt: 'two' } },
  ],
};
const all = () => ({ target: { connectionString: ingestion.connectionString }, records, invocation });

test('when a run is told, then its events and metrics arrive before the worker is taken away, and nothing else does', async () => {
  const worker = startSender(trusting);
  const { problem, isLoaded } = await worker.send(all());
  worker.kill();

  expect({ problem, isLoaded }).toEqual({ problem: undefined, isLoaded: true });
  const told = ingestion.envelopes.map(({ data: { baseType, baseData } }) =>
    baseType === 'EventData'
      ? [baseData.name, baseData.properties, baseData.measurements]
      : [baseData.metrics?.map(({ name, value, count }) => [name, value, count]), baseData.properties],
  );
  expect(told).toHaveLength(5);
  expect(told).toEqual(
    expect.arrayContaining([
      ['HuntRun', { outcome: 'complete' }, { findings: 1 }],
      ['Finding', { kind: 'new-device' }, {}],
      [[['DeadLetters', 2, 1]], {}],
      [[['HuntFindings', 1, 1]], { hunt: 'one' }],
      [[['HuntFindings', 5, 1]], { hunt: 'two' }],
    ]),
  );
  expect(new Set(ingestion.requests.map(({ method, path }) => `${method} ${path}`))).toEqual(
    new Set(['POST /v2.1/track']),
  );
  for (const { iKey, sampleRate, tags } of ingestion.envelopes) {
    expect(iKey).toBe(ingestion.instrumentationKey);
    expect(sampleRate).toBe(100);
    expect(tags['ai.cloud.role']).toBe('hunter');
  }
});

test('when there is nothing to tell, then nothing is loaded or sent', async () => {
  const worker = startSender(trusting);
  const { problem, isLoaded } = await worker.send({ ...all(), records: { events: [], metrics: [] } });
  worker.kill();

  expect({ problem, isLoaded }).toEqual({ problem: undefined, isLoaded: false });
  expect(ingestion.requests).toEqual([]);
});

test.each([
  ['sampled', '01'],
  ['not sampled', '00'],
])('when the host has a trace that is %s, then the events join it', async (_, flags) => {
  const traceParent = `00-${traceId}-${spanId}-${flags}`;
  await sender.send({ ...all(), invocation: { functionName: 'on-demand-hunt', traceParent } });

  expect(operations()).toEqual([[traceId, spanId, 'on-demand-hunt']]);
});

test.each(['', 'nonsense', `00-${'0'.repeat(32)}-${spanId}-01`])(
  'when the trace is %j, then the events arrive without one',
  async (traceParent) => {
    expect(await sender.send({ ...all(), invocation: { traceParent } })).not.toHaveProperty('problem');
    expect(operations()).toEqual([[undefined, undefined, undefined]]);
  },
);

test('when one worker tells two runs at once, then each is in its own trace and no number is told twice', async () => {
  const other = { functionName: 'on-demand-hunt', traceParent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01` };
  const outcomes = await Promise.all([sender.send(all()), sender.send({ ...all(), invocation: other })]);

  expect(outcomes.map(({ problem }) => problem)).toEqual([undefined, undefined]);
  expect(operations()).toEqual([
    [traceId, spanId, 'scheduled-hunt'],
    ['1'.repeat(32), '2'.repeat(16), 'on-demand-hunt'],
  ]);
  const metrics = ingestion.envelopes.flatMap(({ data }) => data.baseData.metrics ?? []);
  expect(metrics.filter(({ name }) => name === 'DeadLetters').map(({ value }) => value)).toEqual([2, 2]);
});

test('when there are more events than the SDK sends at once, then all arrive', async () => {
  const events = Array.from({ length: 1500 }, (_, index) => ({
    name: 'Finding' as const,
    properties: { findingId: `${index}` },
  }));
  await sender.send({ ...all(), records: { events, metrics: [] } });

  const ids = ingestion.envelopes.map(({ data }) => data.baseData.properties.findingId);
  expect(ids).toHaveLength(1500);
  expect(new Set(ids).size).toBe(1500);
});

describe('when local authentication is off', () => {
  const managedIdentityClientId = '77777777-6666-4555-8444-333333333333';
  const target = () => ({ connectionString: ingestion.connectionString, managedIdentityClientId });

  test('then it sends as the managed identity that the settings name', async () => {
    const asked: { url: URL; header: string | string[] | undefined }[] = [];
    // The endpoint for tokens that Functions gives to an app.
    const identity = createServer((request, response) => {
      asked.push({ url: new URL(`http://x${request.url}`), header: request.headers['x-identity-header'] });
      const expires_on = Math.floor(Date.now() / 1000) + 3600;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ access_token: 'the-token', token_type: 'Bearer', expires_on }));
    });
    await new Promise<void>((resolve) => identity.listen(0, '127.0.0.1', resolve));
    const { port } = identity.address() as AddressInfo;
    const IDENTITY_ENDPOINT = `http://127.0.0.1:${port}/msi/token`;
    const worker = startSender({ ...trusting, IDENTITY_ENDPOINT, IDENTITY_HEADER: 'the-header' });

    expect(await worker.send({ ...all(), target: target() })).not.toHaveProperty('problem');
    worker.kill();
    identity.close();

    expect(ingestion.envelopes).toHaveLength(5);
    for (const { authorization } of ingestion.requests) expect(authorization).toBe('Bearer the-token');
    expect(asked[0]?.header).toBe('the-header');
    expect(asked[0]?.url.searchParams.get('resource')).toBe('https://monitor.azure.com');
    expect(asked[0]?.url.searchParams.get('client_id')).toBe(managedIdentityClientId);
  });

  test('and there is no identity, then nothing is sent and the run is told in time', async () => {
    const worker = startSender({
      ...trusting,
      IDENTITY_ENDPOINT: 'http://127.0.0.1:9/msi/token',
      IDENTITY_HEADER: 'the-header',
    });
    const { problem, ms } = await worker.send({ ...all(), target: target() });
    worker.kill();

    expect(problem).toMatch(/^telemetry: /);
    expect(ms).toBeLessThan(6000);
    expect(ingestion.requests).toEqual([]);
  });
});

describe('when it cannot be sent, then the run is told why and goes on', () => {
  test.each([401, 403, 429, 500])('the endpoint answers %i', async (status) => {
    ingestion.answer = { status, body: {} };
    expect((await sender.send(all())).problem).toBe(`telemetry: Application Insights answered ${status}`);
  });

  test('the endpoint takes a part only', async () => {
    const errors = [{ index: 0, statusCode: 400, message: 'no' }];
    ingestion.answer = { status: 206, body: { itemsReceived: 2, itemsAccepted: 1, errors } };
    expect((await sender.send(all())).problem).toBe('telemetry: Application Insights answered 206');
  });

  test('nobody is there', async () => {
    const connectionString = ingestion.connectionString.replaceAll(/:\d+\//g, ':9/');
    const { problem, ms } = await sender.send({ ...all(), target: { connectionString } });
    expect(problem).toBe('telemetry: connect ECONNREFUSED 127.0.0.1:9');
    expect(ms).toBeLessThan(6000);
  });

  test('its certificate is from nobody known', async () => {
    const worker = startSender({});
    const { problem } = await worker.send(all());
    worker.kill();
    expect(problem).toMatch(/^telemetry: self-signed certificate/);
    expect(ingestion.requests).toEqual([]);
  });

  test.each(['nonsense', 'InstrumentationKey=hush;IngestionEndpoint=https://127.0.0.1:9'])(
    'the connection string is %s, which is not repeated',
    async (connectionString) => {
      const { problem } = await sender.send({ ...all(), target: { connectionString } });
      expect(problem).toBe('telemetry: nothing was sent: is the connection string right?');
    },
  );

  test('the endpoint says nothing: it is given up after five seconds', async () => {
    ingestion.answer = undefined;
    const { problem, ms } = await sender.send(all());
    expect(problem).toBe('telemetry: not sent within 5 s');
    expect(ms).toBeGreaterThan(4900);
    expect(ms).toBeLessThan(6000);
  });
});

/** Operation id, parent and name of the events, without repeats. */
function operations(): (string | undefined)[][] {
  const found = ingestion.envelopes
    .filter(({ data }) => data.baseType === 'EventData')
    .map(({ tags }) => [tags['ai.operation.id'], tags['ai.operation.parentId'], tags['ai.operation.name']]);
  return [...new Map(found.map((operation) => [JSON.stringify(operation), operation])).values()];
}
