import type { TableClient } from '@azure/data-tables';
import type { z } from 'zod';
import type { LeaseHeld, Scope } from '../../ports/hunt-state.ts';
import { rowKeys, SCOPES, stateRow } from './rows.ts';
import { isConflict, statusOf } from './table.ts';

/** The `state` row as it is read. */
export type State = z.infer<typeof stateRow>;

/** The lease, with the state as it was before. */
export interface Taken {
  kind: 'taken';
  etag: string;
  state: State | undefined;
}

/** Takes the lease of a scope, or tells until when another has it; writes the scope's first rows when it never ran. */
export async function takeLease(
  client: TableClient,
  scope: Scope,
  partition: string,
  lease: { owner: string; now: Date; until: Date },
): Promise<Taken | LeaseHeld> {
  const keys = { partitionKey: partition, rowKey: rowKeys.state };
  const hold = { LeaseOwner: lease.owner, LeaseUntil: lease.until };
  const state = await readState(client, partition);
  if (state?.LeaseUntil && state.LeaseUntil > lease.now) return { kind: 'held', until: state.LeaseUntil };
  try {
    if (!state) {
      await client.upsertEntity({
        partitionKey: SCOPES,
        rowKey: partition,
        HuntId: scope.hunt.id,
        HuntName: scope.hunt.name,
        WorkspaceId: scope.workspace.id,
      });
      const { etag } = await client.createEntity({ ...keys, ...hold });
      return { kind: 'taken', etag: etag ?? '', state };
    }
    const { etag } = await client.updateEntity({ ...keys, ...hold }, 'Merge', { etag: state.etag });
    return { kind: 'taken', etag: etag ?? '', state };
  } catch (error) {
    if (!isConflict(error)) throw error;
    // Somebody took it between our read and our write.
    const winner = await readState(client, partition);
    // It was us: the answer to a first try got lost, and the SDK tried again.
    if (winner?.LeaseOwner === lease.owner) return { kind: 'taken', etag: winner.etag, state };
    return { kind: 'held', until: winner?.LeaseUntil ?? lease.until };
  }
}

/** Undefined when the scope never ran. */
export async function readState(client: TableClient, partition: string): Promise<State | undefined> {
  try {
    return stateRow.parse(await client.getEntity(partition, rowKeys.state));
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}
