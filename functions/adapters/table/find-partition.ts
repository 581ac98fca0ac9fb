import type { TableClient } from '@azure/data-tables';
import type { Scope } from '../../ports/hunt-state.ts';
import { partitionOf, rowKeys, SCOPES } from './rows.ts';
import { readRow } from './table.ts';

/**
 * Where a scope's rows lie. Ids of workspaces are the same in capitals and in small letters, and keys are not: a scope that was written under another
 * spelling goes on there.
 */
export async function findPartition(
  client: TableClient,
  scope: Scope,
  signal?: AbortSignal,
): Promise<string> {
  const own = partitionOf(scope);
  if (await readRow(client, own, rowKeys.state, signal)) return own;
  const { hunt, workspace } = scope;
  const spellings = [workspace.id.toLowerCase(), workspace.id.toUpperCase()].filter(
    (id) => id !== workspace.id,
  );
  const guesses = spellings.map((id) => partitionOf({ hunt, workspace: { id } }));
  const { odata } = await import('@azure/data-tables');
  const filter = odata`PartitionKey eq ${SCOPES} and HuntId eq ${hunt.id}`;
  const listed = client.listEntities<{ rowKey: string; WorkspaceId?: string }>({
    queryOptions: { filter },
    ...(signal && { abortSignal: signal }),
  });
  for await (const { rowKey, WorkspaceId } of listed)
    if (rowKey !== own && WorkspaceId?.toLowerCase() === workspace.id.toLowerCase()) guesses.push(rowKey);
  for (const guess of new Set(guesses)) if (await readRow(client, guess, rowKeys.state, signal)) return guess;
  return own;
}
