import type { TableClient } from '@azure/data-tables';
import { tableDeadLetters } from '../../../functions/adapters/table/dead-letters.ts';
import { tableHuntState } from '../../../functions/adapters/table/hunt-state.ts';
import { tableOutbox } from '../../../functions/adapters/table/outbox.ts';
import { partitionOf, SCOPES } from '../../../functions/adapters/table/rows.ts';
import { markWaiting, unmarkEmpty, waitingPartitions } from '../../../functions/adapters/table/waiting.ts';
import { toEmptyReport } from '../../../functions/domain/hunting/make-report.ts';
import { planRun } from '../../../functions/domain/hunting/plan-run.ts';
import { evidence, facts, hunt, now, sighting, workspace } from '../../examples.ts';
import { useTables } from './use-tables.ts';

/** Only scopes that hold messages are read for messages, and none that holds one is passed over. */

let storageTime = now;
beforeEach(() => {
  storageTime = now;
});
const newTable = useTables({ clock: () => storageTime });
type Table = ReturnType<typeof newTable>;

const scope = { hunt, workspace };
const partition = partitionOf(scope);
const HOUR_MS = 3_600_000;
const later = (ms: number) => {
  storageTime = new Date(now.getTime() + ms);
};
const others = ['notices', 'exclusions'];

async function openSession(table: Table) {
  const session = await tableHuntState(table).open(scope, {
    owner: 'run-1',
    now,
    lastsMs: 60_000,
    signal: new AbortController().signal,
    turn: true,
  });
  if (session.kind === 'held') throw new Error('held');
  return session;
}

async function commitMessage(table: Table) {
  const session = await openSession(table);
  const plan = planRun({
    ...facts({ evidence: evidence({ visible: [sighting('d1', 'prod.addigy.com')] }) }),
    seen: new Map(),
  });
  await session.commit(
    plan,
    toEmptyReport({ runId: 'run-1', hunt, workspace, dryRun: false }, 'failed', '', now),
  );
  await session.release();
}

const marked = async (table: Table) => waitingPartitions(await table());

test('when a run commits a message, then its scope is read until the message is accepted and nobody can commit another', async () => {
  const table = newTable();
  const outbox = tableOutbox(table);
  await commitMessage(table);
  const [entry] = await outbox.pending();
  if (!entry) throw new Error('nothing waits');
  later(HOUR_MS);
  await outbox.pending();
  expect(await marked(table)).toEqual([partition, ...others]);
  await outbox.record(entry, { kind: 'accepted', at: now });
  later(0);
  expect(await outbox.pending()).toEqual([]);
  expect(await marked(table)).toEqual([partition, ...others]);
  later(HOUR_MS);
  expect(await outbox.pending()).toEqual([]);
  expect(await marked(table)).toEqual(others);
});

test('when a message was given up, then its scope is read on: it is counted, and can be tried again', async () => {
  const table = newTable();
  const outbox = tableOutbox(table);
  await commitMessage(table);
  const [entry] = await outbox.pending();
  if (!entry) throw new Error('nothing waits');
  await outbox.record(entry, { kind: 'dead', at: now, reason: 'no' });
  later(HOUR_MS);
  expect(await outbox.pending()).toEqual([]);
  expect(await outbox.deadLettered()).toBe(1);
  expect(await tableDeadLetters(table).revive(entry.message.id, now)).toBe(true);
  expect(await outbox.pending()).toHaveLength(1);
});

test('when a run marks a scope while somebody takes the old mark away, then it stays', async () => {
  const table = newTable();
  const client = await table();
  await markWaiting(client, partition, now, AbortSignal.timeout(5_000));
  later(HOUR_MS);
  // The mark comes just before the last write.
  const slow: TableClient = Object.create(client, {
    updateEntity: {
      value: async (...args: Parameters<TableClient['updateEntity']>) => {
        await markWaiting(
          client,
          partition,
          new Date(now.getTime() + 2 * HOUR_MS),
          AbortSignal.timeout(5_000),
        );
        return client.updateEntity(...args);
      },
    },
  });
  await expect(unmarkEmpty(slow, partition)).rejects.toThrow();
  expect(await marked(table)).toEqual([partition, ...others]);
  await unmarkEmpty(client, partition);
  expect(await marked(table)).toEqual([partition, ...others]);
});

test('when an older version listed a scope, then it is read, until a run of this version has been there', async () => {
  const table = newTable();
  const client = await table();
  const row = { partitionKey: SCOPES, HuntId: hunt.id, HuntName: hunt.name, WorkspaceId: workspace.id };
  await client.createEntity({ ...row, rowKey: partition });
  await client.createEntity({ ...row, rowKey: 'gone' });
  later(HOUR_MS);
  await tableOutbox(table).pending();
  expect(new Set(await marked(table))).toEqual(new Set([partition, 'gone', ...others]));
  const session = await openSession(table);
  await session.release();
  later(2 * HOUR_MS);
  await tableOutbox(table).pending();
  expect(await marked(table)).toEqual(['gone', ...others]);
});
