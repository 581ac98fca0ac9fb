import type { TableClient } from '@azure/data-tables';
import { tableHuntState } from '../../../functions/adapters/table/hunt-state.ts';
import { tableRetention } from '../../../functions/adapters/table/retention.ts';
import { toEmptyReport } from '../../../functions/domain/hunting/make-report.ts';
import { planRun } from '../../../functions/domain/hunting/plan-run.ts';
import { daysAgo, evidence, facts, hunt, now, sighting, workspace } from '../../examples.ts';
import { useTables } from './use-tables.ts';

const newTable = useTables();

const scope = { hunt, workspace };
const never = new AbortController().signal;
async function commit(
  table: ReturnType<typeof newTable>,
  runId: string,
  change: Parameters<typeof facts>[0],
) {
  const state = tableHuntState(table);
  const session = await state.open(scope, { owner: runId, now, lastsMs: 60_000, signal: never, turn: true });
  if (session.kind === 'held') throw new Error('held');
  const all = facts({ runId, ...change });
  const seen = await session.recall([...all.evidence.visible, ...all.evidence.hidden]);
  const plan = planRun({ ...all, seen });
  await session.commit(plan, toEmptyReport({ runId, hunt, workspace, dryRun: false }, 'failed', 'none', now));
  return plan;
}
async function keysOf(client: TableClient): Promise<string[]> {
  const keys: string[] = [];
  for await (const { rowKey } of client.listEntities()) keys.push(String(rowKey).split('|')[0] ?? '');
  return keys.sort();
}

test('when things were last seen, and runs were, before what is kept, then they leave the table, and the rest stays', async () => {
  const table = newTable();
  const client = await table();
  const old = [sighting('old', 'u', { firstSeen: daysAgo(500), lastSeen: daysAgo(400) })];
  await commit(table, '20251001T000000Z-aaaaaaaa', { evidence: evidence({ visible: old }), progress: {} });
  await commit(table, '20261124T000000Z-bbbbbbbb', {
    evidence: evidence({ visible: [sighting('new', 'u')] }),
  });
  const before = { memory: daysAgo(365), runs: daysAgo(90) };
  const count = (key: string, keys: string[]) => keys.filter((one) => one === key).length;
  const were = await keysOf(client);
  expect(['seen', 'run', 'finding'].map((key) => count(key, were))).toEqual([2, 2, 2]);

  expect(await tableRetention(table).forget(scope, before, never)).toBe(3);
  const are = await keysOf(client);
  expect(['seen', 'run', 'finding', 'state'].map((key) => count(key, are))).toEqual([1, 1, 1, 1]);
  expect(await tableRetention(table).forget(scope, before, never)).toBe(0);
});

test('when 400 exclusions with long ids hide 100 things, then the run is stored, small, and remembered as it was', async () => {
  const table = newTable();
  const exclusionSet = Array.from(
    { length: 400 },
    (_, index) =>
      `${'a-long-name-of-an-exclusion-that-somebody-wrote-'.padEnd(60, 'x')}${index}:${String(index).padStart(12, '0')}`,
  );
  const hidden = Array.from({ length: 100 }, (_, index) => sighting(`d${index}`, 'u'));
  await commit(table, '20261124T000000Z-cccccccc', { evidence: evidence({ hidden }), exclusionSet });

  const seen = await (await tableHuntState(table).peek(scope)).recall(hidden);
  expect(seen.size).toBe(100);
  for (const fact of seen.values()) expect(fact.hiddenUnder).toEqual(exclusionSet);
  let bytes = 0;
  for await (const row of (await table()).listEntities()) bytes += JSON.stringify(row).length;
  // 32 kB of ids once, and not a hundred times.
  expect(bytes).toBeLessThan(150_000);
});

test('when many lists are long and all differ, then what is remembered is written in several transactions', async () => {
  const table = newTable();
  const exclusionSet = ['lab:000000000000'];
  const hidden = Array.from({ length: 150 }, (_, index) => sighting(`d${index}`, 'u'));
  const hiders = new Map(
    hidden.map(({ key }, index) => [
      key,
      Array.from({ length: 30 }, (_, n) => `exclusion-${index}-${n}:000000000000`),
    ]),
  );
  const attribution = { hiders, reckoned: { each: [], together: 0 } } as never;
  await commit(table, '20261124T000000Z-dddddddd', {
    evidence: evidence({ hidden }),
    exclusionSet,
    attribution,
  });
  const seen = await (await tableHuntState(table).peek(scope)).recall(hidden);
  for (const { key } of hidden) expect(seen.get(key)?.hiddenBy).toEqual(hiders.get(key));
});
