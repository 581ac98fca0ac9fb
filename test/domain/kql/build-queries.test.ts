import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAndBind } from 'kql-workspace/language-service.ts';
import { bindKql } from 'kql-workspace/parse.ts';
import type { Exclusion, Matcher, Operator } from '../../../functions/domain/exclusions/exclusion.ts';
import type { Hunt } from '../../../functions/domain/hunting/hunt.ts';
import { planWindow } from '../../../functions/domain/hunting/window.ts';
import { buildQueries } from '../../../functions/domain/kql/build-queries.ts';
import { hunt as example, now } from '../../examples.ts';

const briefQuery = readFileSync(join(import.meta.dirname, '../../hunts/addigy-brief.txt'), 'utf8').trimEnd();
const hunt: Hunt = { ...example, file: 'hunts/addigy.yaml', query: briefQuery };

function matcher(column: string, operator: Operator, ...values: string[]): Matcher {
  return { column, operator, values };
}

function exclusion(id: string, ...any: Matcher[][]): Exclusion {
  const columns = [...new Set(any.flat().map(({ column }) => column))];
  return {
    id,
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

function build(given: Partial<Hunt>, ...exclusions: Exclusion[]) {
  const built = { ...hunt, ...given };
  const window = planWindow({
    query: built.query,
    defaultLookbackMs: 86_400_000,
    maxLookbackMs: 30 * 86_400_000,
    now,
  });
  return buildQueries({ hunt: built, exclusions, window });
}

const everyOperator = exclusion(
  'every-operator',
  [
    matcher('InitiatingProcessFileName', 'equals', 'a"b', "c'd\\"),
    matcher('RemoteUrl', 'contains', 'one', 'two'),
  ],
  [matcher('DeviceName', 'startsWith', 'lab-'), matcher('DeviceName', 'endsWith', '.example', '.test')],
  [
    matcher('RemoteUrl', 'has', 'prod.addigy.com'),
    matcher('InitiatingProcessCommandLine', 'matches', '^go-[a-z]+$', '\\d{3,}'),
  ],
  [matcher('RemoteIP', 'cidr', '10.0.0.0/8', '2001:db8::/32')],
  [matcher('RemotePort', 'equals', '443'), matcher('AdditionalFields', 'contains', 'known')],
);

describe('without exclusions', () => {
  const queries = build({});

  test('there is one query, and it ends in the brief’s query, byte for byte', () => {
    expect(queries.withExclusions.endsWith(`;\n${briefQuery}`)).toBe(true);
    expect(queries).toMatchObject({ withoutExclusions: undefined, exclusionSet: [], problems: [] });
  });

  test('the table gets the Timestamp that Log Analytics does not document', () => {
    expect(bindKql(briefQuery, 'log-analytics').map(({ code }) => code)).toContain('KS142');
    expect(bindKql(queries.withExclusions, 'log-analytics')).toEqual([]);
  });
});

describe('with exclusions', () => {
  const queries = build({}, everyOperator);

  test.each(['log-analytics', 'defender-xdr'] as const)(
    'both queries bind without diagnostics against %s',
    (schema) => {
      expect(bindKql(queries.withExclusions, schema)).toEqual([]);
      expect(bindKql(queries.withoutExclusions ?? 'none', schema)).toEqual([]);
    },
  );

  test('both end in the brief’s query, and the one without has nothing of them', () => {
    expect(queries.withExclusions.endsWith(`;\n${briefQuery}`)).toBe(true);
    expect(queries.withoutExclusions).toBe(build({}).withExclusions);
  });

  test('a clause hides what matches all of its columns: not (A and B)', () => {
    const { withExclusions } = build(
      {},
      exclusion('x', [matcher('DeviceName', 'equals', 'a'), matcher('RemoteUrl', 'equals', 'b')]),
    );
    expect(withExclusions).toContain(
      '| where not(coalesce(column_ifexists("DeviceName", "") in~ ("a") and column_ifexists("RemoteUrl", "") in~ ("b"), false));',
    );
  });

  test('they bind, and so hide nothing, in a workspace that lacks their columns', () => {
    const columns = {
      TimeGenerated: 'datetime',
      DeviceId: 'string',
      DeviceName: 'string',
      RemoteUrl: 'string',
      ReportId: 'long',
      InitiatingProcessFileName: 'string',
      InitiatingProcessVersionInfoCompanyName: 'string',
    };
    expect(bindKql(queries.withExclusions, { DeviceNetworkEvents: columns })).toEqual([]);
  });

  test('they act only on tables that have all of their columns', () => {
    const query = 'union DeviceNetworkEvents, DeviceProcessEvents';
    const { withExclusions } = build(
      { tables: ['DeviceNetworkEvents', 'DeviceProcessEvents'], query },
      exclusion(
        'x',
        [matcher('RemoteIP', 'equals', '192.0.2.1')],
        [matcher('DeviceName', 'equals', 'kiosk')],
      ),
    );
    const [network = '', processes = ''] = withExclusions.split('let DeviceProcessEvents');
    expect(network).toContain('kiosk');
    expect(processes).not.toContain('kiosk');
    expect(bindKql(withExclusions, 'log-analytics')).toEqual([]);
  });

  test('the fingerprints tell predicates apart, whatever the order or the reasons of entries', () => {
    const [a, b] = [
      exclusion('a', [matcher('DeviceName', 'equals', 'a')]),
      exclusion('b', [matcher('DeviceName', 'equals', 'b')]),
    ];
    const set = build({}, a, b).exclusionSet;
    expect(set).toEqual([expect.stringMatching(/^a:[\w-]{12}$/), expect.stringMatching(/^b:[\w-]{12}$/)]);
    expect(build({}, b, { ...a, reason: 'other' }).exclusionSet).toEqual(set);
    expect(build({}, { ...b, id: 'a' }).exclusionSet).not.toEqual(build({}, a).exclusionSet);
  });
});

test.each(['let DeviceNetworkEvents = X;', 'let  DeviceNetworkEvents=\n T;'])(
  'when the query itself declares a let with the table’s name (%j), then it is refused with file, line and fix',
  (declaration) => {
    const query = `// let me see\n${declaration} DeviceNetworkEvents`;
    expect(() => build({ query })).toThrow(
      /^hunts\/addigy\.yaml: line 2 of the query declares 'let DeviceNetworkEvents'.*rename/,
    );
  },
);

test('a query that uses AccountUpn where the table has none gets the initiating process’s, and that is told', () => {
  const queries = build({ query: `${briefQuery}, AccountUpn` });
  expect(bindKql(queries.withExclusions, 'log-analytics')).toEqual([]);
  expect(queries.problems).toEqual([expect.stringContaining('InitiatingProcessAccountUpn is used')]);
});

test('a table that has AccountUpn keeps its own', () => {
  const queries = build({
    tables: ['DeviceProcessEvents'],
    query: 'DeviceProcessEvents | project AccountUpn',
  });
  expect(queries.withExclusions).not.toContain('InitiatingProcessAccountUpn');
  expect(queries.problems).toEqual([]);
});

test('a documented table that the query reads and the metadata does not name is told', () => {
  const queries = build({ query: 'DeviceNetworkEvents | join DeviceInfo on DeviceId' });
  expect(queries.problems).toEqual([expect.stringContaining('reads DeviceInfo')]);
});

describe('coverage', () => {
  const { from, to } = { from: '2026-11-19T12:00:00.000Z', to: '2026-11-24T12:00:00.000Z' };

  test('counts the rows of the window and finds the newest ingestion', () => {
    expect(build({}).coverage).toBe(
      `table("DeviceNetworkEvents") | where TimeGenerated between (datetime(${from}) .. datetime(${to})) | summarize Rows = count(), Newest = max(ingestion_time())`,
    );
  });

  test.each([
    ['one table', {}],
    [
      'two tables',
      { tables: ['DeviceNetworkEvents', 'DeviceInfo'], query: 'union DeviceNetworkEvents, DeviceInfo' },
    ],
  ])('gives one row with Rows and Newest for %s', (_, given) => {
    const { coverage } = build(given);
    expect(bindKql(coverage, 'log-analytics')).toEqual([]);
    const tables = new Map(
      ['DeviceNetworkEvents', 'DeviceInfo'].map((name) => [
        name,
        [{ name: 'TimeGenerated', type: 'datetime' }],
      ]),
    );
    expect(parseAndBind(coverage, tables).resultType).toMatchObject({
      columns: [
        { name: 'Rows', type: 'long' },
        { name: 'Newest', type: 'datetime' },
      ],
    });
  });
});
