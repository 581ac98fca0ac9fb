import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Fault, startWorkspace, type Workspace } from 'kql-workspace/start-workspace.ts';
import { logAnalytics } from '../../../functions/adapters/log-analytics/log-analytics.ts';
import type { LogsRequest } from '../../../functions/ports/logs.ts';

const now = new Date('2026-11-24T12:00:00Z');

let workspace: Workspace;
beforeAll(async () => {
  workspace = await startWorkspace({ now: () => now });
  await workspace.append('DeviceNetworkEvents', [
    {
      TimeGenerated: '2026-11-24T10:00:00Z',
      DeviceId: 'd1',
      RemotePort: 443,
      InitiatingProcessCreationTime: null,
      AdditionalFields: { a: [1] },
    },
    { TimeGenerated: '2026-11-20T10:00:00Z', DeviceId: 'd2' },
  ]);
});
afterAll(() => workspace.close());

function query(kql: string, change: Partial<LogsRequest> = {}) {
  const logs = logAnalytics({
    endpoint: workspace.url,
    credential: () => Promise.reject(new Error('no token is needed here')),
  });
  return logs.query({
    workspaceId: '99999999-8888-4777-8666-555555555555',
    kql,
    timespan: { from: new Date('2026-11-24T00:00:00Z'), to: now },
    signal: new AbortController().signal,
    serverTimeoutSeconds: 60,
    ...change,
  });
}

test('when rows come, then each cell has its type, and a null datetime is null, not 1970', async () => {
  expect(
    await query(
      'DeviceNetworkEvents | project TimeGenerated, DeviceId, RemotePort, InitiatingProcessCreationTime, AdditionalFields',
    ),
  ).toEqual({
    kind: 'complete',
    table: {
      columns: [
        { name: 'TimeGenerated', type: 'datetime' },
        { name: 'DeviceId', type: 'string' },
        { name: 'RemotePort', type: 'int' },
        { name: 'InitiatingProcessCreationTime', type: 'datetime' },
        { name: 'AdditionalFields', type: 'dynamic' },
      ],
      rows: [[Date.parse('2026-11-24T10:00:00Z'), 'd1', 443, null, '{"a":[1]}']],
    },
  });
});

test('when nothing matches, then the table is empty and has its columns', async () => {
  expect(await query('DeviceNetworkEvents | where DeviceId == "none" | project DeviceId')).toEqual({
    kind: 'complete',
    table: { columns: [{ name: 'DeviceId', type: 'string' }], rows: [] },
  });
});

test('when the KQL is wrong, then the reason is what the service says of it, in one line', async () => {
  const answer = await query('DeviceNetworkEvents | where NoSuchColumn == 1');
  expect(answer).toEqual({ kind: 'failed', reason: expect.stringMatching(/^[^\n]*NoSuchColumn[^\n]*$/) });
});

test.each<[Fault, object]>([
  [
    { kind: 'partial', message: 'The query ran out of memory.' },
    {
      kind: 'partial',
      reason: expect.stringContaining('ran out of memory'),
      table: { rows: [['d1']] },
    },
  ],
  [
    { kind: 'error-only', message: 'broken' },
    { kind: 'failed', reason: 'the service answered with something that is not a query result' },
  ],
  [
    { kind: 'no-content' },
    { kind: 'failed', reason: 'the service answered with something that is not a query result' },
  ],
  [{ kind: 'broken-json' }, { kind: 'failed', reason: expect.any(String) }],
  [
    { kind: 'throttled' },
    { kind: 'failed', reason: 'the service turned the query away: too many requests (HTTP 429)' },
  ],
  [{ kind: 'throttled', retryAfterSeconds: 1 }, { kind: 'complete' }],
  [{ kind: 'unavailable', retryAfterSeconds: 1 }, { kind: 'complete' }],
  [
    { kind: 'answer', status: 403, body: '{"error":{"code":"InsufficientAccessError","message":"no"}}' },
    { kind: 'failed', reason: 'the identity may not read the workspace (HTTP 403)' },
  ],
  [
    { kind: 'answer', status: 404, body: '{"error":{"code":"WorkspaceNotFoundError","message":"no"}}' },
    { kind: 'failed', reason: 'there is no such workspace (HTTP 404)' },
  ],
])('when the service meets %j, then the answer is as good as can be', async (fault, expected) => {
  workspace.fault(fault);
  expect(await query('DeviceNetworkEvents | project DeviceId')).toMatchObject(expected);
});

test.each<[string, () => Record<string, string>]>([
  ['in seconds', () => ({ 'retry-after': '1' })],
  // A date has whole seconds.
  ['as a date', () => ({ 'retry-after': new Date(Date.now() + 2_000).toUTCString() })],
  ['in milliseconds', () => ({ 'x-ms-retry-after-ms': '1000' })],
])(
  'when the service turns a query away and asks for a pause %s, then the others wait as well',
  async (_, headers) => {
    const at: number[] = [];
    const server = createServer((_request, response) => {
      at.push(performance.now());
      response.writeHead(at.length === 1 ? 429 : 500, at.length === 1 ? headers() : {}).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const logs = logAnalytics({ endpoint, credential: () => Promise.reject(new Error('no token')) });
    const ask = (signal: AbortSignal) =>
      logs.query({
        workspaceId: 'w',
        kql: 'x',
        timespan: { from: now, to: now },
        signal,
        serverTimeoutSeconds: 60,
      });
    const end = new AbortController();
    const first = ask(end.signal);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const second = ask(end.signal);
    while (at.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    end.abort();
    await Promise.all([first, second]);
    server.close();
    server.closeAllConnections();
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(950);
  },
);

describe('when the service answers', () => {
  const answerTo = (tables: unknown, more: object = {}) => {
    workspace.fault({ kind: 'answer', status: 200, body: JSON.stringify({ tables, ...more }) });
    return query('DeviceNetworkEvents');
  };
  const column = (name: string, type: string) => ({ name, type });

  test('with dynamic values, then text, numbers and nulls are those, and the rest is JSON', async () => {
    const values = ['"mac"', 'mac', '7', 'true', 'null', null, '[1, 2]', { a: 1 }, ''];
    const answer = await answerTo([
      { name: 'PrimaryResult', columns: [column('Any', 'dynamic')], rows: values.map((value) => [value]) },
    ]);
    expect(answer).toMatchObject({
      table: { rows: ['mac', 'mac', 7, true, null, null, '[1, 2]', '{"a":1}', ''].map((cell) => [cell]) },
    });
  });

  test('with times that are none, and one without a fraction, then those are null, and this one is a time', async () => {
    const times = [
      '2026-11-24T10:00:00Z',
      '2026-11-24T10:00:00.1234567Z',
      '0001-01-01T00:00:00Z',
      'x',
      '',
      null,
    ];
    const answer = await answerTo([
      { name: 'PrimaryResult', columns: [column('At', 'datetime')], rows: times.map((time) => [time]) },
    ]);
    const start = Date.parse('2026-11-24T10:00:00Z');
    expect(answer).toMatchObject({
      table: { rows: [start, start + 123, null, null, null, null].map((cell) => [cell]) },
    });
  });

  test.each([
    [
      'rows that are too short and too long',
      [['d1'], ['d2', 1, 'more']],
      [
        ['d1', null],
        ['d2', 1],
      ],
    ],
    ['more digits than JSON has', [['d1', 2 ** 60]], [['d1', 2 ** 60]]],
  ])('with %s, then each row has a cell for each column', async (_, rows, expected) => {
    const columns = [column('DeviceId', 'string'), column('Port', 'long')];
    expect(await answerTo([{ name: 'PrimaryResult', columns, rows }])).toEqual({
      kind: 'complete',
      table: { columns, rows: expected },
    });
  });

  test.each([
    ['no table', []],
    [
      'rows that are no lists',
      [{ name: 'PrimaryResult', columns: [column('A', 'string')], rows: [{ A: 'x' }] }],
    ],
    ['a table without columns', [{ name: 'PrimaryResult', rows: [] }]],
  ])('with %s, then that is no result', async (_, tables) => {
    expect(await answerTo(tables)).toEqual({
      kind: 'failed',
      reason: 'the service answered with something that is not a query result',
    });
  });

  test('in part and without a table, then the reason stands, and there are no rows', async () => {
    const error = {
      code: 'PartialError',
      message: 'There were some errors.',
      details: [{ message: 'too much memory' }],
    };
    expect(await answerTo([], { error })).toEqual({
      kind: 'partial',
      table: { columns: [], rows: [] },
      reason: 'There were some errors.: too much memory',
    });
  });
});

test('when the deadline comes first, then the query ends at once', async () => {
  workspace.fault({ kind: 'slow', milliseconds: 4_000 });
  const started = Date.now();
  const answer = await query('DeviceNetworkEvents', { signal: AbortSignal.timeout(300) });
  expect(answer).toEqual({ kind: 'failed', reason: expect.stringContaining('deadline') });
  expect(Date.now() - started).toBeLessThan(2_000);
});

test('when the deadline has passed, then nothing is asked', async () => {
  expect(await query('DeviceNetworkEvents', { signal: AbortSignal.abort() })).toEqual({
    kind: 'failed',
    reason: expect.stringContaining('deadline'),
  });
});

test('when nobody listens there, then the reason says so', async () => {
  const logs = logAnalytics({
    endpoint: 'http://127.0.0.1:1',
    credential: () => Promise.reject(new Error('none')),
  });
  const request = {
    workspaceId: 'w',
    kql: 'print 1',
    timespan: { from: now, to: now },
    serverTimeoutSeconds: 1,
  };
  expect(await logs.query({ ...request, signal: AbortSignal.timeout(3_000) })).toEqual({
    kind: 'failed',
    reason: expect.stringMatching(/deadline|ECONNREFUSED/),
  });
});
