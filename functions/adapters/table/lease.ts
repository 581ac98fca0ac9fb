import type { TableClient } from '@azure/data-tables';
import type { LeaseHeld, LeaseRequest, Scope } from '../../ports/hunt-state.ts';
import type { Place } from './find-place.ts';
import { readState, type State } from './read-state.ts';
import { rowKeys, SCOPES } from './rows.ts';
import { isConflict } from './table.ts';
import { toMark } from './waiting.ts';

/** The lease, with the state as it was before. */
export interface Taken {
  kind: 'taken';
  etag: string;
  state: State | undefined;
  /** Runs since the last one that came to its end: they died with the lease in their hands. */
  abandoned: number;
  /** By the storage's clock. */
  until: Date;
  /** On this machine's monotonic clock (`performance.now()`): after it nothing is written. */
  endsAt: number;
}

/**
 * The version before leases had columns of their own reads `LeaseUntil`. It must not run on what this one wrote, so it finds the hunt held, for good.
 */
const PARKED = new Date('9999-12-31T00:00:00Z');
/** That version's leases were shorter than this, and by a clock that could be wrong; the storage knows when one was written. */
const LONGEST_OLD_LEASE_MS = 10 * 60_000;
/** A `Date` header has whole seconds. */
const SECOND_MS = 1_000;

/**
 * Takes the lease of a scope, or tells until when another has it. Its time is the storage's (the `Date` of its answers), so that no instance's clock
 * matters. Sees to it that the scope is in the list of scopes.
 */
export async function takeLease(
  client: TableClient,
  scope: Scope,
  { partition, state, storageTime }: Place,
  { owner, now, lastsMs, signal, turn }: LeaseRequest,
): Promise<Taken | LeaseHeld> {
  const keys = { partitionKey: partition, rowKey: rowKeys.state };
  const endsAt = performance.now() + lastsMs;
  const heldUntil = endOfLease(state);
  if (heldUntil > storageTime) return { kind: 'held', until: heldUntil };
  const abandoned = state?.LeaseEnds && !state.LeaseReleased ? state.Abandoned + 1 : (state?.Abandoned ?? 0);
  const until = new Date(storageTime.getTime() + SECOND_MS + lastsMs);
  await listScope(client, scope, partition, { until, marked: state?.MarksWaiting === true, signal });
  const hold = {
    LeaseOwner: owner,
    LeaseEnds: until,
    LeaseReleased: false,
    LeaseUntil: PARKED,
    Abandoned: abandoned,
    MarksWaiting: true,
    ...(turn && { TurnAt: now }),
  };
  const taken = { kind: 'taken' as const, state, abandoned, until, endsAt };
  const options = { abortSignal: signal };
  try {
    const { etag } = state
      ? await client.updateEntity({ ...keys, ...hold }, 'Merge', { etag: state.etag, ...options })
      : await client.createEntity({ ...keys, ...hold }, options);
    return { ...taken, etag: etag ?? '' };
  } catch (error) {
    // Somebody took it between our read and our write, or the answer to our write was lost.
    const { state: winner } = await readState(client, partition, signal);
    if (winner?.LeaseOwner === owner) return { ...taken, etag: winner.etag };
    if (!isConflict(error)) throw error;
    return { kind: 'held', until: winner ? endOfLease(winner) : until };
  }
}

/**
 * What gives it back: no clock is asked whether it has ended. The owner stays, it tells our own writes from another's. Runs that died before stay counted
 * until a streak has them.
 */
export const released = { LeaseReleased: true };

function endOfLease(state: State | undefined): Date {
  const free = new Date(0);
  if (!state) return free;
  if (state.LeaseEnds) return state.LeaseReleased ? free : state.LeaseEnds;
  if (!state.LeaseUntil) return free;
  const longest = (state.timestamp?.getTime() ?? 0) + LONGEST_OLD_LEASE_MS;
  return new Date(Math.min(state.LeaseUntil.getTime(), longest));
}

/**
 * So that the scope's messages are found whatever becomes of the hunt. Written at every run: who lost it gets it again. The version before did not mark what
 * waits, so the first run of this one does.
 */
async function listScope(
  client: TableClient,
  { hunt, workspace }: Scope,
  partition: string,
  { until, marked, signal }: { until: Date; marked: boolean; signal: AbortSignal },
): Promise<void> {
  const row = { partitionKey: SCOPES, rowKey: partition };
  await client.upsertEntity(
    {
      ...row,
      HuntId: hunt.id,
      HuntName: hunt.name,
      WorkspaceId: workspace.id,
      ...(!marked && toMark(until)),
    },
    'Merge',
    { abortSignal: signal },
  );
}
