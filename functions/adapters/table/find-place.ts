import type { TableClient } from '@azure/data-tables';
import type { Scope } from '../../ports/hunt-state.ts';
import { readState, type StateAt } from './read-state.ts';
import { partitionOf, SCOPES } from './rows.ts';

/** A scope's partition, and its state there. */
export interface Place extends StateAt {
  partition: string;
}

/**
 * Where a scope's rows lie. Ids of workspaces are the same in capitals and in small letters, and keys are not: a scope that was written under another
 * spelling goes on there.
 */
export async function findPlace(client: TableClient, scope: Scope, signal?: AbortSignal): Promise<Place> {
  const partition = partitionOf(scope);
  const own = await readState(client, partition, signal);
  if (own.state) return { partition, ...own };
  for (const other of await otherSpellings(client, scope, signal)) {
    const there = await readState(client, other, signal);
    if (there.state) return { partition: other, ...there };
  }
  return { partition, ...own };
}

async function otherSpellings(
  client: TableClient,
  { hunt, workspace }: Scope,
  signal: AbortSignal | undefined,
): Promise<Set<string>> {
  const id = workspace.id.toLowerCase();
  const found = new Set(
    [id, id.toUpperCase()].map((spelling) => partitionOf({ hunt, workspace: { id: spelling } })),
  );
  const { odata } = await import('@azure/data-tables');
  const listed = client.listEntities<{ rowKey: string; WorkspaceId?: string }>({
    queryOptions: { filter: odata`PartitionKey eq ${SCOPES} and HuntId eq ${hunt.id}` },
    ...(signal && { abortSignal: signal }),
  });
  for await (const { rowKey, WorkspaceId } of listed)
    if (WorkspaceId?.toLowerCase() === id) found.add(rowKey);
  found.delete(partitionOf({ hunt, workspace }));
  return found;
}
