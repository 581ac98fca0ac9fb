import { tableDeviceHistory } from '../../../functions/adapters/table/device-history.ts';
import { tableHuntState } from '../../../functions/adapters/table/hunt-state.ts';
import { tableRetention } from '../../../functions/adapters/table/retention.ts';
import type { Entity } from '../../../functions/domain/hunting/entities.ts';
import { toEmptyReport } from '../../../functions/domain/hunting/make-report.ts';
import { planRun } from '../../../functions/domain/hunting/plan-run.ts';
import { hash, type Sighting } from '../../../functions/domain/hunting/sighting.ts';
import { explainEntity } from '../../../functions/flows/explain-device.ts';
import { daysAgo, evidence, facts, hunt, now, sighting, workspace } from '../../examples.ts';
import older from './fixtures/memory-of-0.1.json' with { type: 'json' };
import { useTables } from './use-tables.ts';

const newTable = useTables();

const scope = { hunt, workspace };
const never = new AbortController().signal;

async function commit(table: ReturnType<typeof newTable>, runId: string, visible: Sighting[]) {
  const state = tableHuntState(table);
  const session = await state.open(scope, { owner: runId, now, lastsMs: 60_000, signal: never, turn: true });
  if (session.kind === 'held') throw new Error('held');
  const seen = await session.recall(visible);
  const plan = planRun(facts({ runId, seen, evidence: evidence({ visible }) }));
  await session.commit(plan, toEmptyReport({ runId, hunt, workspace, dryRun: false }, 'failed', 'none', now));
}
async function identitiesWith(table: ReturnType<typeof newTable>, entity: string) {
  const history = tableDeviceHistory(table);
  const [known] = await history.scopes();
  if (!known) throw new Error('no scope');
  return (await history.thingsWith(known, entity))
    .map(({ identity }) => JSON.parse(identity).DeviceId)
    .sort();
}
test('when somebody asks for an entity, then the hunts that have seen it tell what was told of it, and the others are silent', async () => {
  const table = newTable();
  await commit(table, 'run-1', [sighting('mac-1', 'u', { entities: entities('ada') })]);
  const deps = { history: tableDeviceHistory(table), clock: () => now };
  const { scopes } = await explainEntity('ADA', deps);
  expect(scopes.map(({ hunt: name, things }) => [name, things.map(({ device }) => device.id)])).toEqual([
    [hunt.name, ['mac-1']],
  ]);
  expect(scopes[0]?.things[0]?.findings).toMatchObject([
    { kind: 'new-device', message: { state: 'waiting' } },
  ]);
  expect(await explainEntity('bob', deps)).toEqual({ entity: 'bob', scopes: [] });
});

function entities(...values: string[]): Entity[] {
  return values.map((value) => ({ kind: 'account', value }));
}

test('when things name an account, then all that have it are found by it, whatever the case, of devices or not', async () => {
  const table = newTable();
  const { deviceKey: _, device: __, ...elsewhere } = sighting('none', 'u');
  await commit(table, 'run-1', [
    sighting('mac-1', 'u', { entities: entities('Ada@example.com', 'root') }),
    sighting('mac-2', 'u', { entities: entities('ada@EXAMPLE.com') }),
    sighting('mac-3', 'u', { entities: entities('bob@example.com') }),
    { ...elsewhere, entities: entities('ada@example.com') },
  ]);
  expect(await identitiesWith(table, ' ada@example.com ')).toEqual(['mac-1', 'mac-2', 'none']);
  expect(await identitiesWith(table, 'nobody@example.com')).toEqual([]);
});

test('when a run finds hundreds of things with several entities each, then all are stored and found', async () => {
  const table = newTable();
  await commit(
    table,
    'run-1',
    Array.from({ length: 300 }, (_, index) =>
      sighting(`mac-${index}`, 'u', { entities: entities('all', `a${index}`, `b${index}`) }),
    ),
  );
  expect(await identitiesWith(table, 'all')).toHaveLength(300);
  expect(await identitiesWith(table, 'b299')).toEqual(['mac-299']);
});

test('when a thing has aged, then it leaves the index with it', async () => {
  const table = newTable();
  const old = { firstSeen: daysAgo(500), lastSeen: daysAgo(400), entities: entities('ada') };
  await commit(table, '20251001T000000Z-aaaaaaaa', [
    sighting('old', 'u', old),
    sighting('new', 'u', { entities: entities('ada') }),
  ]);
  await tableRetention(table).forget(scope, { memory: daysAgo(365), runs: daysAgo(90) }, never);
  expect(await identitiesWith(table, 'ada')).toEqual(['new']);
  const keys: string[] = [];
  for await (const { rowKey } of (await table()).listEntities()) keys.push(String(rowKey));
  expect(keys.filter((key) => key.startsWith(`entity|${hash('entity', 'ada')}|`))).toHaveLength(1);
});

test('when an older version remembered a thing, then it is found by what its identity says, without an index', async () => {
  const table = newTable();
  const client = await table();
  for (const { dates, ...row } of older)
    await client.createEntity({
      ...row,
      ...Object.fromEntries(Object.entries(dates ?? {}).map(([name, iso]) => [name, new Date(String(iso))])),
    } as { partitionKey: string; rowKey: string });
  expect(await identitiesWith(table, 'PROD.addigy.com')).toEqual(['mac-1', 'mac-2']);
});
