import type { TableClient } from '@azure/data-tables';
import pLimit from 'p-limit';
import { z } from 'zod';
import type { KnownScope } from '../../ports/device-history.ts';
import { EXCLUSIONS, NOTICES, SCOPES } from './rows.ts';
import { waitingPartitions } from './waiting.ts';

/** Partitions read side by side: a range read of an empty range takes a round trip each. */
const READS_AT_ONCE = 8;

const scopeRow = z
  .object({ rowKey: z.string(), HuntId: z.string(), HuntName: z.string(), WorkspaceId: z.string() })
  .transform(
    ({ rowKey: partition, HuntId: huntId, HuntName: huntName, WorkspaceId: workspaceId }): KnownScope => ({
      partition,
      huntId,
      huntName,
      workspaceId,
    }),
  );

/** Reads something of every hunt on every workspace that ever ran. */
export async function inEveryScope<T>(
  client: TableClient,
  read: (scope: KnownScope) => Promise<T>,
  signal?: AbortSignal,
): Promise<T[]> {
  const { odata } = await import('@azure/data-tables');
  const limit = pLimit(READS_AT_ONCE);
  const reads: Promise<T>[] = [];
  for await (const row of client.listEntities({
    queryOptions: { filter: odata`PartitionKey eq ${SCOPES}` },
    ...(signal && { abortSignal: signal }),
  })) {
    reads.push(limit(read, scopeRow.parse(row)));
  }
  return Promise.all(reads);
}

/** Reads something of every partition that may hold messages. */
export async function inEveryWaiting<T>(
  client: TableClient,
  read: (partition: string) => Promise<T>,
  signal?: AbortSignal,
): Promise<T[]> {
  const limit = pLimit(READS_AT_ONCE);
  const partitions = await waitingPartitions(client, signal);
  return Promise.all(partitions.map((partition) => limit(read, partition)));
}

/** Reads something of every partition that ever held a message. */
export async function inEveryPartition<T>(
  client: TableClient,
  read: (partition: string) => Promise<T>,
  signal?: AbortSignal,
): Promise<T[]> {
  const [scopes, ...others] = await Promise.all([
    inEveryScope(client, ({ partition }) => read(partition), signal),
    read(NOTICES),
    read(EXCLUSIONS),
  ]);
  return [...scopes, ...others];
}
