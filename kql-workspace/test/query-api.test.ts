import type { TokenCredential } from '@azure/core-auth';
import type { PipelineRequest, SendRequest } from '@azure/core-rest-pipeline';
import { Durations, LogsQueryClient, LogsQueryResultStatus } from '@azure/monitor-query';
import { LogsQueryClient as SuccessorClient } from '@azure/monitor-query-logs';
import { startWorkspace, type Workspace } from '../src/start-workspace.ts';
import { NOW } from './kql.ts';

const ID = '00000000-0000-0000-0000-000000000001';
const ADDIGY = `
let Time_start = now(-5d);
let Time_end = now();
//
DeviceNetworkEvents
| where Timestamp between (Time_start..Time_end)
| where RemoteUrl has_any (
'prod.addigy.com',
'grtmprod.addigy.com',
'agents.addigy.com'
)
and InitiatingProcessFileName has_any (
'go-agent',
'auditor'
)
and isempty(InitiatingProcessVersionInfoCompanyName)
| summarize FirstSeen=min(Timestamp), LastSeen=max(Timestamp),
Report=make_set(ReportId), Count=count() by DeviceId, DeviceName,
RemoteUrl`;
const PRELUDE = `let DeviceNetworkEvents = table("DeviceNetworkEvents")
| extend Timestamp = column_ifexists("Timestamp", TimeGenerated)
| where not(coalesce((InitiatingProcessFileName in~ ("Update.exe")) or (ipv4_is_in_any_range(RemoteIP, "198.51.100.0/24")), false));`;

const hit = {
  TimeGenerated: '2025-06-09T10:00:00.1234567Z',
  DeviceId: 'd1',
  DeviceName: 'mac-1',
  RemoteUrl: 'prod.addigy.com',
  InitiatingProcessFileName: 'go-agent',
  ReportId: 9007199254740993n,
};

let workspace: Workspace;
beforeAll(async () => {
  workspace = await startWorkspace({ now: () => NOW });
  await workspace.append('DeviceNetworkEvents', [
    hit,
    { ...hit, TimeGenerated: '2025-06-09T11:00:00Z', ReportId: 2n },
    { ...hit, DeviceId: 'd2', RemoteIP: '198.51.100.7' },
    { ...hit, DeviceId: 'd3', RemoteUrl: 'xprod.addigy.com' },
    { ...hit, DeviceId: 'd4', TimeGenerated: '2025-06-04T10:00:00Z' },
    {
      ...hit,
      DeviceId: 'd5',
      InitiatingProcessFileName: 'auditor',
      InitiatingProcessVersionInfoCompanyName: 'X',
    },
  ]);
});
afterAll(() => workspace.close());
afterEach(() => workspace.fault(undefined));

async function post(body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${workspace.url}/v1/workspaces/${ID}/query`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
}

async function query(text: string, timespan?: string) {
  const { status, text: body } = await post({ query: text, timespan });
  return { status, body: JSON.parse(body) };
}

describe('answers', () => {
  test('when the hunt is asked, the answer has the shape of the service', async () => {
    const { text } = await post({ query: PRELUDE + ADDIGY });
    expect(text).toBe(
      '{"tables":[{"name":"PrimaryResult","columns":[' +
        '{"name":"DeviceId","type":"string"},{"name":"DeviceName","type":"string"},{"name":"RemoteUrl","type":"string"},' +
        '{"name":"FirstSeen","type":"datetime"},{"name":"LastSeen","type":"datetime"},{"name":"Report","type":"dynamic"},' +
        '{"name":"Count","type":"long"}],"rows":[["d1","mac-1","prod.addigy.com","2025-06-09T10:00:00.1234567Z",' +
        '"2025-06-09T11:00:00Z","[2,9007199254740993]",2]]}]}',
    );
  });

  test('without the prelude the column Timestamp is missing, as in the service', async () => {
    const { status, body } = await query(ADDIGY);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({
      code: 'BadArgumentError',
      innererror: { code: 'SemanticError', innererror: { code: 'KS142', line: 6, pos: 9 } },
    });
  });

  test('the coverage query sees rows and their time of ingestion', async () => {
    const { body } = await query(
      'DeviceNetworkEvents | where TimeGenerated between (datetime(2025-06-09)..datetime(2025-06-10)) | summarize Rows = count(), Newest = max(ingestion_time())',
    );
    expect(body.tables[0].rows).toEqual([[5, '2025-06-09T11:00:00Z']]);
  });

  test.each([
    ['P1D', 0],
    ['P2D', 5],
    ['P7D', 6],
    ['2025-06-09T10:30:00Z/2025-06-09T12:00:00Z', 1],
    ['2025-06-04T00:00:00Z/P1D', 1],
    ['P1D/2025-06-05T00:00:00Z', 1],
    ['P1M', 6],
    ['P9999Y', 6],
    ['2025-01-01/P9000Y', 6],
    ['P1.5D', 5],
  ])('the time span %s is laid over TimeGenerated', async (timespan, count) => {
    const { body } = await query('DeviceNetworkEvents | count', timespan);
    expect(body.tables[0].rows).toEqual([[count]]);
  });

  test('a dynamic text comes as itself, all other dynamic values as JSON', async () => {
    const { body } = await query(
      'print dynamic("abc"), dynamic({"a":"b"}), dynamic(["x"]), dynamic(1), dynamic(null), parse_json("x\\"y"), dynamic(true)',
    );
    expect(body.tables[0].rows).toEqual([['abc', '{"a":"b"}', '["x"]', '1', null, 'x"y', 'true']]);
  });

  test('the GET form answers the same', async () => {
    const parameters = new URLSearchParams({ query: 'DeviceNetworkEvents | count', timespan: 'P2D' });
    const response = await fetch(`${workspace.url}/v1/workspaces/${ID}/query?${parameters}`);
    expect(JSON.parse(await response.text()).tables[0].rows).toEqual([[5]]);
  });

  test('other workspaces may be named; all of them are this one', async () => {
    const { status, text } = await post({
      query: 'DeviceNetworkEvents | count',
      workspaces: ['second', 'third'],
    });
    expect([status, JSON.parse(text).tables[0].rows]).toEqual([200, [[6]]]);
  });

  test('statistics come when they are preferred', async () => {
    const { text } = await post({ query: 'print 1' }, { Prefer: 'wait=10,include-statistics=true' });
    expect(JSON.parse(text).statistics.query.executionTime).toBeGreaterThan(0);
  });
});

test('when a query takes longer than the request waits, it is stopped', async () => {
  const heavy =
    'range x from 1 to 3000000 step 1 | extend y = hash_sha256(tostring(x)) | summarize dcount(y)';
  const { status, text } = await post({ query: heavy }, { Prefer: 'wait=1' });
  expect(status).toBe(504);
  expect(JSON.parse(text).error.code).toBe('GatewayTimeout');
  expect((await query('print 1')).status).toBe(200);
});

test('when a workspace is closed, the queries that still run are stopped', async () => {
  const other = await startWorkspace({ now: () => NOW });
  const endless = other.run('range x from 1 to 5000000000 step 1 | where x % 7 == 3 | summarize sum(x)');
  const refused = expect(endless).rejects.toThrow(/interrupt/i);
  await new Promise((resolve) => setTimeout(resolve, 200));
  await other.close();
  await refused;
});

test('queries run side by side', async () => {
  const all = await Promise.all(
    Array.from({ length: 5 }, (_, n) => query(`DeviceNetworkEvents | count | extend n = ${n}`)),
  );
  expect(all.map(({ body }) => body.tables[0].rows[0])).toEqual([0, 1, 2, 3, 4].map((n) => [6, n]));
});

describe('refusals', () => {
  test.each([
    ['DeviceNetworkEvents | where', 'SyntaxError', 1],
    ['DeviceNetworkEvents\n| where Nope == 1', 'SemanticError', 2],
    ['NoSuchTable | take 1', 'SemanticError', 1],
    ['print 1\n|', 'SyntaxError', 2],
    ['print\n x = "abc', 'SyntaxError', 2],
    ['', 'SyntaxError', 1],
    ['// nothing else', 'SyntaxError', 1],
    ['let x = 1;', 'SyntaxError', 1],
    ['print 1\n| make-graph a --> b', 'SemanticError', 2],
    ['datatable(a: string, b: string)[]\n| make-graph a --> b', 'UnsupportedByEmbeddedWorkspace', 2],
    ['externaldata(a: string)["https://example.com/x.csv"]', 'UnsupportedByEmbeddedWorkspace', 1],
    ['print\n geo_distance_2points(1.0, 1.0, 2.0, 2.0)', 'UnsupportedByEmbeddedWorkspace', 2],
  ])('%s', async (text, code, line) => {
    const { status, body } = await query(text);
    expect(status).toBe(400);
    expect(body.error.code).toBe('BadArgumentError');
    expect(body.error.innererror.code).toBe(code);
    expect(body.error.innererror.innererror.line).toBe(line);
  });

  test.each([
    ['not json', '{"query"'],
    ['no query', '{}'],
    ['a query that is no text', '{"query": 5}'],
  ])('when the body is %s', async (_what, body) => {
    const { status, text } = await post(body);
    expect(status).toBe(400);
    expect(JSON.parse(text).error.code).toBe('BadArgumentError');
  });

  test.each([
    'yesterday',
    'P-1D',
    '-P1D',
    'PT-5M',
    'P1DT',
    'P',
    'P300000Y',
    '2025-01-01/P-1D',
    '2025-01-01/2025-13-01',
    'P1D/',
    ' ',
  ])("when the time span is '%s'", async (timespan) => {
    const { status, body } = await query('print 1', timespan);
    expect([status, body.error.innererror.code]).toEqual([400, 'InvalidTimespanError']);
  });

  test('when the path is not the query path', async () => {
    expect((await fetch(`${workspace.url}/v1/other`)).status).toBe(404);
  });
});

describe('the SDK’s own client', () => {
  const credential: TokenCredential = {
    getToken: () => Promise.resolve({ token: 'local', expiresOnTimestamp: Date.now() + 3_600_000 }),
  };
  /** The clients insist on https; the workspace speaks http on the loopback address. */
  const options = () => ({
    endpoint: workspace.url.replace('http:', 'https:'),
    retryOptions: { maxRetries: 1, retryDelayInMs: 1 },
    additionalPolicies: [
      {
        position: 'perRetry' as const,
        policy: {
          name: 'plain-http',
          sendRequest: (request: PipelineRequest, next: SendRequest) => {
            request.url = request.url.replace('https:', 'http:');
            request.allowInsecureConnection = true;
            return next(request);
          },
        },
      },
    ],
  });
  const client = (): LogsQueryClient => new LogsQueryClient(credential, options());
  const ask = (queryOptions = {}) =>
    client().queryWorkspace(ID, PRELUDE + ADDIGY, { duration: Durations.sevenDays }, queryOptions);

  test('reads rows', async () => {
    const result = await ask({ includeQueryStatistics: true });
    if (result.status !== LogsQueryResultStatus.Success) throw new Error(result.status);
    expect(result.tables[0]?.rows[0]?.slice(0, 4)).toEqual([
      'd1',
      'mac-1',
      'prod.addigy.com',
      new Date('2025-06-09T10:00:00.123Z'),
    ]);
  });

  test('and so does its successor', async () => {
    const successor = new SuccessorClient(credential, { ...options(), endpoint: `${options().endpoint}/v1` });
    const result = await successor.queryWorkspace(ID, PRELUDE + ADDIGY, { duration: Durations.sevenDays });
    if (result.status !== 'Success') throw new Error(result.status);
    expect(result.tables[0]?.rows).toHaveLength(1);
  });

  test('when throttled with Retry-After, it tries again', async () => {
    workspace.fault({ kind: 'throttled', retryAfterSeconds: 0 });
    expect((await ask()).status).toBe(LogsQueryResultStatus.Success);
  });

  test('when the answer is partial, it says so', async () => {
    workspace.fault({ kind: 'partial', message: 'a shard was gone' });
    const result = await ask();
    expect(result.status).toBe(LogsQueryResultStatus.PartialFailure);
  });

  test.each([
    [{ kind: 'throttled' }, 429],
    [{ kind: 'unavailable' }, 503],
    [
      { kind: 'answer', status: 403, body: '{"error":{"code":"InsufficientAccessError","message":"no"}}' },
      403,
    ],
  ] as const)('when the service answers %p, it throws', async (fault, statusCode) => {
    workspace.fault(fault, 5);
    await expect(ask()).rejects.toMatchObject({ statusCode });
  });

  test('when the answer is slow, it comes all the same', async () => {
    workspace.fault({ kind: 'slow', milliseconds: 50 });
    expect((await ask()).status).toBe(LogsQueryResultStatus.Success);
  });

  test.each([{ kind: 'no-content' }, { kind: 'broken-json' }] as const)(
    'when there is %p, it throws',
    async (fault) => {
      workspace.fault(fault, 5);
      await expect(ask()).rejects.toThrow();
    },
  );
});
