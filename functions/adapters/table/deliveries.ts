import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import type { Deliveries } from '../../ports/deliveries.ts';
import { isConflict, statusOf } from './table.ts';

const deliveryRow = z.object({
  etag: z.string(),
  DeliveredAt: z.date().optional(),
  SendingUntil: z.date().optional(),
});

/** One row for each message and channel; a partition for each message. */
export function tableDeliveries(table: () => Promise<TableClient>): Deliveries {
  const keys = (messageId: string, channel: string) => ({
    partitionKey: `delivery|${messageId}`,
    rowKey: channel,
  });
  return {
    async claim(messageId, channel, { now, until }) {
      const client = await table();
      const row = { ...keys(messageId, channel), SendingUntil: until };
      const before = await client
        .getEntity(row.partitionKey, row.rowKey)
        .then((entity) => deliveryRow.parse(entity))
        .catch((error: unknown) => {
          if (statusOf(error) === 404) return undefined;
          throw error;
        });
      if (before?.DeliveredAt) return { kind: 'delivered' };
      if (before?.SendingUntil && before.SendingUntil > now)
        return { kind: 'sending', until: before.SendingUntil };
      try {
        if (before) await client.updateEntity(row, 'Merge', { etag: before.etag });
        else await client.createEntity(row);
        return { kind: 'granted' };
      } catch (error) {
        if (isConflict(error)) return { kind: 'sending', until };
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
        if (statusOf(error) !== 404) throw error;
      });
    },
  };
}
