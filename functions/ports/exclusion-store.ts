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
  at: Date;
  entry?: unknown;
}

/** What a write expects: that there is no such entry, that there is one, or that it is still the one with this ETag. */
export type Expected = 'absent' | 'present' | { etag: string };

/** Somebody else's change came first: nothing was written. */
export interface Conflict {
  kind: 'conflict';
}

export type RemoveOutcome = { kind: 'removed' | 'absent' } | Conflict;

/** Exclusions that change without a deployment. Methods throw when the storage cannot be reached. */
export interface ExclusionStore {
  list(signal?: AbortSignal): Promise<StoredExclusion[]>;
  get(id: string): Promise<StoredExclusion | undefined>;
  /** Writes the entry and its change together. */
  put(
    id: string,
    entry: unknown,
    change: { by: string; at: Date },
    expected: Expected,
  ): Promise<{ kind: 'created' | 'replaced'; etag: string } | Conflict>;
  remove(id: string, change: { by: string; at: Date }, expected: Expected): Promise<RemoveOutcome>;
  /** Every change of an entry, the latest first; also of one that was removed. */
  history(id: string): Promise<ExclusionChange[]>;
}
