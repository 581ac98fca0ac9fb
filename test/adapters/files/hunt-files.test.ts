import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { readHunts } from '../../../functions/adapters/files/hunt-files.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hunts-'));
});
afterEach(() => rm(folder, { recursive: true }));

const good = `id: 0c6c8b6e-5d1a-4b0f-8a6e-0d3c8f5a1b2c
name: A hunt
description: |
  What it looks for.
requiredDataConnectors:
  - connectorId: MicrosoftThreatProtection
    dataTypes:
      - DeviceNetworkEvents
tactics:
  - CommandAndControl
relevantTechniques:
  - T1219
query: |
  DeviceNetworkEvents
  | where RemoteUrl has 'example'
`;

async function read(files: Record<string, string>) {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return readHunts(folder);
}

async function problemsWith(files: Record<string, string>): Promise<string[]> {
  const error: unknown = await read(files).catch((reason: unknown) => reason);
  if (!(error instanceof Error)) throw new Error('it was read');
  return error.message
    .replaceAll(`${basename(folder)}/`, '')
    .split('\n')
    .slice(1);
}

test('a hunt is read with its metadata, and its query ends where its text does', async () => {
  expect(await read({ 'a.yaml': `${good}version: 1.0.0\nidentity: [DeviceId]\n` })).toEqual([
    {
      id: '0c6c8b6e-5d1a-4b0f-8a6e-0d3c8f5a1b2c',
      name: 'A hunt',
      description: 'What it looks for.',
      file: `${basename(folder)}/a.yaml`,
      version: '1.0.0',
      tactics: ['CommandAndControl'],
      techniques: ['T1219'],
      tables: ['DeviceNetworkEvents'],
      identity: ['DeviceId'],
      query: "DeviceNetworkEvents\n| where RemoteUrl has 'example'",
    },
  ]);
});

describe('what public hunts do is understood:', () => {
  test.each([
    ['scalars for tactics and techniques', good.replace(/(tactics|relevantTechniques):\n {2}- /g, '$1: ')],
    ['CRLF', good.replaceAll('\n', '\r\n')],
    ['a byte order mark', `\uFEFF${good}`],
    [
      'a Markdown fence around the query',
      good.replace('query: |\n', 'query: |\n  ```kql\n').replace(/$/, '  ```\n'),
    ],
    ['dataTypes in the column of the dash', good.replace('    dataTypes:\n      -', '  dataTypes:\n    -')],
    [
      'the same in CRLF',
      good.replace('    dataTypes:\n      -', '  dataTypes:\n    -').replaceAll('\n', '\r\n'),
    ],
    [
      'an addition to the table’s name',
      good.replace('- DeviceNetworkEvents', '- DeviceNetworkEvents (Microsoft)'),
    ],
    ['keys that are not used here', `${good}entityMappings: []\ntags: [x]\n`],
    ['tabs', good.replace('  - CommandAndControl', '\t- CommandAndControl')],
    ['an entry that says nothing', good.replace('- T1219', '- T1219\n  -')],
    [
      'the keys of an analytics rule',
      `${good}severity: High\nkind: Scheduled\nqueryFrequency: 1h\ntriggerOperator: gt\ntriggerThreshold: 0\nsuppressionEnabled: false\nincidentConfiguration: { createIncident: true }\nsentinelEntitiesMappings: [{ columnName: A }]\nmetadata:\nsource: { kind: Community }\nsupport: { tier: Community }\n`,
    ],
  ])('%s', async (_, text) => {
    const plain = await read({ 'a.yaml': good });
    expect(await read({ 'a.yaml': text })).toEqual(plain);
  });

  test.each([
    ['queryPeriod: 14d', 14 * 24],
    ['queryPeriod: 5h', 5],
    ['queryPeriod: PT30M', 0.5],
    ['queryPeriod: 14d\nlookback: P1D', 24],
  ])('the period of an analytics rule is its lookback: %s', async (key, hours) => {
    expect((await read({ 'a.yaml': `${good}${key}\n` }))[0]?.lookbackMs).toBe(hours * 3_600_000);
  });

  test('without tactics, techniques, tables or a description there is still a hunt', async () => {
    const bare = `id: 0c6c8b6e-5d1a-4b0f-8a6e-0d3c8f5a1b2c\nname: A hunt\nquery: DeviceEvents\n`;
    expect((await read({ 'a.yaml': bare }))[0]).toMatchObject({
      description: 'A hunt',
      tactics: [],
      techniques: [],
      tables: [],
    });
  });

  test('several tactics in one scalar', async () => {
    const text = good.replace(/tactics:\n.*\n/, 'tactics: CommandAndControl, Persistence\n');
    expect((await read({ 'a.yaml': text }))[0]?.tactics).toEqual(['CommandAndControl', 'Persistence']);
  });
});

test('every problem of every file is told at once, with its line', async () => {
  const problems = await problemsWith({
    'a.yaml': good.replace('T1219', 'TI219').replace('id: 0c6c', 'id: zz'),
    'b.yml': good.replace(/name:.*\n/, '').replace('tactics:', 'tactic:'),
    'c.yaml': 'DeviceNetworkEvents\n| take 1\n',
    'd.yaml': `${good}\n query: [\n`,
    'd2.test.yaml': 'not read at all: [',
    'e.yaml': `${good}name: again\n`,
    'f.yaml': good.replace('- DeviceNetworkEvents', '- Device Network Events'),
  });
  expect(problems.map((problem) => problem.split(':').slice(0, 3).join(':'))).toEqual([
    'a.yaml:1: id',
    'a.yaml:12: relevantTechniques[0]',
    'b.yml:1: name',
    'b.yml:8: tactic',
    'c.yaml:1: is text alone; a hunt is a mapping with id, name, query and so on (is it a bare KQL query?)',
    ...problems
      .filter((problem) => problem.startsWith('d.yaml'))
      .map(() => expect.stringMatching(/^d\.yaml:\d+: not valid YAML/)),
    'e.yaml:16: not valid YAML',
    'f.yaml:8: requiredDataConnectors[0].dataTypes[0]',
  ]);
});

test.each([
  ['an empty query', good.replace(/query: \|[\s\S]*/, "query: ''\n"), /a\.yaml:13: query: is empty/],
  ['a number for a name', good.replace('name: A hunt', 'name: 7'), /a\.yaml:2: name: must be text/],
  [
    'a period that is none',
    `${good}queryPeriod: often\n`,
    /a\.yaml:16: queryPeriod: must be a period such as 14d/,
  ],
  [
    'an identity that is no column',
    `${good}identity: [Device Id]\n`,
    /a\.yaml:16: identity\[0\]: must be the name of a column/,
  ],
  [
    'a let with the table’s name',
    good.replace('query: |\n', 'query: |\n  let DeviceNetworkEvents = X;\n'),
    /a\.yaml:13: query: line 1 of the query declares .*rename/,
  ],
  [
    'aliases that multiply',
    `${good}tags: &a [x]\nseverity: &b [${'*a,'.repeat(80)}]\nkind: [${'*b,'.repeat(80)}]\n`,
    /a\.yaml:1: not valid YAML: Excessive alias count/,
  ],
])('%s is refused', async (_, text, message) => {
  expect(await problemsWith({ 'a.yaml': text })).toEqual([expect.stringMatching(message)]);
});

test('two hunts with the same id or name are refused', async () => {
  expect(await problemsWith({ 'a.yaml': good, 'b.yaml': good })).toEqual([
    'b.yaml:1: id: is also that of a.yaml; each hunt has its own',
    'b.yaml:2: name: is also that of a.yaml; each hunt has its own',
  ]);
});

test('a folder without hunts, or no folder at all, is an error', async () => {
  await expect(read({})).rejects.toThrow('no hunt (*.yaml) in this folder');
  await expect(readHunts(join(folder, 'missing'))).rejects.toThrow('ENOENT');
});
