import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bindKql } from 'kql-workspace/parse.ts';
import { startWorkspace, type Workspace } from 'kql-workspace/start-workspace.ts';
import { logAnalytics } from '../../../functions/adapters/log-analytics/log-analytics.ts';
import { parseExclusion } from '../../../functions/domain/exclusions/parse-exclusion.ts';
import { fieldName } from '../../../functions/domain/field-problems.ts';
import { presentSlice, usualReaches } from '../../../functions/domain/hunting/slice.ts';
import { sliceQueries } from '../../../functions/domain/kql/slice-queries.ts';
import { readWatchlists } from '../../../functions/flows/read-watchlists.ts';
import { compiled, hunt, now } from '../../examples.ts';

/** Exclusions that take their values from the workspace's own watchlists. */

let folder: string;
let workspace: Workspace;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'watchlists-'));
  writeFileSync(
    join(folder, 'corp-ips.csv'),
    'SearchKey,Net\n 192.0.2.10 ,0.0.0.0/0\n198.51.100.0/24,0.0.0.0/00\n2001:db8::/32,::/000\nnot an address,x\n,x\n',
  );
  writeFileSync(join(folder, 'corp-hosts.csv'), 'Host,Owner\nMAC-001,it\n"quoted ""one""",it\n');
  workspace = await startWorkspace({ now: () => now, watchlists: folder });
  const rows: [device: string, name: string, ip: string][] = [
    ['one', 'mac-001', '192.0.2.10'],
    ['two', 'mac-002', '198.51.100.7'],
    ['three', 'quoted "one"', '::FFFF:198.51.100.7'],
    ['four', '', '2001:DB8::5'],
    ['five', 'mac-0011', '203.0.113.9'],
    ['six', 'mac', ''],
  ];
  await workspace.append(
    'DeviceNetworkEvents',
    rows.map(([DeviceId, DeviceName, RemoteIP]) => ({
      TimeGenerated: now.toISOString(),
      DeviceId,
      DeviceName,
      RemoteIP,
    })),
  );
});
afterAll(async () => {
  await workspace?.close();
  rmSync(folder, { recursive: true, force: true });
});

const entry = (...any: object[]) => ({
  id: 'corp',
  reason: 'Ours',
  owner: 'soc@example.com',
  expires: '2027-01-01',
  hunts: [hunt.id],
  any,
});
const context = { file: 'exclusions/a.yaml', hunts: [hunt], settings: {} };

async function queryWith(...any: object[]): Promise<string> {
  const parsed = await parseExclusion(entry(...any), context);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  const asked = {
    hunt: { ...hunt, query: 'DeviceNetworkEvents | project DeviceId' },
    slice: presentSlice(compiled(), now, usualReaches, { first: false }),
  };
  return sliceQueries({ ...asked, exclusions: [parsed.exclusion] }).withExclusions;
}

test.each<[string, object, string[]]>([
  [
    'addresses and ranges of a watchlist, then they are hidden, in both families',
    { RemoteIP: { watchlist: { alias: 'corp-ips' } } },
    ['five', 'six'],
  ],
  [
    'the whole internet as an entry, then that hides nothing',
    { RemoteIP: { watchlist: { alias: 'corp-ips', column: 'Net' } } },
    ['one', 'two', 'three', 'four', 'five', 'six'],
  ],
  [
    'names of another column, then they are hidden whatever their case',
    { DeviceName: { watchlist: { alias: 'corp-hosts', column: 'Host' } } },
    ['two', 'four', 'five', 'six'],
  ],
  [
    'a watchlist and a value, then both have to match',
    {
      RemoteIP: { watchlist: { alias: 'corp-ips' } },
      DeviceName: { startsWith: 'mac-' },
    },
    ['three', 'four', 'five', 'six'],
  ],
  [
    'a watchlist that is not there, then it hides nothing and the hunt goes on',
    { RemoteIP: { watchlist: { alias: 'gone' } } },
    ['one', 'two', 'three', 'four', 'five', 'six'],
  ],
  [
    'a column that the watchlist lacks, then it hides nothing and the hunt goes on',
    { RemoteIP: { watchlist: { alias: 'corp-ips', column: 'Nothing' } } },
    ['one', 'two', 'three', 'four', 'five', 'six'],
  ],
])('when an exclusion names %s', async (_, clause, shown) => {
  const { rows } = await workspace.run(await queryWith(clause));
  expect(rows.map(([id]) => id)).toEqual(shown);
});

test("when an exclusion names a watchlist, then Microsoft's binder takes the query", async () => {
  const query = await queryWith(
    { RemoteIP: { watchlist: { alias: 'corp-ips' } } },
    { DeviceName: { watchlist: { alias: 'Corp Hosts (2)'.replace(/[()]/g, ''), column: 'Host name' } } },
  );
  expect(bindKql(query, 'log-analytics')).toEqual([]);
});

test('when a run looks at its watchlists, then it tells their entries and age, and which exclusion an empty one leaves without', async () => {
  const read = async (...any: object[]) => {
    const parsed = await parseExclusion(entry(...any), context);
    if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
    const logs = logAnalytics({
      endpoint: workspace.url,
      credential: () => Promise.reject(new Error('none')),
    });
    const span = { from: new Date(now.getTime() - 3_600_000), to: now };
    const ask = (kql: string, timespan: typeof span) =>
      logs.query({
        workspaceId: '00000000-0000-0000-0000-000000000000',
        kql,
        timespan,
        signal: AbortSignal.timeout(20_000),
        serverTimeoutSeconds: 20,
      });
    return readWatchlists([parsed.exclusion], span, ask);
  };
  const ips = { RemoteIP: { watchlist: { alias: 'corp-ips' } } };
  const gone = { DeviceName: { watchlist: { alias: 'gone', column: 'Host' } } };
  expect(await read(ips, gone, { LocalIP: { watchlist: { alias: 'corp-ips' } } })).toEqual({
    watchlists: [
      {
        alias: 'corp-ips',
        column: 'SearchKey',
        entries: 4,
        changed: expect.stringMatching(/^20\d\d-\d\d-\d\dT/),
      },
      { alias: 'gone', column: 'Host', entries: 0, changed: null },
    ],
    problems: [
      'The watchlist gone has no entries in Host, is not there, or this app may not read it (table Watchlist): exclusion corp hides nothing by it.',
    ],
  });
  expect(await read({ DeviceName: { startsWith: 'mac' } })).toEqual({ watchlists: [], problems: [] });
});

test.each([
  [
    { alias: "x') | union (DeviceInfo" },
    'any[0].RemoteIP.watchlist.alias',
    'must be the alias of a watchlist',
  ],
  [{ alias: 'a', column: 'x"; y' }, 'any[0].RemoteIP.watchlist.column', 'must be the name of a column'],
  [{ column: 'x' }, 'any[0].RemoteIP.watchlist.alias', 'is missing'],
  [{ alias: 'a', colum: 'x' }, 'any[0].RemoteIP.watchlist', 'colum'],
  ['corp-ips', 'any[0].RemoteIP.watchlist', ''],
])('when a watchlist is %j, then the field is named', async (watchlist, field, words) => {
  const parsed = await parseExclusion(entry({ RemoteIP: { watchlist } }), context);
  const problems = 'problems' in parsed ? parsed.problems : [];
  const told = problems.map(({ path, message }) => `${fieldName(path)}: ${message}`).join('; ');
  expect(told).toContain(field);
  expect(told).toContain(words);
});
