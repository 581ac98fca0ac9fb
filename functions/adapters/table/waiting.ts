import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { readRowAt } from './read-row-at.ts';
import { EXCLUSIONS, NOTICES, rowKeys, SCOPES } from './rows.ts';
import { rowsUnder } from './table.ts';

/**
 * Which partitions hold messages that wait or were given up: a mark in the list of scopes, so that nobody reads the others. It is set before such a message is
 * committed, and taken away once there is none and nobody can commit one under it any more. A scope without a mark is one that an older version listed.
 */
const mark = z.object({
  rowKey: z.string(),
  etag: z.string().optional(),
  Waiting: z.boolean().default(true),
  /** By the storage's clock: what is committed under the mark is committed before. */
  WaitingUntil: z.date().optional(),
});

/** The columns of a mark. */
export function toMark(until: Date) {
  return { Waiting: true, WaitingUntil: until };
}

/** To be done before a message is committed in the partition, by whoever holds its lease until then. */
export async function markWaiting(
  client: TableClient,
  partition: string,
  until: Date,
  signal: AbortSignal,
): Promise<void> {
  const row = { partitionKey: SCOPES, rowKey: partition, ...toMark(until) };
  await client.upsertEntity(row, 'Merge', { abortSignal: signal });
}

/** Partitions that may hold messages, those of no hunt among them. */
export async function waitingPartitions(client: TableClient, signal?: AbortSignal): Promise<string[]> {
  const { odata } = await import('@azure/data-tables');
  const listed = client.listEntities({
    queryOptions: { filter: odata`PartitionKey eq ${SCOPES} and not (Waiting eq false)` },
    ...(signal && { abortSignal: signal }),
  });
  const marked: string[] = [];
  for await (const row of listed) marked.push(mark.parse(row).rowKey);
  return [...marked, NOTICES, EXCLUSIONS];
}

/** Takes the mark of a partition away when nothing is in it and nothing can come under that mark. */
export async function unmarkEmpty(
  client: TableClient,
  partition: string,
  signal?: AbortSignal,
): Promise<void> {
  const { row, storageTime } = await readRowAt(client, SCOPES, partition, signal);
  const { Waiting, WaitingUntil, etag } = mark.parse(row ?? { rowKey: partition, Waiting: false });
  if (!Waiting || !etag || !WaitingUntil || WaitingUntil >= storageTime) return;
  // A message goes from the one to the other and back: a second look at the first misses none on its way.
  for (const prefix of ['dead', 'outbox', 'dead']) if (await holds(client, partition, prefix, signal)) return;
  await client.updateEntity({ partitionKey: SCOPES, rowKey: partition, Waiting: false }, 'Merge', {
    etag,
    ...(signal && { abortSignal: signal }),
  });
}

async function holds(
  client: TableClient,
  partition: string,
  prefix: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  for await (const _ of rowsUnder(client, partition, prefix, { select: [], signal })) return true;
  return false;
}

/** Whether a row is a message that waits. */
export function isMessage(rowKey: string): boolean {
  return rowKey.startsWith(rowKeys.outbox(''));
}
