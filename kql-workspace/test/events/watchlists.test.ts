import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWorkspace, type Workspace } from '../../src/start-workspace.ts';
import { QueryError } from '../../src/workspace.ts';

let folder: string;
let workspace: Workspace;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'watchlists-'));
  mkdirSync(join(folder, 'lists'));
  writeFileSync(
    join(folder, 'lists', 'corp-ips.csv'),
    '\uFEFFIPAddress,SearchKey,Note\r\n192.0.2.10,192.0.2.10,"office, egress"\r\n198.51.100.0/24,198.51.100.0/24,\r\n',
  );
  writeFileSync(join(folder, 'lists', 'Hosts.csv'), 'Host;Port\nmac-001;0443\n');
  workspace = await startWorkspace({ watchlists: join(folder, 'lists') });
});
afterAll(async () => {
  await workspace?.close();
  rmSync(folder, { recursive: true, force: true });
});

const rowsOf = async (query: string) => (await workspace.run(query)).rows;

test('when a query names a watchlist, then it gets the rows of its file, as text, with the key first', async () => {
  const { columns } = await workspace.run("_GetWatchlist('corp-ips')");
  expect(columns.map(({ name, type }) => `${name}:${type}`)).toEqual([
    '_DTItemId:string',
    'LastUpdatedTimeUTC:datetime',
    'SearchKey:string',
    'IPAddress:string',
    'Note:string',
  ]);
  expect(await rowsOf("_GetWatchlist('corp-ips') | project SearchKey, Note | sort by SearchKey asc")).toEqual(
    [
      ['192.0.2.10', 'office, egress'],
      ['198.51.100.0/24', ''],
    ],
  );
});

test.each([
  ["_GetWatchlist('HOSTS') | project SearchKey, Port", [['mac-001', '0443']]],
  ["let alias = 'corp-ips'; _GetWatchlist(alias) | count", [[2n]]],
  [
    "let ips = _GetWatchlist('corp-ips') | project IPAddress; print a = '192.0.2.10', b = '192.0.2.11' | extend a = a in (ips), b = b in (ips)",
    [[true, false]],
  ],
  [
    "print ok = ipv4_is_in_any_range('198.51.100.7', toscalar(_GetWatchlist('corp-ips') | summarize make_list(SearchKey)))",
    [[true]],
  ],
  ["_GetWatchlist('hosts') | where LastUpdatedTimeUTC > ago(1h) | count", [[1n]]],
  [
    "union isfuzzy=true (_GetWatchlist('none') | project Host), (_GetWatchlist('hosts') | project Host)",
    [['mac-001']],
  ],
])('%s', async (query, rows) => {
  expect(await rowsOf(query)).toEqual(rows);
});

test.each([
  ["\n _GetWatchlist('none') | count", "the watchlist 'none', of which there is no file none.csv", 2],
  ["_GetWatchlist('hosts') | where Nme == 'a'", 'Nme', 1],
])('when a query asks for %j, then it is refused at its place', async (query, words, line) => {
  const error = await workspace.run(query).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(QueryError);
  expect((error as QueryError).message).toContain(words);
  expect((error as QueryError).diagnostic.line).toBe(line);
});

test('when a query asks all tables, then watchlists are none of them', async () => {
  expect(await rowsOf("search '192.0.2.10' | count")).toEqual([[0n]]);
});
