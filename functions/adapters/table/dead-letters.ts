import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import type { Change } from '../../domain/messages/kinds/changes-message.ts';
import type { DeadLetter, DeadLetters, DiscardedLetter } from '../../ports/dead-letters.ts';
import type { ChangeMade } from '../../ports/exclusion-store.ts';
import { untoldRow } from './change-notices.ts';
import { inEveryPartition } from './in-every-scope.ts';
import { readMessage, rowKeys, toOutboxRow } from './rows.ts';
import { isConflict, readRow, rowsUnder, transact } from './table.ts';

/** They lie where they waited, so that one comes back in one transaction. */
export function tableDeadLetters(table: () => Promise<TableClient>): DeadLetters {
  return {
    async list() {
      const client = await table();
      const letters = await inEveryPartition(client, async (partition) => {
        const found: DeadLetter[] = [];
        for await (const row of rowsUnder(client, partition, 'dead')) found.push(toLetter(row));
        return found;
      });
      return letters.flat().sort((one, other) => other.deadAt.getTime() - one.deadAt.getTime());
    },

    async revive(messageId, at) {
      const client = await table();
      return take(client, messageId, async (keys) => {
        const message = readMessage(await client.getEntity(keys.partitionKey, keys.rowKey));
        if (!message) return false;
        const waiting = { ...toOutboxRow(message), CreatedAt: at, NextAttemptAt: at };
        try {
          await transact(client, [
            ['delete', keys],
            ['upsert', { partitionKey: keys.partitionKey, ...waiting }, 'Replace'],
          ]);
        } catch (error) {
          // Done all the same when only the answer was lost.
          if (!(await readRow(client, keys.partitionKey, waiting.rowKey))) throw error;
        }
        return true;
      });
    },

    async discard(messageId, made) {
      const client = await table();
      return take(client, messageId, async (keys) => {
        const dead = await readRow(client, keys.partitionKey, keys.rowKey);
        return dead !== undefined && discard(client, keys, { messageId, dead, made });
      });
    },

    async discarded() {
      const client = await table();
      const letters = await inEveryPartition(client, async (partition) => {
        const found: DiscardedLetter[] = [];
        for await (const row of rowsUnder(client, partition, 'discarded')) found.push(toDiscarded(row));
        return found;
      });
      return letters.flat().sort((one, other) => other.at.getTime() - one.at.getTime());
    },
  };
}

/** What is to be told of it is announced first: it lies in another partition, and counts once the row that this leaves behind is there. */
async function discard(
  client: TableClient,
  keys: { partitionKey: string; rowKey: string },
  { messageId, dead, made }: { messageId: string; dead: Record<string, unknown>; made: ChangeMade },
): Promise<boolean> {
  const { partitionKey } = keys;
  const { by, claimed, at } = made;
  const rowKey = rowKeys.discarded(messageId);
  const change: Change = {
    what: 'dead-letter-discarded',
    subject: messageId,
    at: at.toISOString(),
    by,
    claimed,
  };
  const untold = untoldRow(change, { partition: partitionKey, rowKey });
  await client.createEntity(untold);
  const kept = Object.fromEntries(Object.entries(dead).filter(([name]) => /^Message\d+$/.test(name)));
  const discarded = {
    partitionKey,
    rowKey,
    By: by,
    Claimed: claimed,
    At: at,
    Notice: untold.rowKey,
    ...kept,
  };
  try {
    await transact(client, [
      ['delete', keys],
      ['upsert', discarded, 'Replace'],
    ]);
  } catch (error) {
    // Done all the same when only the answer was lost.
    const left = await readRow(client, partitionKey, rowKey);
    if (left?.Notice !== untold.rowKey) throw error;
  }
  return true;
}

/** Does it in the partition that has the letter; false when none has, or somebody else was faster. */
async function take(
  client: TableClient,
  messageId: string,
  act: (keys: { partitionKey: string; rowKey: string }) => Promise<boolean>,
): Promise<boolean> {
  const rowKey = rowKeys.dead(messageId);
  const taken = await inEveryPartition(client, async (partitionKey) => {
    try {
      return await act({ partitionKey, rowKey });
    } catch (error) {
      if (isConflict(error)) return false;
      throw error;
    }
  });
  return taken.includes(true);
}

const discardedRow = z.object({ rowKey: z.string(), By: z.string(), Claimed: z.boolean(), At: z.date() });

function toDiscarded(row: Record<string, unknown>): DiscardedLetter {
  const { rowKey, By: by, Claimed: claimed, At: at } = discardedRow.parse(row);
  const id = rowKey.slice(rowKeys.discarded('').length);
  return { id, message: readMessage(row) ?? null, by, claimed, at };
}

const deadRow = z.object({ rowKey: z.string(), Reason: z.string(), Attempts: z.number(), DeadAt: z.date() });

function toLetter(row: Record<string, unknown>): DeadLetter {
  const { rowKey, Reason: reason, Attempts: attempts, DeadAt: deadAt } = deadRow.parse(row);
  const id = rowKey.slice(rowKeys.dead('').length);
  return { id, message: readMessage(row) ?? null, reason, attempts, deadAt };
}
