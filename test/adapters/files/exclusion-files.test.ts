import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { readExclusions } from '../../../functions/adapters/files/exclusion-files.ts';
import { withCompiled } from '../../../local/compiler/compile-hunt.ts';
import { hunt } from '../../examples.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'exclusions-'));
});
afterEach(() => rm(folder, { recursive: true }));

const unlisted = { ...hunt, id: '22222222-3333-4444-8555-666666666666', tables: ['CustomEvents_CL'] };
const signIns = withCompiled({
  ...hunt,
  id: '33333333-4444-4555-8666-777777777777',
  tables: ['SigninLogs'],
  query: 'SigninLogs | project UserPrincipalName',
});
const settings = {
  SOAR_ADDRESS: 'https://soar.example/hook?sig=hush',
  JUMP_HOSTS: ' 192.0.2.1,2001:db8::/32 ,',
  EMPTY: ' , ',
  WIDE: '0.0.0.0/0',
  WEBHOOK_SECRET: 'whsec_x',
};

const placeholder = (name: string) => `$\{${name}}`;

async function read(files: Record<string, string>) {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const lists = await readExclusions(folder, settings, [hunt, unlisted, signIns]);
  const leftOut = lists.leftOut.map(({ id, reason }) => ({
    id,
    reason: reason.replaceAll(`${basename(folder)}/`, ''),
  }));
  return { ...lists, leftOut };
}

/** An entry that is good but for the lines that a test changes. */
function entry(change: Record<string, string> = {}): string {
  const fields = {
    id: 'kiosks',
    reason: 'Kiosks in the lobby',
    owner: 'soc@example.com',
    expires: '2027-05-31',
    hunts: `[${hunt.id}]`,
    any: '[{ DeviceName: { startsWith: kiosk- } }]',
    ...change,
  };
  const lines = Object.entries(fields).filter(([, value]) => value !== '');
  return lines.map(([key, value], index) => `${index === 0 ? '- ' : '  '}${key}: ${value}\n`).join('');
}

test.each([
  ['UserPrincipalName', []],
  [
    'UserPrincipalname',
    [
      expect.stringContaining(
        'is not a documented column of a table that a hunt reads; did you mean UserPrincipalName?',
      ),
    ],
  ],
])(
  'when a hunt reads another table than devices have, then its columns are known: %s',
  async (column, said) => {
    const { leftOut } = await read({
      'a.yaml': entry({ hunts: `[${signIns.id}]`, any: `[{ ${column}: { equals: x@y.example } }]` }),
    });
    expect(leftOut.map(({ reason }) => reason)).toEqual(said);
  },
);

test('an entry is read as it was reviewed', async () => {
  const { exclusions, leftOut } = await read({
    'a.yaml': entry({
      ticket: 'SOC-17',
      any: '[{ process.name: { equals: [a.exe, B.exe] }, RemoteUrl: { startsWith: "https", endsWith: ".example" } }, { destination_ip: { cidr: 10.0.0.0/8 } }]',
    }),
  });
  expect(leftOut).toEqual([]);
  expect(exclusions).toEqual([
    {
      id: 'kiosks',
      reason: 'Kiosks in the lobby',
      owner: 'soc@example.com',
      ticket: 'SOC-17',
      expires: '2027-05-31',
      hunts: [hunt.id],
      any: [
        [
          { column: 'InitiatingProcessFileName', operator: 'equals', values: ['a.exe', 'B.exe'] },
          { column: 'RemoteUrl', operator: 'startsWith', values: ['https'] },
          { column: 'RemoteUrl', operator: 'endsWith', values: ['.example'] },
        ],
        [{ column: 'RemoteIP', operator: 'cidr', values: ['10.0.0.0/8'] }],
      ],
      columns: ['InitiatingProcessFileName', 'RemoteUrl', 'RemoteIP'],
      settings: [],
      idle: [],
      file: `${basename(folder)}/a.yaml`,
    },
  ]);
});

describe('a placeholder', () => {
  test('stands for each of the setting’s values', async () => {
    const { exclusions } = await read({
      'a.yaml': entry({ any: `[{ RemoteIP: { cidr: ["${placeholder('JUMP_HOSTS')}", 10.0.0.0/8] } }]` }),
    });
    expect(exclusions[0]?.any[0]?.[0]).toMatchObject({
      values: ['192.0.2.1/32', '2001:db8::/32', '10.0.0.0/8'],
    });
  });

  test.each(['UNSET', 'EMPTY'])(
    'for a setting without values (%s) matches nothing, which is told; the rest stays',
    async (name) => {
      const { exclusions, leftOut } = await read({
        'a.yaml': entry({
          any: `[{ RemoteIP: { cidr: "${placeholder(name)}" }, DeviceName: { has: lab } }, { DeviceName: { has: kiosk } }]`,
        }),
      });
      expect(exclusions[0]).toMatchObject({
        any: [[{ column: 'DeviceName', values: ['kiosk'] }]],
        columns: ['RemoteIP', 'DeviceName'],
        idle: [expect.stringContaining(`the setting ${name} is not set`)],
      });
      expect(leftOut).toEqual([]);
    },
  );

  test.each([
    ['WIDE', /a value of the setting WIDE matches too much/],
    ['WEBHOOK_SECRET', /may be, a secret/],
    ['IDENTITY_HEADER', /may be, a secret/],
    ['SOAR_ADDRESS', /may be, a secret/],
  ])('for %s is refused, and its value is not shown', async (name, why) => {
    const { exclusions, leftOut } = await read({
      'a.yaml': entry({ any: `[{ RemoteIP: { cidr: "${placeholder(name)}" } }]` }),
    });
    expect(exclusions).toEqual([]);
    expect(leftOut).toEqual([{ id: 'kiosks', reason: expect.stringMatching(why) }]);
    for (const value of Object.values(settings)) expect(leftOut[0]?.reason).not.toContain(value);
  });

  test.each([`x${placeholder('JUMP_HOSTS')}`, placeholder('jump'), placeholder('JUMP_HOSTS').slice(0, -1)])(
    'must be a name in capitals, alone: not %s',
    async (value) => {
      const { leftOut } = await read({
        'a.yaml': entry({ any: `[{ DeviceName: { equals: "${value}" } }]` }),
      });
      expect(leftOut).toEqual([
        { id: 'kiosks', reason: expect.stringContaining(`alone: ${placeholder('NAME')}`) },
      ]);
    },
  );
});

describe('an entry that is wrong in itself is left out, with file, line and field:', () => {
  test.each([
    ['no reason', { reason: '' }, 'a.yaml:3: reason: is missing'],
    ['an empty owner', { owner: '" "' }, 'a.yaml:5: owner: is empty'],
    ['no expiry', { expires: '' }, 'a.yaml:3: expires: is missing'],
    [
      'an expiry that is no date',
      { expires: 'never' },
      'a.yaml:6: expires: must be a date such as 2027-05-31',
    ],
    [
      'a day that does not exist',
      { expires: '2027-02-30' },
      'a.yaml:6: expires: must be a date such as 2027-05-31',
    ],
    ['an unknown key', { expire: '2027-05-31' }, 'a.yaml:9: expire: is not a known key; check its spelling'],
    ['no hunts', { hunts: '[]' }, 'a.yaml:7: hunts: must name at least one'],
    ['a hunt that does not exist', { hunts: '[all]' }, 'a.yaml:7: hunts[0]: no hunt has the id all'],
    ['no clause', { any: '[]' }, 'a.yaml:8: any: must name at least one'],
    ['an empty clause', { any: '[{}]' }, 'a.yaml:8: any[0]: is empty and would match everything'],
    [
      'nothing to compare with',
      { any: '[{ DeviceName: {} }]' },
      'a.yaml:8: any[0].DeviceName: says nothing to compare with; use one of ',
    ],
    [
      'an empty list',
      { any: '[{ DeviceName: { equals: [] } }]' },
      'a.yaml:8: any[0].DeviceName.equals: must name at least one',
    ],
    [
      'a number',
      { any: '[{ RemotePort: { equals: 443 } }]' },
      'a.yaml:8: any[0].RemotePort.equals: must be a text or a list of at most 1000 texts',
    ],
    [
      'an unknown operator',
      { any: '[{ DeviceName: { like: x } }]' },
      'a.yaml:8: any[0].DeviceName.like: is not an operator; use one of equals, ',
    ],
    [
      'an operator of every object',
      { any: '[{ DeviceName: { toString: x } }]' },
      'a.yaml:8: any[0].DeviceName.toString: is not an operator',
    ],
    [
      'an unknown column',
      { any: '[{ Devicename: { equals: x } }]' },
      'a.yaml:8: any[0].Devicename: is not a documented column of a table that a hunt reads; did you mean DeviceName?',
    ],
    [
      'an empty value',
      { any: '[{ DeviceName: { contains: "" } }]' },
      'a.yaml:8: any[0].DeviceName.contains: "" is empty',
    ],
    [
      'an empty value in a list',
      { any: '[{ DeviceName: { equals: [x, ""] } }]' },
      'a.yaml:8: any[0].DeviceName.equals: "" is empty',
    ],
    [
      'an empty start',
      { any: '[{ DeviceName: { startsWith: "" } }]' },
      'a.yaml:8: any[0].DeviceName.startsWith: "" is empty',
    ],
    [
      'a value that nearly everything contains',
      { any: '[{ InitiatingProcessFolderPath: { startsWith: / } }]' },
      'a.yaml:8: any[0].InitiatingProcessFolderPath.startsWith: "/" matches too much',
    ],
    [
      'one letter',
      { any: '[{ DeviceName: { contains: e } }]' },
      'a.yaml:8: any[0].DeviceName.contains: "e" matches too much',
    ],
    [
      'half a character',
      { any: '[{ DeviceName: { equals: "x\\ud83e" } }]' },
      'a.yaml:8: any[0].DeviceName.equals: "x\\ud83e" has half a character',
    ],
    [
      'a regex for everything',
      { any: '[{ DeviceName: { matches: ".*" } }]' },
      'a.yaml:8: any[0].DeviceName.matches: ".*" matches an empty text',
    ],
    [
      'an invalid regex',
      { any: '[{ DeviceName: { matches: "(" } }]' },
      'a.yaml:8: any[0].DeviceName.matches: "(" is not a valid regular expression',
    ],
    [
      'all addresses',
      { any: '[{ RemoteIP: { cidr: 0.0.0.0/0 } }]' },
      'a.yaml:8: any[0].RemoteIP.cidr: "0.0.0.0/0" matches too much',
    ],
    [
      'an invalid range',
      { any: '[{ RemoteIP: { cidr: 10.0.0.0/40 } }]' },
      'a.yaml:8: any[0].RemoteIP.cidr: "10.0.0.0/40" is not an IPv4 or IPv6 range',
    ],
  ])('%s', async (_, change, message) => {
    const { exclusions, leftOut } = await read({
      'a.yaml': `\n${entry({ id: 'good' })
        .replace(/\n */g, ' ')
        .replace('- ', '- {')
        .replace(/ (reason|owner|expires|hunts|any):/g, ', $1:')}}\n${entry(change)}`,
    });
    expect(exclusions.map(({ id }) => id)).toEqual(['good']);
    expect(leftOut).toEqual([{ id: 'kiosks', reason: expect.stringContaining(message) }]);
  });

  test('everything that is wrong with it at once', async () => {
    const { leftOut } = await read({
      'a.yaml': entry({ owner: '', expires: 'soon', any: '[{ DeviceName: { has: 1 } }]' }),
    });
    expect(leftOut).toHaveLength(3);
  });

  test('an entry without an id is named by its place', async () => {
    const { leftOut } = await read({ 'a.yaml': '- reason: x\n- 5\n' });
    expect(leftOut.map(({ id }) => id.replace(/ of .*/, ''))).toEqual([
      ...Array<string>(5).fill('entry 1'),
      'entry 2',
    ]);
  });
});

test('entries with the same id, in whichever files, are all left out', async () => {
  const { exclusions, leftOut } = await read({
    'a.yaml': entry() + entry({ id: 'other' }),
    'b.yml': `# list\n${entry()}`,
  });
  expect(exclusions.map(({ id }) => id)).toEqual(['other']);
  expect(leftOut).toEqual([
    { id: 'kiosks', reason: 'a.yaml:1: id: is also used at b.yml:2; none of them is applied' },
    { id: 'kiosks', reason: 'b.yml:2: id: is also used at a.yaml:1; none of them is applied' },
  ]);
});

test('a column of a table without a documented list is taken as it is', async () => {
  const { exclusions } = await read({
    'a.yaml': entry({ hunts: `[${unlisted.id.toUpperCase()}]`, any: '[{ Tenant_s: { equals: x } }]' }),
  });
  expect(exclusions).toHaveLength(1);
});

test.each([
  ['broken YAML', '- id: [', /a\.yaml:\d+: not valid YAML: /],
  ['a key twice', `${entry()}  reason: again\n`, /a\.yaml:7: not valid YAML: Map keys must be unique/],
  ['a mapping', 'id: kiosks\n', /a\.yaml:1: must be a list of exclusions/],
  [
    'a key that objects lose',
    entry({ any: '[{ DeviceName: { equals: x }, __proto__: { equals: y } }]' }),
    /a\.yaml:6: not valid YAML: __proto__ is not a key/,
  ],
  ['two documents', `${entry()}---\n${entry()}`, /a\.yaml:\d+: not valid YAML: /],
])('%s in a list is fatal, and names file and line', async (_, text, message) => {
  await expect(read({ 'a.yaml': text, 'b.yaml': entry() })).rejects.toThrow(message);
});

test('a folder that can’t be read is fatal', async () => {
  await expect(readExclusions(join(folder, 'missing'), {}, [hunt])).rejects.toThrow('ENOENT');
});

test('an empty list is a list', async () => {
  expect(await read({ 'a.yaml': '# nothing yet\n', 'b.yaml': '[]\n' })).toEqual({
    exclusions: [],
    leftOut: [],
  });
});
