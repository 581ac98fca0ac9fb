import type { TableClient } from '@azure/data-tables';
import { tableHuntState } from '../../../functions/adapters/table/hunt-state.ts';
import { partitionOf, rowKeys, SCOPES } from '../../../functions/adapters/table/rows.ts';
import { lazyTable, rowsUnder, transact } from '../../../functions/adapters/table/table.ts';
import { startTableService, type TableService } from '../../../local/environment/azurite.ts';
import type { Fault } from '../../../local/faults/fault-kinds.ts';
import { type Exchange, type FaultProxy, startProxy } from '../../../local/faults/start-proxy.ts';
import { hunt, now, sighting, workspace } from '../../examples.ts';

let azurite: TableService;
let proxy: FaultProxy;
let meet: (exchange: Exchange) => Fault | undefined = () => undefined;
let tables = 0;
beforeAll(async () => {
  azurite = await startTableService();
  const effects = {
    meet: (exchange: Exchange) => meet(exchange),
    kill: () => undefined,
    meanwhile: () => Promise.resolve(),
  };
  proxy = await startProxy(new URL(azurite.url).origin, effects);
});
afterAll(async () => {
  await proxy.close();
  await azurite.close();
});
beforeEach(() => {
  meet = () => undefined;
});

const limits = { tryMs: 200, operationMs: 900, retryAfterMs: 50 };
function newTable() {
  const connectionString = azurite.connectionString.replace(new URL(azurite.url).origin, proxy.url);
  const account = { kind: 'connection-string', connectionString } as const;
  return lazyTable(account, `sound${tables++}`, () => Promise.reject(new Error('no identity')), limits);
}
const never = new AbortController().signal;
const scope = { hunt, workspace };
const lease = (owner: string) => ({ owner, now, lastsMs: 60_000, signal: never, turn: true });
const list = async (client: TableClient) => {
  const rows = [];
  for await (const row of rowsUnder(client, 'p', 'seen')) rows.push(row);
  return rows;
};
const page: Fault = {
  what: 'answer',
  reaches: false,
  status: 200,
  headers: { 'content-type': 'text/html' },
  body: '<html>',
};
const json = (body: string): Fault => ({ ...page, headers: { 'content-type': 'application/json' }, body });

describe('when an answer is not the table service’s, then it is a failure', () => {
  test.each<[string, Fault]>([
    ['a page with 200', page],
    ['an object without a list', json('{"rows":[]}')],
    ['no JSON', json('{"value":[')],
    ['nothing with 204', { ...page, status: 204, body: '' }],
  ])('a list that is %s', async (_, fault) => {
    const client = await newTable()();
    meet = () => fault;
    await expect(list(client)).rejects.toThrow("is not the table service's");
  });

  test.each<[string, Fault]>([
    ['a page with 200', page],
    ['a page with 202', { ...page, status: 202 }],
    ['nothing with 204', { ...page, status: 204, body: '' }],
  ])('a transaction that is answered by %s', async (_, fault) => {
    const client = await newTable()();
    meet = () => fault;
    await expect(transact(client, [['create', { partitionKey: 'p', rowKey: 'a' }]])).rejects.toThrow(
      "is not the table service's",
    );
  });
});

test.each<[string, Fault]>([
  ['never answers', { what: 'hang', reaches: false }],
  ['answers without end', { what: 'endless' }],
  ['asks for a pause of a week', { ...page, status: 429, headers: { 'retry-after': '604800' } }],
  ['resets every connection', { what: 'reset', reaches: false }],
])('when the storage %s, then an operation ends within its limit', async (_, fault) => {
  const client = await newTable()();
  meet = () => fault;
  const startedAt = performance.now();
  await expect(list(client)).rejects.toThrow();
  // Its own 900 ms, and room for a busy machine.
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});

test('when the answer to a lease is lost, then the run has it, and no other', async () => {
  const state = tableHuntState(newTable());
  meet = ({ method, path }) =>
    method === 'POST' && !path.includes('batch') && !path.includes('Tables')
      ? { what: 'reset', reaches: true }
      : undefined;
  const session = await state.open(scope, lease('one'));
  meet = () => undefined;
  expect(session.kind).toBe('open');
  expect(await state.open(scope, lease('two'))).toMatchObject({ kind: 'held' });
});

test('when a run was killed with the lease in its hands, then runs count it until one has told what it means', async () => {
  const service = await startTableService({ clock: () => storageTime });
  let storageTime = now;
  const account = { kind: 'connection-string', connectionString: service.connectionString } as const;
  const state = tableHuntState(lazyTable(account, 'killed', () => Promise.reject(new Error('no identity'))));
  await state.open(scope, lease('killed'));
  storageTime = new Date(now.getTime() + 10 * 60_000);
  const next = await state.open(scope, lease('next'));
  if (next.kind === 'held') throw new Error('held');
  expect(next.abandoned).toBe(1);
  await next.release();
  const after = await state.open(scope, lease('after'));
  if (after.kind === 'held') throw new Error('held');
  expect(after.abandoned).toBe(1);
  await after.tell({ streak: { runs: 1, since: now, problems: [] } });
  await after.release();
  expect(await state.open(scope, lease('last'))).toMatchObject({ kind: 'open', abandoned: 0 });
  await service.close();
});

test('when the row of a scope is gone, then the next run writes it again', async () => {
  const table = newTable();
  const state = tableHuntState(table);
  const first = await state.open(scope, lease('one'));
  if (first.kind === 'open') await first.release();
  const client = await table();
  await client.deleteEntity(SCOPES, partitionOf(scope));
  await state.open(scope, lease('two'));
  expect(await client.getEntity(SCOPES, partitionOf(scope))).toMatchObject({ HuntId: hunt.id });
});

test("when a workspace's id comes in other letters, then it is the same memory", async () => {
  const table = newTable();
  const upper = { hunt, workspace: { id: 'AAAAAAAA-8888-4777-8666-555555555555' } };
  const state = tableHuntState(table);
  const session = await state.open(upper, lease('one'));
  if (session.kind === 'held') throw new Error('held');
  await session.release();
  const lower = { hunt, workspace: { id: upper.workspace.id.toLowerCase() } };
  await state.open(lower, lease('two'));
  expect(await state.open(upper, lease('three'))).toMatchObject({ kind: 'held' });
});

test('when the version before held a lease by its own clock, then it lasts ten minutes at most, and that version finds ours held for good', async () => {
  const table = newTable();
  const client = await table();
  const partitionKey = partitionOf(scope);
  const LeaseUntil = new Date('2099-01-01T00:00:00Z');
  await client.createEntity({ partitionKey, rowKey: rowKeys.state, LeaseOwner: 'old', LeaseUntil });
  const state = tableHuntState(table);
  const held = await state.open(scope, lease('new'));
  if (held.kind !== 'held') throw new Error('not held');
  expect(held.until.getTime() - Date.now()).toBeLessThanOrEqual(10 * 60_000);

  await client.deleteEntity(partitionKey, rowKeys.state);
  await state.open(scope, lease('new'));
  const { LeaseUntil: parked } = await client.getEntity<{ LeaseUntil: Date }>(partitionKey, rowKeys.state);
  expect(parked.getUTCFullYear()).toBe(9999);
});

test('when memory cannot be read whole, then a run does not take part of it for all', async () => {
  const table = newTable();
  const state = tableHuntState(table);
  const { recall } = await state.peek(scope);
  meet = ({ method }) => (method === 'GET' ? page : undefined);
  await expect(recall([sighting('d1', 'u1')])).rejects.toThrow("is not the table service's");
});
