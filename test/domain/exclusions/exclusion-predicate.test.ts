import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { startWorkspace, type Workspace } from 'kql-workspace/start-workspace.ts';
import type { Exclusion, Operator, ValueMatcher } from '../../../functions/domain/exclusions/exclusion.ts';
import { presentSlice, usualReaches } from '../../../functions/domain/hunting/slice.ts';
import { narrowedQuery, sliceQueries } from '../../../functions/domain/kql/slice-queries.ts';
import { compiled, hunt, now } from '../../examples.ts';

/** What an exclusion's KQL hides on the embedded workspace, against an evaluation in memory that knows nothing of KQL. */

type Row = Readonly<
  Partial<Record<'DeviceId' | 'DeviceName' | 'RemoteUrl' | 'RemoteIP', string> & { RemotePort: number }>
>;

const names = [
  'kiosk-1',
  'KIOSK-2.example',
  'it\'s "the" lab',
  'back\\slash',
  'two\nlines',
  'a\u2028b',
  '🦊-mac',
  'Café É',
  '',
  '%_like%',
  '*',
  "'; DeviceInfo //",
];
const urls = [
  'prod.addigy.com',
  'https://PROD.addigy.com/x?y=1',
  'grtmprod.addigy.com',
  'prod.addigy.com.evil.example',
  'a\\b',
  '.',
  'x'.repeat(10_000),
  '',
];
const ips = [
  '10.1.2.3',
  '10.0.0.0',
  '192.0.2.255',
  '2001:db8::1',
  '2001:DB8:0:0:0:0:0:ff',
  'fe80::1',
  '::ffff:10.1.2.3',
  '::FFFF:0a01:0203',
  'not an address',
  '',
];

const rows: Row[] = Array.from({ length: 96 }, (_, index) => ({
  DeviceId: `d${index}`,
  ...(index % 11 !== 0 && { DeviceName: names[index % names.length] ?? '' }),
  ...(index % 7 !== 0 && { RemoteUrl: urls[index % urls.length] ?? '' }),
  ...(index % 5 !== 0 && { RemoteIP: ips[index % ips.length] ?? '' }),
  ...(index % 3 !== 0 && { RemotePort: index % 2 === 0 ? 443 : 80 }),
}));

let workspace: Workspace;
beforeAll(async () => {
  workspace = await startWorkspace({ now: () => now });
  await workspace.append(
    'DeviceNetworkEvents',
    rows.map((row) => ({ TimeGenerated: now.toISOString(), ...row })),
  );
});
afterAll(() => workspace.close());

function exclusionOf(
  any: ValueMatcher[][],
  columns = [...new Set(any.flat().map(({ column }) => column))],
): Exclusion {
  return {
    id: 'x',
    reason: '',
    owner: '',
    expires: '2027-01-01',
    hunts: [hunt.id],
    any,
    columns,
    settings: [],
    idle: [],
    file: 'exclusions/x.yaml',
  };
}

/** Of all rows, whenever they were. */
const asked = {
  hunt: { ...hunt, query: 'DeviceNetworkEvents | project DeviceId' },
  slice: presentSlice(
    compiled(),
    now,
    { ...usualReaches, defaultLookbackMs: 1000 * 86_400_000 },
    { first: false },
  ),
};

async function hiddenByKql(exclusion: Exclusion): Promise<string[]> {
  const { withExclusions } = sliceQueries({ ...asked, exclusions: [exclusion] });
  const shown = new Set((await workspace.run(withExclusions)).rows.map(([id]) => id));
  return rows.flatMap(({ DeviceId: id = '' }) => (shown.has(id) ? [] : [id]));
}

/** The hunt narrowed to what the exclusion matches: the opposite of hiding it. */
async function matchedByKql(exclusion: Exclusion): Promise<string[]> {
  const query = narrowedQuery(asked, exclusion);
  const matched = new Set((await workspace.run(query)).rows.map(([id]) => id));
  return rows.flatMap(({ DeviceId: id = '' }) => (matched.has(id) ? [id] : []));
}

function hiddenInMemory(exclusion: Exclusion): string[] {
  const any = exclusion.any as ValueMatcher[][];
  return rows
    .filter((row) => any.some((clause) => clause.every((matcher) => holds(row, matcher))))
    .map(({ DeviceId }) => DeviceId ?? '');
}

function holds(row: Row, { column, operator, values }: ValueMatcher): boolean {
  const cell = String(new Map(Object.entries(row)).get(column) ?? '');
  return cell !== '' && values.some((value) => compare[operator](cell, value));
}

const lower = (text: string) => text.toLowerCase();
const term = /[\p{L}\p{N}]/u;
const compare: Record<Operator, (cell: string, value: string) => boolean> = {
  equals: (cell, value) => lower(cell) === lower(value),
  contains: (cell, value) => lower(cell).includes(lower(value)),
  startsWith: (cell, value) => lower(cell).startsWith(lower(value)),
  endsWith: (cell, value) => lower(cell).endsWith(lower(value)),
  has: (cell, value) => occursAsTerm(lower(cell), lower(value)),
  matches: (cell, value) => new RegExp(value, 'iu').test(cell),
  cidr: (cell, value) => {
    if (!ipaddr.isValid(cell) || (!cell.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(cell)))
      return false;
    // An IPv4 address in IPv6 form is that IPv4 address.
    const [address, range] = [ipaddr.process(cell), ipaddr.parseCIDR(value)];
    return address.kind() === range[0].kind() && address.match(range);
  },
};

function occursAsTerm(text: string, value: string): boolean {
  const edge = (inside: string | undefined, outside: string | undefined) =>
    !term.test(inside ?? '') || !term.test(outside ?? '');
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
    if (edge(value[0], text[at - 1]) && edge(value.at(-1), text[at + value.length])) return true;
  }
  return false;
}

const slice = (texts: string[]) =>
  fc
    .constantFrom(...texts.filter((text) => text !== ''))
    .chain((text) =>
      fc
        .tuple(fc.nat(Math.min(text.length - 1, 20)), fc.integer({ min: 1, max: 24 }))
        .map(([from, length]) => [...text].slice(from, from + length).join('') || text),
    );
const textValue = (texts: string[]) =>
  fc.oneof(
    fc.constantFrom(...texts.filter((text) => text !== '')),
    slice(texts),
    fc.string({ minLength: 1, unit: 'grapheme-ascii' }),
  );
const operatorOfText = fc.constantFrom<Operator>('equals', 'contains', 'startsWith', 'endsWith', 'has');
const few = <T>(value: fc.Arbitrary<T>) => fc.array(value, { minLength: 1, maxLength: 3 });

const matcher: fc.Arbitrary<ValueMatcher> = fc.oneof(
  fc.record({ column: fc.constant('DeviceName'), operator: operatorOfText, values: few(textValue(names)) }),
  fc.record({ column: fc.constant('RemoteUrl'), operator: operatorOfText, values: few(textValue(urls)) }),
  fc.record({
    column: fc.constant('RemotePort'),
    operator: operatorOfText,
    values: few(fc.constantFrom('443', '80', '4')),
  }),
  fc.record({
    column: fc.constantFrom('DeviceName', 'RemoteUrl'),
    operator: fc.constant<Operator>('matches'),
    values: few(
      fc.constantFrom('^kiosk-[0-9]', 'addigy\\.com$', '\\bprod\\b', 'é$', '^(?:a|b)', 'lab|fox', '\\\\'),
    ),
  }),
  fc.record({
    column: fc.constant('RemoteIP'),
    operator: fc.constant<Operator>('cidr'),
    values: few(
      fc.constantFrom(
        '10.0.0.0/8',
        '10.1.2.3/32',
        '192.0.2.0/24',
        '2001:db8::/32',
        'fe80::/10',
        '2001:db8::1/128',
      ),
    ),
  }),
);

test('an exclusion hides exactly the rows that it says, whatever its values hold, and the narrowed hunt sees exactly those', async () => {
  let hidden = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(few(matcher), { minLength: 1, maxLength: 3 }), async (any) => {
      const exclusion = exclusionOf(any);
      const byKql = await hiddenByKql(exclusion);
      expect(byKql).toEqual(hiddenInMemory(exclusion));
      expect(await matchedByKql(exclusion)).toEqual(byKql);
      hidden += byKql.length;
    }),
    { numRuns: 60 },
  );
  expect(hidden).toBeGreaterThan(0);
}, 60_000);

const eachValue = [...names, ...urls]
  .filter((value) => value !== '')
  .map((value) => [value.length > 40 ? `${value.length} characters` : value, value] as const);

test.each(eachValue)('%j as a value hides the rows that have it', async (_, value) => {
  const exclusion = exclusionOf([
    [{ column: names.includes(value) ? 'DeviceName' : 'RemoteUrl', operator: 'equals', values: [value] }],
  ]);
  const hidden = await hiddenByKql(exclusion);
  expect(hidden.length).toBeGreaterThan(0);
  expect(hidden).toEqual(hiddenInMemory(exclusion));
});

test('any text, as a value, hides exactly the rows that hold it', async () => {
  const hostile = fc.array(
    fc.constantFrom(
      '"',
      "'",
      '\\',
      '\n',
      '\r',
      '\u2028',
      '\u2029',
      '\u0000',
      '\u202e',
      '//',
      '`',
      '${',
      '🦊',
      '%',
      '_',
      '*',
      ' ',
      'x',
    ),
    { minLength: 1, maxLength: 12 },
  );
  const texts = [
    ...fc.sample(
      hostile.map((parts) => parts.join('')),
      { numRuns: 40, seed: 6 },
    ),
    ...fc.sample(fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }), { numRuns: 40, seed: 6 }),
    '🦊\u2028"\\'.repeat(2_000),
  ].filter((text) => text.trim() !== '' && text.isWellFormed());
  const own = await startWorkspace({ now: () => now });
  await own.append(
    'DeviceNetworkEvents',
    texts.map((DeviceName, index) => ({
      TimeGenerated: now.toISOString(),
      DeviceId: `t${index}`,
      DeviceName,
    })),
  );
  for (const [index, text] of texts.entries()) {
    const exclusion = exclusionOf([[{ column: 'DeviceName', operator: 'equals', values: [text] }]]);
    const { withExclusions } = sliceQueries({ ...asked, exclusions: [exclusion] });
    const shown = new Set((await own.run(withExclusions)).rows.map(([id]) => id));
    const same = texts.flatMap((other, at) => (lower(other) === lower(text) ? [`t${at}`] : []));
    expect(texts.map((_, at) => `t${at}`).filter((id) => !shown.has(id))).toEqual(same);
    expect(same).toContain(`t${index}`);
  }
  await own.close();
}, 60_000);

test('two columns of one clause hide what matches both, not what matches either', async () => {
  const both = exclusionOf([
    [
      { column: 'RemotePort', operator: 'equals', values: ['443'] },
      { column: 'RemoteIP', operator: 'cidr', values: ['10.0.0.0/8'] },
    ],
  ]);
  const hidden = await hiddenByKql(both);
  expect(hidden.length).toBeGreaterThan(0);
  for (const id of hidden)
    expect(rows.find((row) => row.DeviceId === id)).toMatchObject({
      RemotePort: 443,
      RemoteIP: expect.stringMatching(/^(?:::ffff:)?(?:10\.|0a01:)/i),
    });
});

test('tables that the exclusion does not act on are empty in the narrowed hunt', async () => {
  const both = { ...hunt, tables: ['DeviceNetworkEvents', 'DeviceProcessEvents'] };
  const onNetwork = exclusionOf([[{ column: 'RemoteIP', operator: 'cidr', values: ['10.0.0.0/8'] }]]);
  const query = 'union DeviceNetworkEvents, DeviceProcessEvents | project DeviceId';
  const tables = both.tables.flatMap((name) => compiled().tables.map((table) => ({ ...table, name })));
  const text = narrowedQuery(
    { ...asked, hunt: { ...both, query, compiled: compiled({ tables }) } },
    onNetwork,
  );
  expect((await workspace.run(text)).rows).toHaveLength(hiddenInMemory(onNetwork).length);
  expect(text).toMatch(/let DeviceProcessEvents = [^;]*\| where false\n[^;]*;/);
});

test('a column that the workspace’s table lacks hides nothing', async () => {
  expect(
    await hiddenByKql(
      exclusionOf([[{ column: 'NoSuchColumn', operator: 'matches', values: ['[^x]*'] }]], []),
    ),
  ).toEqual([]);
});

test('an expression that is satisfied by an empty text still hides no row without a value', async () => {
  const hidden = await hiddenByKql(
    exclusionOf([[{ column: 'DeviceName', operator: 'matches', values: ['^.{0,3}$'] }]]),
  );
  expect(hidden).toEqual(
    rows.filter(({ DeviceName = '' }) => /^[^\n]{1,3}$/u.test(DeviceName)).map(({ DeviceId }) => DeviceId),
  );
});
