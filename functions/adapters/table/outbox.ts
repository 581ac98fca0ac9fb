import type { TableClient, TransactionAction } from '@azure/data-tables';
import type { Attempt } from '../../domain/messages/next-attempt.ts';
import type { Outbox, OutboxEntry } from '../../ports/outbox.ts';
import { findPlace } from './find-place.ts';
import { inEveryWaiting } from './in-every-scope.ts';
import { EXCLUSIONS, fromOutboxRow, NOTICES, packJson, rowKeys, toOutboxRow } from './rows.ts';
import { isConflict, readRow, rowsUnder, transact } from './table.ts';
import { unmarkEmpty } from './waiting.ts';

/** An entity-group transaction holds 100 entities; one is the outbox row. */
const FINDINGS_PER_TRANSACTION = 99;

/** Messages that wait, beside the memory they were committed with. */
export function tableOutbox(table: () => Promise<TableClient>): Outbox {
  return {
    async pending(signal, scope) {
      const client = await table();
      const read = async (partition: string) => {
        const found: OutboxEntry[] = [];
        for await (const row of rowsUnder(client, partition, 'outbox', { signal })) {
          const entry = fromOutboxRow(row);
          if (entry) found.push(entry);
          else await setAside(client, partition, row);
        }
        return found;
      };
      const entries = scope
        ? [await read((await findPlace(client, scope, signal)).partition)]
        : await inEveryWaiting(
            client,
            async (partition) => {
              const found = await read(partition);
              if (found.length === 0) await forgetMark(client, partition, signal);
              return found;
            },
            signal,
          );
      // One that fails again and again must not stand before all others.
      return entries
        .flat()
        .sort(
          (one, other) =>
            one.attempts - other.attempts || one.createdAt.getTime() - other.createdAt.getTime(),
        );
    },

    async record(entry, attempt, signal) {
      const client = await table();
      try {
        return await recordAttempt(client, entry, attempt, signal);
      } catch (error) {
        // Another deliverer recorded its try first.
        if (isConflict(error)) return undefined;
        throw error;
      }
    },

    async deadLettered(signal) {
      const client = await table();
      const counts = await inEveryWaiting(
        client,
        async (partition) => {
          let count = 0;
          for await (const _ of rowsUnder(client, partition, 'dead', { select: [], signal })) count++;
          return count;
        },
        signal,
      );
      return counts.reduce((sum, count) => sum + count, 0);
    },

    async addOnce(message) {
      const client = await table();
      const keys = { partitionKey: NOTICES, rowKey: rowKeys.added(message.id) };
      const added = { ...keys, AddedAt: new Date(), By: crypto.randomUUID() };
      try {
        await transact(client, [
          ['create', added],
          ['upsert', { partitionKey: NOTICES, ...toOutboxRow(message) }, 'Replace'],
        ]);
        return true;
      } catch (error) {
        // It is ours when only the answer was lost.
        const there = await readRow(client, NOTICES, keys.rowKey);
        if (there?.By === added.By) return true;
        if (isConflict(error)) return false;
        throw error;
      }
    },
  };
}

/** What keeps the mark costs a look at each run, and nothing else. */
async function forgetMark(
  client: TableClient,
  partition: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (partition === NOTICES || partition === EXCLUSIONS) return;
  await unmarkEmpty(client, partition, signal).catch(() => undefined);
}

/** A message that this version cannot read lies in the dead letters as it is: it holds up no other, and it is not lost. */
async function setAside(
  client: TableClient,
  partitionKey: string,
  row: Record<string, unknown>,
): Promise<void> {
  const outboxKey = String(row.rowKey);
  const message = Object.fromEntries(Object.entries(row).filter(([name]) => /^Message\d+$/.test(name)));
  const dead = {
    partitionKey,
    rowKey: rowKeys.dead(outboxKey.slice(rowKeys.outbox('').length)),
    DeadAt: new Date(),
    Reason: 'this version of the app cannot read it',
    Attempts: 0,
    ...message,
  };
  try {
    await transact(client, [
      ['delete', { partitionKey, rowKey: outboxKey }],
      ['upsert', dead, 'Replace'],
    ]);
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
}

async function recordAttempt(
  client: TableClient,
  entry: OutboxEntry,
  attempt: Attempt,
  signal: AbortSignal | undefined,
): Promise<OutboxEntry | undefined> {
  const { partition, etag } = entry.handle;
  const { id } = entry.message;
  const outboxRow = { partitionKey: partition, rowKey: rowKeys.outbox(id) };
  const remove: TransactionAction = ['delete', outboxRow];

  switch (attempt.kind) {
    case 'waiting': {
      const { nextAttemptAt, reason } = attempt;
      const attempts = entry.attempts + 1;
      const update = { ...outboxRow, Attempts: attempts, NextAttemptAt: nextAttemptAt, LastReason: reason };
      const updated = await client.updateEntity(update, 'Merge', {
        etag,
        ...(signal && { abortSignal: signal }),
      });
      return { ...entry, attempts, nextAttemptAt, handle: { partition, etag: updated.etag ?? '' } };
    }
    case 'dead': {
      const dead = {
        partitionKey: partition,
        rowKey: rowKeys.dead(id),
        DeadAt: attempt.at,
        Reason: attempt.reason,
        Attempts: entry.attempts + 1,
        ...packJson('Message', entry.message),
      };
      await transact(client, [remove, ['upsert', dead, 'Replace']], signal);
      return undefined;
    }
    case 'accepted': {
      const notified: TransactionAction[] = [];
      for await (const { rowKey } of rowsUnder(client, partition, `finding|${id}`, { select: [], signal })) {
        notified.push([
          'update',
          { partitionKey: partition, rowKey: String(rowKey), NotifiedAt: attempt.at },
          'Merge',
        ]);
      }
      // The outbox row goes last: a crash before that means a repeat, which the webhook function answers with "already delivered".
      while (notified.length > FINDINGS_PER_TRANSACTION)
        await transact(client, notified.splice(0, FINDINGS_PER_TRANSACTION), signal);
      await transact(client, [...notified, remove], signal);
      return undefined;
    }
  }
}
