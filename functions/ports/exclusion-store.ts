import type { Change } from '../domain/messages/kinds/changes-message.ts';

/** An entry of the app's own exclusion list, as its author wrote it. */
export interface StoredExclusion {
  id: string;
  entry: unknown;
  changedAt: Date;
  /** Changes with every write; opaque. */
  etag: string;
}

/** One change of an entry; `entry` is what it said from then on. */
export interface ExclusionChange {
  action: 'created' | 'replaced' | 'removed';
  by: string;
  /** Nobody checked the name. */
  claimed: boolean;
  at: Date;
  entry?: unknown;
}

/** What a write expects: that there is no such entry, that there is one, or that it is still the one with this ETag. */
export type Expected = 'absent' | 'present' | { etag: string };

/** Somebody else's change came first: nothing was written. */
export interface Conflict {
  kind: 'conflict';
}

/** Who makes a change, when, and what people are told of it. */
export interface ChangeMade {
  by: string;
  /** Nobody checked the name. */
  claimed: boolean;
  at: Date;
}

/** An entry that was taken out; its history stays. */
export interface RemovedExclusion {
  id: string;
  at: Date;
  /** Unknown of one that an older version of the app removed. */
  by?: string;
}

export type RemoveOutcome = { kind: 'removed' | 'absent' } | Conflict;

/** Exclusions that change without a deployment. Methods throw when the storage cannot be reached. */
export interface ExclusionStore {
  list(signal?: AbortSignal): Promise<StoredExclusion[]>;
  /** The latest first. */
  removed(): Promise<RemovedExclusion[]>;
  get(id: string): Promise<StoredExclusion | undefined>;
  /** Writes the entry, its change, and what is to be told of it, together. */
  put(
    id: string,
    entry: unknown,
    change: ChangeMade & { told: NonNullable<Change['exclusion']> },
    expected: Expected,
  ): Promise<{ kind: 'created' | 'replaced'; etag: string } | Conflict>;
  remove(id: string, change: ChangeMade, expected: Expected): Promise<RemoveOutcome>;
  /** Every change of an entry, the latest first; also of one that was removed. */
  history(id: string): Promise<ExclusionChange[]>;
}
