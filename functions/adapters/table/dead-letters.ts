import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { messageSchema } from '../../domain/messages/message.ts';
import type { DeadLetter, DeadLetters } from '../../ports/dead-letters.ts';
import { inEveryPartition } from './in-every-scope.ts';
import { rowKeys, toOutboxRow, unpackJson } from './rows.ts';
import { isConflict, rowsUnder, transact } from './table.ts';

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
        const { message } = toLetter(await client.getEntity(keys.partitionKey, keys.rowKey));
        const waiting = { ...toOutboxRow(message), CreatedAt: at, NextAttemptAt: at };
        await transact(client, [
          ['delete', keys],
          ['upsert', { partitionKey: keys.partitionKey, ...waiting }, 'Replace'],
        ]);
      });
    },

    async discard(messageId) {
      const client = await table();
      return take(client, messageId, async ({ partitionKey, rowKey }) => {
        await client.deleteEntity(partitionKey, rowKey);
      });
    },
  };
}

/** Does it in the partition that has the letter; false when none has, or somebody else was faster. */
async function take(
  client: TableClient,
  messageId: string,
  act: (keys: { partitionKey: string; rowKey: string }) => Promise<void>,
): Promise<boolean> {
  const rowKey = rowKeys.dead(messageId);
  const taken = await inEveryPartition(client, async (partitionKey) => {
    try {
      await act({ partitionKey, rowKey });
      return true;
    } catch (error) {
      if (isConflict(error)) return false;
      throw error;
    }
  });
  return taken.includes(true);
}

const deadRow = z.object({ Reason: z.string(), Attempts: z.number(), DeadAt: z.date() });

function toLetter(row: Record<string, unknown>): DeadLetter {
  const { Reason: reason, Attempts: attempts, DeadAt: deadAt } = deadRow.parse(row);
  return { message: messageSchema.parse(unpackJson(row, 'Message')), reason, attempts, deadAt };
}
