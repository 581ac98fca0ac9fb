import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import type { Deliveries } from '../../ports/deliveries.ts';
import { readRowAt } from './read-row-at.ts';
import { isConflict, isMissing } from './table.ts';

const deliveryRow = z.object({
  etag: z.string(),
  DeliveredAt: z.date().optional(),
  SendingUntil: z.date().optional(),
});

/** One row for each message and channel; a partition for each message. Claims end by the storage's clock, whatever the senders' say. */
export function tableDeliveries(table: () => Promise<TableClient>): Deliveries {
  const keys = (messageId: string, channel: string) => ({
    partitionKey: `delivery|${messageId}`,
    rowKey: channel,
  });
  return {
    async claim(messageId, channel, { lastsMs, signal }) {
      const client = await table();
      const { partitionKey, rowKey } = keys(messageId, channel);
      const { row, storageTime } = await readRowAt(client, partitionKey, rowKey, signal);
      const before = row && deliveryRow.parse(row);
      if (before?.DeliveredAt) return { kind: 'delivered' };
      const { SendingUntil } = before ?? {};
      // Longer than any claim lasts: a sender whose clock was far ahead wrote it.
      const latest = new Date(storageTime.getTime() + lastsMs);
      if (SendingUntil && SendingUntil > storageTime && SendingUntil <= latest)
        return { kind: 'sending', until: SendingUntil };
      const claim = { partitionKey, rowKey, SendingUntil: latest, Claim: crypto.randomUUID() };
      const options = signal ? { abortSignal: signal } : {};
      try {
        if (before) await client.updateEntity(claim, 'Merge', { etag: before.etag, ...options });
        else await client.createEntity(claim, options);
        return { kind: 'granted' };
      } catch (error) {
        const { row: winner } = await readRowAt(client, partitionKey, rowKey, signal);
        // It was us, and the answer was lost.
        if (winner?.Claim === claim.Claim) return { kind: 'granted' };
        if (isConflict(error)) return { kind: 'sending', until: latest };
        throw error;
      }
    },
    async delivered(messageId, channel, at) {
      const client = await table();
      await client.upsertEntity({ ...keys(messageId, channel), DeliveredAt: at }, 'Merge');
    },
    async failed(messageId, channel) {
      const client = await table();
      const { partitionKey, rowKey } = keys(messageId, channel);
      await client.deleteEntity(partitionKey, rowKey).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      });
    },
  };
}
