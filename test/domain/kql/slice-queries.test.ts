import { bindKql } from 'kql-workspace/parse.ts';
import { startWorkspace, type Workspace } from 'kql-workspace/start-workspace.ts';
import type { Exclusion } from '../../../functions/domain/exclusions/exclusion.ts';
import type { CompiledHunt, Reach } from '../../../functions/domain/hunting/compiled-hunt.ts';
import type { Hunt } from '../../../functions/domain/hunting/hunt.ts';
import { sliceAt, usualReaches } from '../../../functions/domain/hunting/slice.ts';
import { type Asked, sliceQueries } from '../../../functions/domain/kql/slice-queries.ts';
import { compiled, hunt as example } from '../../examples.ts';

/** Real KQL over events of three days, asked in the evening of the third. */

const HOUR_MS = 3_600_000;
const start = Date.parse('2026-11-22T00:00:00Z');
const at = (hours: number) => new Date(start + hours * HOUR_MS);

let workspace: Workspace;
beforeAll(async () => {
  workspace = await startWorkspace({ now: () => at(68) });
  for (const [hours, ingested] of [
    [2, 2.1],
    [22, 22.1],
    // A laptop that was closed overnight.
    [23, 40],
    [30, 30.1],
    [50, 50.1],
    [67, 67.1],
  ] as const)
    await workspace.append(
      'DeviceNetworkEvents',
      [{ TimeGenerated: at(hours).toISOString(), DeviceId: `d${hours}` }],
      { ingestedAt: at(ingested) },
    );
});
afterAll(() => workspace.close());

const lookback: Reach = { from: { op: 'lookback' }, to: { op: 'run' } };
function huntOf(query: string, change: Partial<CompiledHunt> = {}): Hunt {
  return { ...example, query, compiled: compiled({ end: query.length, ...change }) };
}

function ask(hunt: Hunt, hours: number, more: Partial<Asked> = {}) {
  const slice = sliceAt(hunt.compiled ?? compiled(), at(hours), usualReaches);
  return sliceQueries({ hunt, slice, exclusions: [], ...more });
}

async function devices(query: string) {
  const { columns, rows } = await workspace.run(query);
  const index = columns.findIndex(({ name }) => name === 'DeviceId');
  return rows.map((row) => row[index]).sort();
}

test('when a query leaves its time open, then it sees its lookback before the time of the slice, and nothing after', async () => {
  const hunt = huntOf('DeviceNetworkEvents');
  expect(await devices(ask(hunt, 24).withExclusions)).toEqual(['d2', 'd22', 'd23']);
  expect(await devices(ask(hunt, 52).withExclusions)).toEqual(['d30', 'd50']);
});

test('when a query asks for now() and ago(), then they mean the time of the slice', async () => {
  const query = 'DeviceNetworkEvents | where Timestamp > ago(4h) | extend Asked = now()';
  const reach: Reach = { from: { op: 'add', ms: -4 * HOUR_MS, of: { op: 'run' } }, to: { op: 'run' } };
  const hunt = huntOf(query, {
    covers: reach,
    tables: [{ name: 'DeviceNetworkEvents', kind: 'events', needs: reach, shadowed: true }],
    times: [
      { kind: 'ago', start: 40, end: 47, argument: { start: 44, end: 46 } },
      { kind: 'now', start: query.length - 5, end: query.length },
    ],
  });
  for (const literally of [false, true]) {
    const { withExclusions } = ask(hunt, 24, { literally });
    expect(withExclusions.includes('query_now')).toBe(!literally);
    expect(await devices(withExclusions)).toEqual(['d22', 'd23']);
  }
});

test("a hunt's own settings stand before ours and before every let", async () => {
  const query = 'set truncationmaxrecords = 7;\nlet D = DeviceNetworkEvents;\nD';
  const { withExclusions } = ask(huntOf(query, { sets: [{ start: 0, end: 29 }] }), 24);
  expect(withExclusions).toMatch(
    /^set truncationmaxrecords = 7;\nset query_now = datetime\(2026-11-23T00:00:00\.000Z\);\nlet /,
  );
  expect(await devices(withExclusions)).toEqual(['d2', 'd22', 'd23']);
});

test('tables without a time are as they are today, and a snapshot has no lookback', () => {
  const { withExclusions } = ask(
    huntOf('DeviceNetworkEvents | join DeviceInfo on DeviceId | join Watchlist on DeviceId', {
      tables: [
        { name: 'DeviceNetworkEvents', kind: 'events', needs: lookback, shadowed: true },
        { name: 'DeviceInfo', kind: 'state', needs: lookback, shadowed: true },
        { name: 'Watchlist', kind: 'untimed', needs: null, shadowed: true },
        { name: 'Elsewhere', kind: 'events', needs: lookback, shadowed: false },
      ],
    }),
    24,
  );
  const lets = withExclusions.split(';\n').filter((part) => part.startsWith('let '));
  expect(
    lets.map((text) =>
      [...text.matchAll(/where column_ifexists\("TimeGenerated", Timestamp\) (..)/g)].map(([, sign]) => sign),
    ),
  ).toEqual([['>=', '<='], ['<='], []]);
});

test('columns that a table lacks come from those that the compiler names', async () => {
  const supplied = [
    { table: 'DeviceNetworkEvents', column: 'AccountUpn', from: 'InitiatingProcessAccountUpn' },
  ];
  const { withExclusions } = ask(huntOf('DeviceNetworkEvents | project AccountUpn', { supplied }), 24);
  expect(bindKql(withExclusions, 'log-analytics')).toEqual([]);
});

describe('the query without exclusions', () => {
  const exclusions: Exclusion[] = [
    {
      id: 'one',
      reason: '',
      owner: '',
      expires: '2027-01-01',
      hunts: [example.id],
      any: [[{ column: 'DeviceId', operator: 'equals', values: ['d2'] }]],
      columns: ['DeviceId'],
      settings: [],
      idle: [],
      file: 'exclusions/one.yaml',
    },
  ];
  const columns = [
    { name: 'DeviceId', type: 'string' },
    { name: 'RemotePort', type: 'long' },
    { name: 'Timestamp', type: 'datetime' },
    { name: 'LastSeen', type: 'datetime' },
    { name: 'Count', type: 'long' },
    { name: 'AdditionalFields', type: 'dynamic' },
  ] as const;
  const identity = [
    { name: 'DeviceId', type: 'string' },
    { name: 'RemotePort', type: 'long' },
  ] as const;
  const body = 'DeviceNetworkEvents | extend Count = 1';

  test.each(['', ';', ' // the end', ';\n// the end\n', ' | render table'])(
    'asks for identity, device, times and count alone, whatever the hunt ends in (%j)',
    async (ending) => {
      const change = { end: body.length, columns: [...columns], identity: [...identity], labels: [] };
      const hunt = huntOf(`${body}${ending}`, change);
      const slice = sliceAt(compiled(), at(24), usualReaches);
      const { withExclusions, withoutExclusions = '' } = sliceQueries({ hunt, slice, exclusions });
      expect(await devices(withExclusions)).toEqual(['d22', 'd23']);
      expect(await devices(withoutExclusions)).toEqual(['d2', 'd22', 'd23']);
      // What the table has lost since it was compiled comes empty.
      expect((await workspace.run(withoutExclusions)).columns).toEqual([
        { name: 'DeviceId', type: 'string' },
        { name: 'RemotePort', type: 'string' },
        { name: 'Timestamp', type: 'datetime' },
        { name: 'LastSeen', type: 'datetime' },
        { name: 'Count', type: 'long' },
      ]);
    },
  );

  test('asks for everything where not all columns are known', () => {
    const hunt = huntOf(body, { end: body.length, columns: [...columns], labels: [], open: true });
    const slice = sliceAt(compiled(), at(24), usualReaches);
    expect(sliceQueries({ hunt, slice, exclusions }).withoutExclusions).not.toContain('project');
  });
});

describe('coverage', () => {
  const rowsOf = async (query: string) => {
    const { columns, rows } = await workspace.run(query);
    return rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])));
  };
  const hunt = huntOf('DeviceNetworkEvents');

  test('counts the rows of the span, and says what now() means', async () => {
    const [row] = await rowsOf(ask(hunt, 24).coverage);
    expect(row).toMatchObject({ Rows: 3n });
    const [plain] = await rowsOf(ask(hunt, 24, { literally: true }).coverage);
    expect(plain?.Now).not.toEqual(row?.Now);
  });

  test('tells the hours of rows that came after the last run and happened before this one looks', async () => {
    const slice = sliceAt(compiled(), at(48), usualReaches);
    const late = { ingestedAfter: at(36), from: at(0) };
    const { coverage } = sliceQueries({ hunt, slice, exclusions: [], late });
    const rows = await rowsOf(coverage);
    expect(rows).toHaveLength(2);
    expect(rows.map(({ Rows, Late }) => Rows ?? Late)).toEqual([1n, 1n]);
    const none = sliceQueries({ hunt, slice, exclusions: [], late: { ...late, ingestedAfter: at(41) } });
    expect(await rowsOf(none.coverage)).toHaveLength(1);
  });

  test.each([
    ['several tables', ['DeviceNetworkEvents', 'DeviceProcessEvents'], 'events'],
    ['snapshots alone', ['DeviceInfo'], 'state'],
    ['tables without a time', ['Watchlist'], 'untimed'],
  ] as const)('of %s is KQL that binds', (_, names, kind) => {
    const tables = names.map((name) => ({ name, kind, needs: lookback, shadowed: true }));
    const of = huntOf(names[0] ?? '', { tables });
    const slice = sliceAt(compiled(), at(48), usualReaches);
    const late = { ingestedAfter: at(36), from: at(0) };
    expect(
      bindKql(sliceQueries({ hunt: of, slice, exclusions: [], late }).coverage, 'log-analytics'),
    ).toEqual([]);
  });
});
