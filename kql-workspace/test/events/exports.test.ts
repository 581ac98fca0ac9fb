import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { dateToTicks } from '../../src/values/time-text.ts';
import type { EngineOptions, QueryEngine } from '../../src/workspace.ts';
import { openEngine } from '../../src/workspace.ts';
import { NOW, rowsOf } from '../kql.ts';

const folder = mkdtempSync(join(tmpdir(), 'exports-'));
const opened: QueryEngine[] = [];
afterAll(async () => {
  for (const engine of opened) await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

let tries = 0;

/** Writes files below a folder of their own and opens that, or the one file. */
async function open(
  files: Readonly<Record<string, string | Buffer>>,
  options: EngineOptions = {},
  path = Object.keys(files).length === 1 && !Object.keys(files)[0]?.includes('/')
    ? Object.keys(files)[0]
    : '.',
): Promise<QueryEngine> {
  const root = join(folder, `case${++tries}`);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  const engine = await openEngine(new Map(), () => dateToTicks(NOW), {
    events: join(root, path ?? '.'),
    preferred: ['DeviceNetworkEvents'],
    ...options,
  });
  opened.push(engine);
  return engine;
}

const HEADER = 'Timestamp,DeviceId,DeviceName,ActionType,RemoteIP,RemoteUrl,RemotePort,Protocol';
const CELLS = [
  ['2025-06-05T01:02:03Z', 'd1', 'mac-1', 'ConnectionSuccess', '192.0.2.1', 'a.example', '443', 'Tcp'],
  ['2025-06-05T13:02:03Z', 'd2', 'mac-2', 'ConnectionSuccess', '192.0.2.2', 'b.example', '80', 'Tcp'],
] as const;
const csv = (times: readonly string[] = CELLS.map(([time]) => time), separator = ',', end = '\r\n'): string =>
  [
    HEADER.replaceAll(',', separator),
    ...CELLS.map(([, ...cells], row) => [`"${times[row]}"`, ...cells].join(separator)),
  ].join(end) + end;
const objects = CELLS.map((cells) =>
  Object.fromEntries(HEADER.split(',').map((name, index) => [name, cells[index]])),
);

const QUERY =
  'DeviceNetworkEvents | project TimeGenerated, DeviceId, RemoteUrl, RemotePort | sort by DeviceId asc';
const EXPECTED = [
  { TimeGenerated: '2025-06-05T01:02:03Z', DeviceId: 'd1', RemoteUrl: 'a.example', RemotePort: 443 },
  { TimeGenerated: '2025-06-05T13:02:03Z', DeviceId: 'd2', RemoteUrl: 'b.example', RemotePort: 80 },
];

function utf16(text: string, mark = true): Buffer {
  return Buffer.from(`${mark ? '\uFEFF' : ''}${text}`, 'utf16le');
}

/** A zip archive as the format's specification has it, without a library to agree with. */
function zip(files: Readonly<Record<string, string>>): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const data = Buffer.from(content);
    const packed = deflateRawSync(data);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), packed]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(
      Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, place, Buffer.from(name)]),
    );
    locals.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(directory.length, 4);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, central, Buffer.from('PK\x05\x06'), end]);
}

function crc32(data: Buffer): number {
  let crc = -1;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

const columns = HEADER.split(',').map((name) => ({ name, type: name === 'RemotePort' ? 'int' : 'string' }));
const record = (properties: object, category = 'AdvancedHunting-DeviceNetworkEvents') => ({
  time: '2025-06-05T13:02:03Z',
  tenantId: 't',
  operationName: 'Publish',
  category,
  properties,
});

describe('the same events, however they were exported', () => {
  test.each<[string, string, string | Buffer]>([
    ['UTF-16 with tabs, as Excel writes Unicode text', 'a.csv', utf16(csv(undefined, '\t'))],
    ['UTF-16 without a mark', 'b.csv', utf16(csv(), false)],
    ['UTF-16 with the high byte first', 'b2.csv', utf16(csv()).swap16()],
    ["Excel's sep= line", 'c.csv', `sep=;\r\n${csv(undefined, ';')}`],
    ["Excel's sep= line with a pipe", 'c2.csv', `\uFEFFsep=|\r\n${csv(undefined, '|')}`],
    ["PowerShell's #TYPE line", 'd.csv', `#TYPE System.Management.Automation.PSCustomObject\r\n${csv()}`],
    ['empty lines in front', 'e.csv', `\r\n\r\n${csv()}`],
    ['the line ends of old Macs', 'f.csv', csv(undefined, ',', '\r')],
    ['a header in small letters', 'g.csv', csv().replace(HEADER, HEADER.toLowerCase())],
    ['a header with spaces in its names', 'h.csv', csv().replace('RemoteUrl', 'Remote Url')],
    ['CSV packed by gzip', 'i.csv.gz', gzipSync(csv())],
    ['JSON packed by gzip', 'j.json.gz', gzipSync(JSON.stringify(objects))],
    ['UTF-16 packed by gzip', 'k.csv.gz', gzipSync(utf16(csv()))],
    ['a zip archive', 'l.zip', zip({ 'query results/AdvancedHunting.csv': csv() })],
    ['JSON called CSV', 'm.csv', JSON.stringify(objects)],
    ['several arrays one after the other', 'n.json', objects.map((row) => JSON.stringify([row])).join('\n')],
    [
      'objects over several lines',
      'o.json',
      objects.map((row) => JSON.stringify(row, undefined, 2)).join('\n'),
    ],
    [
      "the Log Analytics API's answer",
      'p.json',
      JSON.stringify({ tables: [{ name: 'PrimaryResult', columns, rows: CELLS }] }),
    ],
    [
      "Microsoft Graph's answer",
      'q.json',
      JSON.stringify({ schema: columns, results: objects }, undefined, 2),
    ],
    ["Defender's own API's answer", 'r.json', JSON.stringify({ Schema: columns, Results: objects })],
    ['OData', 's.json', JSON.stringify({ value: objects })],
    ['records of an event hub', 't.json', JSON.stringify({ records: objects.map((row) => record(row)) })],
    ['streamed lines', 'u.json', objects.map((row) => JSON.stringify(record(row))).join('\r\n')],
    ['seconds since 1970', 'v.csv', csv(['1749085323', '1749128523'])],
    ["Excel's days", 'w.csv', csv(['45813.0430902778', '45813.5430902778'])],
    ['the German portal', 'x.csv', csv(['5.6.2025, 01:02:03', '5.6.2025, 13:02:03'])],
    ["the portal's medium dates", 'y.csv', csv(['Jun 5, 2025 1:02:03 AM', 'Jun 5, 2025 1:02:03 PM'])],
  ])('%s', async (_what, name, content) => {
    const engine = await open({ [name]: content });
    expect(await rowsOf(engine, QUERY)).toEqual(EXPECTED);
    expect(engine.loaded).toMatchObject([
      { table: 'DeviceNetworkEvents', rows: 2, warnings: [], whole: true },
    ]);
  });

  test('Windows-1252 is read, and it is said', async () => {
    const engine = await open({ 'a.csv': Buffer.from(csv().replace('mac-1', 'café'), 'latin1') });
    expect(await rowsOf(engine, 'DeviceNetworkEvents | where DeviceId == "d1" | project DeviceName')).toEqual(
      [{ DeviceName: 'café' }],
    );
    expect(engine.loaded[0]?.warnings).toEqual([
      'is not in UTF-8; letters outside of ASCII are read as Windows-1252',
    ]);
  });

  test("a device's timeline goes to the tables of its events", async () => {
    const engine = await open({
      'timeline.csv': [
        'Event Time,Machine Id,Computer Name,Action Type,File Name,Remote Url,Initiating Process File Name',
        '2025-06-05T01:02:03.000,d1,mac-1,ConnectionSuccess,,a.example,curl',
        '2025-06-05T01:02:04.000,d1,mac-1,ProcessCreated,sh,,curl',
        '2025-06-05T01:02:05.000,d1,mac-1,ScreenshotTaken,,,curl',
      ].join('\n'),
    });
    expect(engine.loaded.map(({ table, rows }) => [table, rows])).toEqual([
      ['DeviceEvents', 1],
      ['DeviceNetworkEvents', 1],
      ['DeviceProcessEvents', 1],
    ]);
    expect(
      await rowsOf(
        engine,
        'DeviceProcessEvents | project Timestamp, DeviceId, FileName, InitiatingProcessFileName',
      ),
    ).toEqual([
      {
        Timestamp: '2025-06-05T01:02:04Z',
        DeviceId: 'd1',
        FileName: 'sh',
        InitiatingProcessFileName: 'curl',
      },
    ]);
  });

  test('records go to the table of their category, exported rows to that of their type', async () => {
    const engine = await open({
      'records.json': JSON.stringify({
        records: [
          record(objects[0] ?? {}),
          record(
            { Timestamp: '2025-06-05T13:02:03Z', FileName: 'sh' },
            'AdvancedHunting-DeviceProcessEvents',
          ),
          record({ Timestamp: '2025-06-05T13:02:03Z' }, 'AdvancedHunting-NoSuchTable'),
        ],
      }),
    });
    expect(engine.loaded.map(({ table, rows, warnings }) => [table, rows, warnings])).toEqual([
      [
        'DeviceNetworkEvents',
        1,
        [
          '1 records of the category "AdvancedHunting-NoSuchTable", which no table is known for, are not read',
        ],
      ],
      ['DeviceProcessEvents', 1, []],
    ]);
    expect(engine.loaded[0]?.whole).toBe(false);
    const typed = await open({
      'PT05M.json': [
        { TimeGenerated: '2025-06-05T13:02:03Z', Type: 'DeviceFileEvents', FileName: 'x' },
        { TimeGenerated: '2025-06-05T13:02:03Z', Type: 'DeviceLogonEvents', LogonType: 'Network' },
      ]
        .map((row) => JSON.stringify(row))
        .join('\n'),
    });
    expect(typed.loaded.map(({ table }) => table)).toEqual(['DeviceFileEvents', 'DeviceLogonEvents']);
  });
});

describe('day and month', () => {
  test.each<[string, readonly [string, string], EngineOptions['dates'], string]>([
    ['a value above 12 in front', ['13/06/2025 00:00:00', '12/06/2025 00:00:00'], undefined, '2025-06-12'],
    ['a value above 12 behind', ['06/13/2025 00:00:00', '06/12/2025 00:00:00'], undefined, '2025-06-12'],
    ['an order that was asked for', ['05/06/2025 00:00:00', '06/06/2025 00:00:00'], 'dmy', '2025-06-06'],
    [
      'an order that a value contradicts',
      ['06/13/2025 00:00:00', '06/12/2025 00:00:00'],
      'dmy',
      '2025-06-12',
    ],
  ])('%s decides for the whole column', async (_what, times, dates, second) => {
    const engine = await open({ 'a.csv': csv(times) }, { dates });
    expect(engine.loaded[0]).toMatchObject({ warnings: [], whole: true });
    const [, row] = await rowsOf(engine, QUERY);
    expect(row?.TimeGenerated).toBe(`${second}T00:00:00Z`);
  });

  test('without any sign it is said, and the file is not whole', async () => {
    const engine = await open({ 'a.csv': csv(['05/06/2025 00:00:00', '06/06/2025 00:00:00']) });
    expect(engine.loaded[0]).toMatchObject({
      whole: false,
      warnings: [
        'Timestamp: "05/06/2025 00:00:00" may have the day or the month first, and no value tells; it is read as month, day: say --dates dmy or --dates mdy',
      ],
    });
  });

  test('another column of the file may tell', async () => {
    const content = [
      'Timestamp,DeviceId,RemoteUrl,Protocol,InitiatingProcessCreationTime',
      '05/06/2025 00:00:00,d1,a.example,Tcp,31/05/2025 00:00:00',
    ].join('\n');
    const engine = await open({ 'a.csv': content });
    expect(engine.loaded[0]?.warnings).toEqual([]);
    expect(await rowsOf(engine, 'DeviceNetworkEvents | project TimeGenerated')).toEqual([
      { TimeGenerated: '2025-06-05T00:00:00Z' },
    ]);
  });

  test('dates in both orders are said', async () => {
    const engine = await open({ 'a.csv': csv(['13/06/2025 00:00:00', '06/13/2025 00:00:00']) });
    expect(engine.loaded[0]?.whole).toBe(false);
    expect(engine.loaded[0]?.warnings).toEqual([
      'Timestamp: some of its dates have the day first, others the month',
      '1 values of Timestamp are no datetime and became null: "13/06/2025 00:00:00"',
    ]);
  });

  test("times of the portal in the exporter's own zone are said, by the column's name", async () => {
    const engine = await open({ 'a.csv': csv().replace('Timestamp', 'TimeGenerated [Local Time]') });
    expect(engine.loaded[0]).toMatchObject({
      whole: false,
      warnings: [expect.stringContaining('the column TimeGenerated [Local Time] is in the local time of')],
    });
  });
});

describe('which table a file belongs to', () => {
  test.each([
    ['DeviceNetworkEvents (1).csv', 'DeviceNetworkEvents'],
    ['DeviceNetworkEvents-2025-06-05.csv', 'DeviceNetworkEvents'],
    ['devicenetworkevents_2025_06_05T10.csv', 'DeviceNetworkEvents'],
    ['AdvancedHunting-DeviceNetworkEvents.json', 'DeviceNetworkEvents'],
    ['my DeviceNetworkEvents of June.csv', 'DeviceNetworkEvents'],
    ['DeviceNetworkEvents/2025/06/PT1H.json', 'DeviceNetworkEvents'],
    ['am-devicenetworkevents/WorkspaceResourceId=/x/y=2025/PT05M.json', 'DeviceNetworkEvents'],
    ['insights-logs-advancedhunting-devicenetworkevents/y=2025/PT1H.json', 'DeviceNetworkEvents'],
  ])('%s is named for %s', async (name, table) => {
    // Columns that many tables have: they alone would not tell.
    const content = name.endsWith('.json')
      ? '{"Timestamp":"2025-06-05T01:02:03Z","DeviceId":"d1"}'
      : 'Timestamp,DeviceId\n2025-06-05T01:02:03Z,d1\n';
    const engine = await open({ [name]: content });
    expect(engine.loaded.map((loaded) => loaded.table)).toEqual([table]);
  });

  test('columns tell where names do not', async () => {
    const engine = await open({
      'AdvancedHunting.csv': csv(),
      'New query.csv':
        'Timestamp,DeviceId,FileName,ProcessCommandLine,ProcessIntegrityLevel\n2025-06-05T01:02:03Z,d1,sh,sh,Low\n',
    });
    expect(engine.loaded.map(({ table }) => table)).toEqual(['DeviceNetworkEvents', 'DeviceProcessEvents']);
  });

  test('columns tell where a name is that of a table which has none of them', async () => {
    const engine = await open({ 'Usage.csv': csv() });
    expect(engine.loaded.map(({ table }) => table)).toEqual(['DeviceNetworkEvents']);
  });

  test('when neither tells, the table is asked for, and taken as it is said', async () => {
    const content = 'TimeGenerated,FileName,SHA256\n2025-06-05T01:02:03Z,a.exe,00\n';
    await expect(open({ 'a.csv': content })).rejects.toThrow(
      /a\.csv: its columns are those of .*: say --table/,
    );
    const engine = await open({ 'a.csv': content }, { table: 'DeviceFileEvents' });
    expect(engine.loaded.map(({ table }) => table)).toEqual(['DeviceFileEvents']);
  });

  test('a table that is not documented has the name of its file', async () => {
    const engine = await open({ 'MyTable_CL.csv': 'TimeGenerated,Colour_s\n2025-06-05T01:02:03Z,red\n' });
    expect(await rowsOf(engine, 'MyTable_CL | project Colour_s')).toEqual([{ Colour_s: 'red' }]);
  });
});

describe('nothing is left out in silence', () => {
  test('every file of a folder is read, or named with the reason', async () => {
    const engine = await open({
      'DeviceNetworkEvents.csv': csv(),
      'DeviceNetworkEvents (1).csv': csv(),
      'DeviceNetworkEvents/2025/06/PT1H.json': JSON.stringify(objects[0]),
      'DeviceInfo.csv': '',
      'DeviceEvents.json': '[{"DeviceId"',
      'notes.txt': 'hello',
      'workbook.zip': zip({ '[Content_Types].xml': '<Types/>', 'xl/workbook.xml': '<workbook/>' }),
      'picture.csv': Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 1]),
      '.DS_Store': 'x',
    });
    expect(await rowsOf(engine, 'DeviceNetworkEvents | count')).toEqual([{ Count: 5n }]);
    const told = engine.notRead.map(({ file, why, matters }) => [
      file.replace(/^.*\/case\d+\//, ''),
      why,
      matters,
    ]);
    expect(told).toEqual([
      ['.DS_Store', 'is a hidden file', false],
      ['notes.txt', 'is no CSV, JSON, NDJSON, Parquet, gzip or zip by its name', true],
      ['DeviceEvents.json', expect.stringMatching(/^not readable as json: /), true],
      ['DeviceInfo.csv', 'the file is empty', true],
      ['picture.csv', 'is a binary file, and no Parquet', true],
      ['workbook.zip', 'is an Excel workbook: save it as CSV UTF-8', true],
    ]);
  });

  test('a folder of which nothing can be read is an error that says why', async () => {
    await expect(open({ 'DeviceInfo.csv': '', 'notes.txt': 'hello' })).rejects.toThrow(
      /no file of the folder can be read: .*notes\.txt: is no CSV.*, and 1 more$/,
    );
  });

  test.each([
    [
      'a page of an answer',
      { value: objects, '@odata.nextLink': 'https://graph.microsoft.com/next' },
      /nextLink/,
    ],
    [
      'a partial answer',
      { tables: [{ name: 'PrimaryResult', columns, rows: CELLS }], error: { code: 'PartialError' } },
      /partial answer/,
    ],
  ])('%s is not the whole', async (_what, answer, warning) => {
    const engine = await open({ 'a.json': JSON.stringify(answer) });
    expect(engine.loaded[0]).toMatchObject({
      rows: 2,
      whole: false,
      warnings: [expect.stringMatching(warning)],
    });
  });

  test('times that Excel cut to minutes and seconds are counted, and one is shown', async () => {
    const engine = await open({ 'a.csv': csv(['02:03.0', '2025-06-05T13:02:03Z']) });
    expect(engine.loaded[0]).toMatchObject({
      whole: false,
      warnings: ['1 values of Timestamp are no datetime and became null: "02:03.0"'],
    });
  });
});
