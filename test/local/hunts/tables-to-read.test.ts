import { withCompiled } from '../../../local/compiler/compile-hunt.ts';
import { azdSettings, tablesToRead } from '../../../local/hunts/tables-to-read.ts';
import { hunt } from '../../examples.ts';

const { identity: _, compiled: __, ...plain } = { ...hunt, identity: undefined };
const reads = (query: string, more = {}) => withCompiled({ ...plain, tables: [], query, ...more });

test('when hunts read tables, then these are what the identity may read, whatever their metadata names', () => {
  const { tables, remarks } = tablesToRead(
    [
      reads('SigninLogs | join (AuditLogs | project Id) on Id | project UserPrincipalName'),
      reads('Mine_CL | project Host_s', { identity: ['Host_s'], identityTypes: { Host_s: 'string' } }),
    ],
    [],
  );
  expect(tables).toEqual(['AuditLogs', 'Mine_CL', 'SigninLogs']);
  expect(remarks).toEqual([]);
});

test('when a hunt or an exclusion reads a watchlist, then so may the identity', () => {
  const asks = reads(
    "SigninLogs | where UserId in (_GetWatchlist('vips') | project SearchKey) | project UserId",
  );
  expect(tablesToRead([asks], []).tables).toEqual(['SigninLogs', 'Watchlist']);
  const matcher = { column: 'UserId', operator: 'watchlist' as const, alias: 'vips', entries: 'SearchKey' };
  const exclusion = {
    id: 'a',
    reason: 'r',
    owner: 'o',
    expires: '2027-01-01',
    hunts: [],
    any: [[matcher]],
    columns: [],
    settings: [],
    idle: [],
    file: 'a.yaml',
  };
  expect(tablesToRead([reads('SigninLogs | project UserId')], [exclusion]).tables).toEqual([
    'SigninLogs',
    'Watchlist',
  ]);
});

test('when a hunt calls a function that nobody knows, then that is said', () => {
  const { tables, remarks } = tablesToRead(
    [
      reads('_Im_Dns() | project SrcIpAddr', {
        identity: ['SrcIpAddr'],
        identityTypes: { SrcIpAddr: 'string' },
        lookbackMs: 3_600_000,
      }),
    ],
    [],
  );
  expect(tables).toEqual([]);
  expect(remarks).toEqual([expect.stringMatching(/_Im_Dns is no table .* add that yourself/)]);
});

test.each([
  ['nobody chose tables', {}, true],
  ['they are those that were made last', { HUNT_TABLES: '["A"]', HUNT_TABLES_OF_HUNTS: '["A"]' }, true],
  ['somebody chose others', { HUNT_TABLES: '["A","SigninLogs"]', HUNT_TABLES_OF_HUNTS: '["A"]' }, false],
])('when %s, then azd is told of the tables: %s', (_, env, told) => {
  const { settings } = azdSettings({ tables: ['SigninLogs'], remarks: [] }, env);
  expect(settings).toEqual(told ? ['HUNT_TABLES=["SigninLogs"]', 'HUNT_TABLES_OF_HUNTS=["SigninLogs"]'] : []);
});

test('when somebody chose tables and hunts read others, then that is said', () => {
  const { remarks } = azdSettings({ tables: ['A', 'B'], remarks: [] }, { HUNT_TABLES: '["A"]' });
  expect(remarks).toEqual(['HUNT_TABLES was set by hand and is left so, but it lacks what hunts read: B']);
});
