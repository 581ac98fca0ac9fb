import type { Scope } from './hunt-state.ts';

/** What is older is not needed any more. */
export interface Retained {
  /** Identities last seen, findings of runs. */
  memory: Date;
  /** Reports of runs. */
  runs: Date;
}

/** Takes out of a scope's memory what has aged. Bounded: what one call leaves, a later one takes. Throws when the storage cannot be reached. */
export interface Retention {
  /** @returns how many rows were taken out */
  forget(scope: Scope, before: Retained, signal: AbortSignal): Promise<number>;
}
