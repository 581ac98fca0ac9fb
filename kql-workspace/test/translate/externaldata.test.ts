import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { openEngine, type QueryEngine } from '../../src/workspace.ts';
import { rowsOf } from '../kql.ts';

const files: Readonly<Record<string, string | Buffer>> = {
  'users.txt': '# list\r\nann\n\nbea\n',
  'products.csv':
    'Time,Id,Text\r\n2019-01-01 10:00,p1,"big, ""red"""\n2019-01-02T00:00:00Z,p2\n\nnone,p3,"two\nlines",more\n',
  'products.csv.gz': gzipSync('2020-01-01,p9,packed\n'),
  'events.json': `{ "timestamp": "2019-01-01 10:00:00.238521",
      "data": { "tenant": "e1ef54a6-c6f2-4389-836e-d289b37bcfe0", "method": "Refresh" } }
    { "timestamp": "2019-01-01 10:00:01.845423", "data": { "method": "Get{}List", "tags": [1, 2] } }`,
  'array.json': '[{"ip": "192.0.2.1", "n": 1, "more": {"a": [1]}}, {"ip": "192.0.2.2"}]',
  'lines.json': '{"ip": "192.0.2.1", "n": 1}\n\n{"ip": "192.0.2.2", "n": "x"}\n',
  'open.csv': '"never closed',
  'tabs.tsv': 'a\tb\n',
};
const site = 'https://files.example';

let folder: string;
let engine: QueryEngine;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'external-'));
  mkdirSync(join(folder, 'external'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, 'external', name), content);
  const map = Object.fromEntries(Object.keys(files).map((name) => [`${site}/${name}`, name]));
  writeFileSync(join(folder, 'external', 'map.json'), JSON.stringify(map));
  engine = await openEngine(new Map(), () => 0n, { external: join(folder, 'external') });
});
afterAll(async () => {
  await engine?.close();
  rmSync(folder, { recursive: true, force: true });
});

const rows = (query: string): Promise<Record<string, unknown>[]> => rowsOf(engine, query);

test('a text file has a record a line, without the empty ones; what follows the URL does not matter', async () => {
  const list = `externaldata (User: string) [@"${site}/users.txt;managed_identity=system"]`;
  expect(await rows(list)).toEqual([{ User: '# list' }, { User: 'ann' }, { User: 'bea' }]);
  expect(
    await rows(
      `datatable(u: string)['bea', 'cid'] | where u in ((externaldata(x: string)[h'${site}/users.txt?sig=secret']))`,
    ),
  ).toEqual([{ u: 'bea' }]);
  expect(
    await rows(`externaldata(x: string)['${site}/users.txt'] with (format="txt", ignoreFirstRecord=True)`),
  ).toEqual([{ x: 'ann' }, { x: 'bea' }]);
});

test('CSV has quotes, fields that are missing, and values that are none of their type', async () => {
  expect(
    await rows(
      `externaldata(Time: datetime, Id: string, Text: string)['${site}/products.csv'] with (ignoreFirstRecord=true)`,
    ),
  ).toEqual([
    { Time: '2019-01-01T10:00:00Z', Id: 'p1', Text: 'big, "red"' },
    { Time: '2019-01-02T00:00:00Z', Id: 'p2', Text: '' },
    { Time: null, Id: 'p3', Text: 'two\nlines' },
  ]);
});

test('several files are one table, and packed ones are unpacked', async () => {
  expect(
    await rows(
      `externaldata(Time: datetime, Id: string)['${site}/products.csv', '${site}/products.csv.gz'] with (format="csv") | summarize count() by Id | sort by Id asc | take 2`,
    ),
  ).toEqual([
    { Id: 'Id', count_: 1n },
    { Id: 'p1', count_: 1n },
  ]);
});

test('a mapping says where in a JSON record each column’s value stands', async () => {
  const mapping = [
    { Column: 'Time', Properties: { Path: '$.timestamp' } },
    { Column: 'Tenant', Properties: { Path: '$.data.tenant' } },
    { column: 'Method', path: "$['data'].method" },
    { Column: 'Tag', Properties: { Path: '$.data.tags[1]' } },
    { Column: 'Kind', Properties: { ConstValue: 'audit' } },
  ];
  expect(
    await rows(
      `externaldata(Time: datetime, Tenant: guid, Method: string, Tag: long, Kind: string, None: string)['${site}/events.json'] with (format='multijson', ingestionMapping='${JSON.stringify(mapping).replaceAll("'", "\\'")}')`,
    ),
  ).toEqual([
    {
      Time: '2019-01-01T10:00:00.238521Z',
      Tenant: 'e1ef54a6-c6f2-4389-836e-d289b37bcfe0',
      Method: 'Refresh',
      Tag: null,
      Kind: 'audit',
      None: '',
    },
    {
      Time: '2019-01-01T10:00:01.845423Z',
      Tenant: null,
      Method: 'Get{}List',
      Tag: 2n,
      Kind: 'audit',
      None: '',
    },
  ]);
});

test('without a mapping, JSON members go to the columns of their names', async () => {
  expect(
    await rows(
      `externaldata(n: long, ip: string, more: dynamic)['${site}/array.json'] with (format="multijson")`,
    ),
  ).toEqual([
    { n: 1n, ip: '192.0.2.1', more: { a: [1] } },
    { n: null, ip: '192.0.2.2', more: null },
  ]);
  expect(await rows(`externaldata(ip: string, n: long)['${site}/lines.json']`)).toEqual([
    { ip: '192.0.2.1', n: 1n },
    { ip: '192.0.2.2', n: null },
  ]);
});

test('the format is told by the name, else by the query', async () => {
  expect(await rows(`externaldata(x: string, y: string)['${site}/tabs.tsv']`)).toEqual([{ x: 'a', y: 'b' }]);
  expect(await rows(`externaldata(x: string)['${site}/tabs.tsv'] with (format='raw')`)).toEqual([
    { x: 'a\tb\n' },
  ]);
});

test.each([
  [
    'elsewhere.txt?sig=secret',
    '',
    "'https://files.example/elsewhere.txt…', for which there is no local file",
  ],
  ['users.txt', " with (format='parquet')", "the format 'parquet'"],
  ['users.txt', ' with (ignoreLastRecord=true)', 'ignoreLastRecord'],
  ['array.json', '', 'record 1 is no JSON object'],
  ['open.csv', '', 'never closed'],
  [
    'events.json',
    ` with (format='multijson', ingestionMapping='[{"Column":"x","Properties":{"Transform":"y"}}]')`,
    'mapping',
  ],
])('%s%s is refused at its place', async (name, how, message) => {
  const refused = engine.run(`\nexternaldata(x: string)['${site}/${name}']${how}`);
  await expect(refused).rejects.toMatchObject({
    kind: 'unsupported',
    diagnostic: { message: expect.stringContaining(message), line: 2 },
  });
  await expect(refused).rejects.not.toThrow('secret');
});
