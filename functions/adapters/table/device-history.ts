import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { entityName } from '../../domain/hunting/entities.ts';
import { deviceKeyOf } from '../../domain/hunting/sighting.ts';
import type { DeviceHistory, MessageTrace, RememberedThing } from '../../ports/device-history.ts';
import { inEveryScope } from './in-every-scope.ts';
import { entityKeyOf, rowKeys } from './rows.ts';
import { reportsSince } from './run-history.ts';
import { fromSeenRow, type Lists, listsOf } from './seen-rows.ts';
import { stateRow } from './state-row.ts';
import { readRow, rowsUnder } from './table.ts';

/** Reads what runs wrote, for explanations and previews. */
export function tableDeviceHistory(table: () => Promise<TableClient>): DeviceHistory {
  return {
    scopes: async () => inEveryScope(await table(), async (scope) => scope),

    async progress({ partition }) {
      const row = await readRow(await table(), partition, rowKeys.state);
      const state = row && stateRow.parse(row);
      return {
        ...(state?.BaselineAt && { baselineAt: state.BaselineAt }),
        ...(state?.Watermark && { searchedUntil: state.Watermark }),
      };
    },

    async thingsOf({ partition }, device) {
      const client = await table();
      const direct = await collect(client, partition, deviceKeyOf({ id: device }));
      if (direct.length > 0) return direct;
      const things = await collect(client, partition);
      return things.filter((thing) => answersTo(thing, device.trim().toLowerCase()));
    },

    async thingsWith({ partition }, entity) {
      const client = await table();
      const found = [];
      const lists = listsOf(client, partition);
      const prefix = `entity|${entityKeyOf(entity)}`;
      for await (const { rowKey } of rowsUnder(client, partition, prefix, { select: [] })) {
        const [, , deviceKey, key = ''] = String(rowKey).split('|');
        const row = await readRow(client, partition, rowKeys.seen({ key, ...(deviceKey && { deviceKey }) }));
        if (row) found.push(await toThing(row, lists));
      }
      if (found.length > 0) return found;
      // What an older version wrote stands in no index until it is seen again.
      const things = await collect(client, partition);
      return things.filter(({ identity }) => valuesIn(identity).includes(entityName(entity)));
    },

    async findings({ partition }) {
      const findings = [];
      for await (const row of rowsUnder(await table(), partition, 'finding', {
        select: findingColumns,
      })) {
        const { rowKey, Kind, SeenKey, DeviceKey, NotifiedAt } = findingRow.parse(row);
        const [, messageId = '', id = ''] = rowKey.split('|');
        findings.push({
          id,
          kind: Kind,
          messageId,
          seenKey: SeenKey,
          deviceKey: DeviceKey,
          ...(NotifiedAt && { notifiedAt: NotifiedAt }),
        });
      }
      return findings;
    },

    async runsSince({ partition }, since) {
      const reports = await reportsSince(await table(), partition, since);
      return reports.reverse();
    },

    async trace({ partition }, messageId) {
      const client = await table();
      const deliveries: MessageTrace['deliveries'] = [];
      const { odata } = await import('@azure/data-tables');
      const queryOptions = { filter: odata`PartitionKey eq ${`delivery|${messageId}`}` };
      for await (const row of client.listEntities({ queryOptions })) {
        const { rowKey: channel, DeliveredAt: at } = deliveryRow.parse(row);
        deliveries.push({ channel, ...(at && { at }) });
      }
      const waiting = await readRow(client, partition, rowKeys.outbox(messageId));
      const dead = waiting ? undefined : await readRow(client, partition, rowKeys.dead(messageId));
      const { Attempts, Reason, LastReason } = attemptRow.parse(waiting ?? dead ?? {});
      const reason = Reason ?? LastReason;
      return {
        state: waiting ? 'waiting' : dead ? 'given-up' : 'delivered',
        attempts: Attempts,
        ...(reason !== undefined && { reason }),
        deliveries,
      };
    },
  };
}

const thingRow = z.object({
  DeviceId: z.string().optional(),
  DeviceName: z.string().optional(),
  Identity: z.string(),
});
const findingRow = z.object({
  rowKey: z.string(),
  Kind: z.string(),
  SeenKey: z.string(),
  DeviceKey: z.string(),
  NotifiedAt: z.date().optional(),
});
const findingColumns = Object.keys(findingRow.shape);
const deliveryRow = z.object({ rowKey: z.string(), DeliveredAt: z.date().optional() });
const attemptRow = z.object({
  Attempts: z.number().default(0),
  Reason: z.string().optional(),
  LastReason: z.string().optional(),
});

async function collect(
  client: TableClient,
  partition: string,
  deviceKey?: string,
): Promise<RememberedThing[]> {
  const things = [];
  const lists = listsOf(client, partition);
  for await (const row of rowsUnder(
    client,
    partition,
    deviceKey === undefined ? 'seen' : `seen|${deviceKey}`,
  )) {
    things.push(await toThing(row, lists));
  }
  return things;
}

async function toThing(row: Record<string, unknown>, lists: Lists): Promise<RememberedThing> {
  const { DeviceId: id, DeviceName: name, Identity: identity } = thingRow.parse(row);
  const { deviceKey: key = '', ...facts } = await fromSeenRow(row, lists);
  return { ...facts, deviceKey: key, device: { ...(id && { id }), ...(name && { name }) }, identity };
}

/** The values of an identity's JSON; none when it is cut. */
function valuesIn(identity: string): string[] {
  try {
    return Object.values(z.record(z.string(), z.string()).parse(JSON.parse(identity))).map(entityName);
  } catch {
    return [];
  }
}

function answersTo({ device: { id = '', name = '' } }: RememberedThing, wanted: string): boolean {
  const full = name.toLowerCase();
  return [id.toLowerCase(), full, full.split('.')[0]].includes(wanted);
}
