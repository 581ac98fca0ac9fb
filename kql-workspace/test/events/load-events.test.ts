import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { eventFilesAt } from '../../src/events/event-files.ts';
import { tableOfPath } from '../../src/events/table-of-name.ts';
import { dateToTicks } from '../../src/values/time-text.ts';
import { openEngine, type QueryEngine } from '../../src/workspace.ts';
import { NOW, rowsOf } from '../kql.ts';

const folder = mkdtempSync(join(tmpdir(), 'load-events-'));
const opened: QueryEngine[] = [];
afterAll(async () => {
  for (const engine of opened) await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

async function load(name: string, content: string | Buffer): Promise<QueryEngine> {
  const file = join(folder, name);
  writeFileSync(file, content);
  return open(file);
}

async function open(path: string): Promise<QueryEngine> {
  const engine = await openEngine(new Map([['DeviceNetworkEvents', [path]]]), () => dateToTicks(NOW));
  opened.push(engine);
  return engine;
}

const QUERY =
  'DeviceNetworkEvents | project TimeGenerated, DeviceId, RemotePort, RemoteUrl, ReportId, AdditionalFields | sort by DeviceId asc';

const EXPECTED = [
  {
    TimeGenerated: '2025-06-05T01:02:03Z',
    DeviceId: 'd1',
    RemotePort: 443,
    RemoteUrl: 'prod.addigy.com',
    ReportId: 9007199254740993n,
    AdditionalFields: { a: 1 },
  },
  {
    TimeGenerated: '2025-06-05T13:02:03.456Z',
    DeviceId: 'd2',
    RemotePort: null,
    RemoteUrl: '',
    ReportId: 7n,
    AdditionalFields: null,
  },
];

describe('the same events from every kind of file', () => {
  const inDefendersCsv = [
    '\uFEFFReportId,Timestamp,DeviceId,RemoteUrl,RemotePort,AdditionalFields,SensorGroup',
    '9007199254740993,"6/5/2025, 1:02:03 AM",d1,prod.addigy.com,443,"{""a"": 1}",macs',
    '7,"6/5/2025, 1:02:03.456 PM",d2,,,,',
  ].join('\r\n');
  const objects = [
    '{"DeviceId":"d1","TimeGenerated":"2025-06-05T01:02:03Z","RemoteUrl":"prod.addigy.com","RemotePort":443,"ReportId":9007199254740993,"AdditionalFields":{"a":1},"SensorGroup":"macs"}',
    '{"DeviceId":"d2","TimeGenerated":"2025-06-05T13:02:03.4560000Z","RemoteUrl":null,"ReportId":"7"}',
  ];

  test("when it is Defender's CSV, US dates and a byte order mark are understood", async () => {
    const engine = await load('defender.csv', inDefendersCsv);
    expect(await rowsOf(engine, QUERY)).toEqual(EXPECTED);
    expect(engine.loaded).toEqual([
      {
        table: 'DeviceNetworkEvents',
        file: join(folder, 'defender.csv'),
        rows: 2,
        flavour: 'defender-xdr',
        columns: [
          'ReportId',
          'Timestamp',
          'DeviceId',
          'RemoteUrl',
          'RemotePort',
          'AdditionalFields',
          'SensorGroup',
          'TimeGenerated',
        ],
        extraColumns: ['SensorGroup'],
        warnings: [],
        whole: true,
      },
    ]);
    expect(
      await rowsOf(engine, 'DeviceNetworkEvents | summarize countif(Timestamp == TimeGenerated)'),
    ).toEqual([{ countif_: 2n }]);
  });

  test("when it is Log Analytics' CSV, the time zone behind a column's name is taken off", async () => {
    const engine = await load(
      'portal.csv',
      inDefendersCsv.replace('Timestamp', '"TimeGenerated [UTC]"').replace('\uFEFF', ''),
    );
    expect(await rowsOf(engine, QUERY)).toEqual(EXPECTED);
    expect(engine.loaded[0]?.flavour).toBe('log-analytics');
  });

  test.each([
    ['a JSON array', 'array.json', `[${objects.join(',\n')}]`],
    ['a JSON array after a byte order mark', 'bom.json', `\uFEFF[${objects.join(',\n')}]`],
    ['NDJSON', 'lines.ndjson', objects.join('\n')],
    ['NDJSON with CRLF and an empty line at the end', 'lines.jsonl', `${objects.join('\r\n')}\r\n\r\n`],
  ])('when it is %s', async (_kind, name, content) => {
    const engine = await load(name, content);
    expect(await rowsOf(engine, QUERY)).toEqual(EXPECTED);
    expect(engine.loaded[0]).toMatchObject({
      rows: 2,
      flavour: 'log-analytics',
      extraColumns: ['SensorGroup'],
    });
  });

  test('when it is Parquet with types of its own, it is read in place', async () => {
    const file = join(folder, 'events.parquet');
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    await connection.run(`COPY (SELECT * FROM (VALUES
      ('d1', TIMESTAMP '2025-06-05 01:02:03', 443::INTEGER, 'prod.addigy.com', 9007199254740993::BIGINT, '{"a": 1}', 'macs'),
      ('d2', TIMESTAMP '2025-06-05 13:02:03.456', NULL, NULL, 7, NULL, NULL)
    ) AS t(DeviceId, TimeGenerated, RemotePort, RemoteUrl, ReportId, AdditionalFields, SensorGroup)) TO '${file}' (FORMAT parquet)`);
    connection.closeSync();
    instance.closeSync();
    const engine = await open(file);
    expect(await rowsOf(engine, QUERY)).toEqual(EXPECTED);
    const when = async (condition: string) =>
      (await rowsOf(engine, `DeviceNetworkEvents | where ${condition} | project DeviceId`)).map(
        ({ DeviceId }) => DeviceId,
      );
    expect(await when('TimeGenerated > datetime(2025-06-05T13:02:03.455)')).toEqual(['d2']);
    expect(await when('TimeGenerated > datetime(2025-06-05T13:02:03.4559999)')).toEqual(['d2']);
    expect(await when('TimeGenerated > datetime(2025-06-05T13:02:03.456)')).toEqual([]);
    expect(await when('TimeGenerated >= datetime(2025-06-05T13:02:03.4560001)')).toEqual([]);
    expect(await when('TimeGenerated < datetime(2025-06-05T13:02:03.4560001)')).toEqual(['d1', 'd2']);
    expect(await when('TimeGenerated <= datetime(2025-06-05T13:02:03.4559999)')).toEqual(['d1']);
    expect(await when('TimeGenerated == datetime(2025-06-05T01:02:03)')).toEqual(['d1']);
    expect(await when('TimeGenerated == datetime(2025-06-05T01:02:03.0000001)')).toEqual([]);
    expect(await when('TimeGenerated between (datetime(2025-06-05T01:02:03) .. 1d)')).toEqual(['d1', 'd2']);
    expect(await when('TimeGenerated between (datetime(2025-06-05T02:00) .. datetime(2025-06-06))')).toEqual([
      'd2',
    ]);
  });

  test('when a folder holds several kinds, they are one table', async () => {
    const mixed = join(folder, 'mixed');
    mkdirSync(mixed);
    writeFileSync(join(mixed, 'a.csv'), inDefendersCsv);
    writeFileSync(join(mixed, 'b.ndjson'), objects.join('\n'));
    writeFileSync(join(mixed, 'README.md'), 'not events');
    const engine = await open(mixed);
    expect(await rowsOf(engine, 'DeviceNetworkEvents | count')).toEqual([{ Count: 4n }]);
  });
});

describe('columns', () => {
  test('when a file is in Log Analytics flavour, there is no Timestamp', async () => {
    const engine = await load('la.json', '[{"TimeGenerated":"2025-06-05T01:02:03Z"}]');
    await expect(engine.run('DeviceNetworkEvents | where Timestamp > ago(1d)')).rejects.toMatchObject({
      kind: 'semantic',
      diagnostic: { code: 'KS142', line: 1, column: 29 },
    });
  });

  test('when a value does not fit its documented type, it becomes null and is counted', async () => {
    const engine = await load('odd.csv', 'TimeGenerated,RemotePort\nnever,443\n2025-06-05T00:00:00Z,many\n');
    expect(engine.loaded[0]?.warnings).toEqual([
      '1 values of TimeGenerated are no datetime and became null: "never"',
      '1 values of RemotePort are no int and became null: "many"',
    ]);
  });

  test('extra columns get the type that all their values have, in doubt string', async () => {
    const engine = await load(
      'extra.ndjson',
      [
        '{"TimeGenerated":"2025-06-05T00:00:00Z","whole":1,"share":1.5,"flag":true,"when":"2025-06-05T00:00:00Z","bag":{"a":1},"id":"0012","mixed":1}',
        '{"TimeGenerated":"2025-06-05T00:00:00Z","whole":2,"share":2,"flag":false,"when":null,"bag":[1],"id":"13","mixed":"x"}',
      ].join('\n'),
    );
    const types = await engine.run(
      'DeviceNetworkEvents | project whole, share, flag, when, bag, id, mixed | take 0',
    );
    expect(types.columns.map(({ name, type }) => `${name}:${type}`)).toEqual([
      'whole:long',
      'share:real',
      'flag:bool',
      'when:datetime',
      'bag:dynamic',
      'id:string',
      'mixed:string',
    ]);
  });

  test("when rows are appended, their new columns join the table's", async () => {
    const engine = await load('small.json', '[{"TimeGenerated":"2025-06-05T00:00:00Z","DeviceId":"d1"}]');
    await engine.append('DeviceNetworkEvents', [{ TimeGenerated: NOW, DeviceId: 'd2', Fresh: 5n }]);
    await engine.append('MyTable_CL', [{ TimeGenerated: NOW, Name_s: 'x' }]);
    expect(
      await rowsOf(engine, 'DeviceNetworkEvents | project DeviceId, Fresh | sort by DeviceId asc'),
    ).toEqual([
      { DeviceId: 'd1', Fresh: '' },
      { DeviceId: 'd2', Fresh: '5' },
    ]);
    expect(await rowsOf(engine, 'MyTable_CL | count')).toEqual([{ Count: 1n }]);
  });
});

describe('a file that can not be used is one clear line that names it', () => {
  test.each([
    ['empty.csv', '', /empty\.csv: the file is empty$/],
    [
      'prose.csv',
      'Dear colleague,\nplease find attached\n',
      /prose\.csv: none of its columns is a column of DeviceNetworkEvents/,
    ],
    ['broken.json', '[{"DeviceId": "d1"', /broken\.json: not readable as json: /],
    ['numbers.json', '[1, 2]', /numbers\.json: 2 of its rows are no JSON objects/],
    ['fake.parquet', 'PAR1 but no more', /fake\.parquet: not readable as parquet: /],
  ])('%s', async (name, content, message) => {
    const failed = load(name, content);
    await expect(failed).rejects.toThrow(message);
    await expect(failed).rejects.toMatchObject({
      name: 'EventFileError',
      message: expect.not.stringMatching(/\n/),
    });
  });

  test('a file that is not there', async () => {
    await expect(open(join(folder, 'nowhere.csv'))).rejects.toThrow(/nowhere\.csv: no such file or folder$/);
  });
});

test('a folder has a file or a folder for each table, whatever the case of its name', () => {
  const events = join(folder, 'events');
  mkdirSync(join(events, 'DeviceInfo'), { recursive: true });
  for (const name of [
    'devicenetworkevents.csv',
    'Custom_CL.ndjson',
    'DeviceInfo/yesterday.csv',
    'README.md',
    '.hidden.csv',
  ]) {
    writeFileSync(join(events, name), '');
  }
  const { files, notRead } = eventFilesAt(events);
  expect(files.map((file) => tableOfPath(events, file)).toSorted()).toEqual([
    'Custom_CL',
    'DeviceInfo',
    'DeviceNetworkEvents',
  ]);
  expect(notRead).toEqual([
    { file: join(events, '.hidden.csv'), why: 'is a hidden file', matters: false },
    {
      file: join(events, 'README.md'),
      why: 'is no CSV, JSON, NDJSON, Parquet, gzip or zip by its name',
      matters: true,
    },
  ]);
});

test('once files are loaded, SQL has no way to other files', async () => {
  const engine = await load('plain.json', '[{"TimeGenerated":"2025-06-05T00:00:00Z","DeviceId":"d1"}]');
  const hostile = "'); SELECT * FROM read_text('/etc/passwd'); --";
  const [row] = await rowsOf(engine, `print value = strcat(@"${hostile}", "")`);
  expect(row).toEqual({ value: hostile });
});
