import type { LedgerMemory } from '../domain/exclusions/ledger.ts';
import type { Health } from '../domain/hunting/plan-health.ts';
import type { RunReport } from '../domain/hunting/report.ts';
import type { Commit, Progress, SeenFacts } from '../domain/hunting/run-facts.ts';
import type { Sighting } from '../domain/hunting/sighting.ts';

/** What memory, findings and messages belong to: one hunt on one workspace. */
export interface Scope {
  hunt: { id: string; name: string };
  workspace: { id: string; name?: string };
}

/** Another run, on the timer or by hand, is at the same hunt and workspace. */
export interface LeaseHeld {
  kind: 'held';
  until: Date;
}

/**
 * `lastsMs` from now, by the storage's clock: after it nothing is written. `now` is the run's. The signal ends whatever the session does. `turn`: the hunt is
 * run, and not just something noted of it.
 */
export interface LeaseRequest {
  owner: string;
  now: Date;
  lastsMs: number;
  signal: AbortSignal;
  turn: boolean;
}

/** What is remembered of a scope. */
export interface HuntMemory {
  progress: Progress;
  /** What is remembered of these sightings and of whatever else their devices did, by `key`. */
  recall(sightings: readonly Sighting[]): Promise<ReadonlyMap<string, SeenFacts>>;
  /** What is remembered of exclusions: reads whatever is hidden at all. */
  recallLedger(): Promise<LedgerMemory>;
}

/** A run's hold on a scope's state. */
export interface HuntSession extends HuntMemory {
  kind: 'open';
  /** Runs before this one that died with the lease in their hands, and that no streak counts yet. */
  abandoned: number;
  /** Writes what they mean for the hunt's health. */
  tell(health: Health): Promise<void>;
  /**
   * Writes a plan: every batch as a whole, then the watermark and the run. After a crash in between, what was written is consistent, and the rest is
   * found again by the next run. An answer of the storage that was lost is looked up. Throws `CommitBroken`, which says how far it came.
   * The last one gives the lease back; `more`: another follows.
   */
  commit(plan: Commit, report: RunReport, more?: 'more'): Promise<void>;
  /** Gives the lease back; harmless when it was lost. */
  release(): Promise<void>;
}

/** A commit that ended before its end: the first `storedBatches` of the plan are stored, and their messages will be sent. */
export class CommitBroken extends Error {
  readonly storedBatches: number;
  /** Whether the next step is stored too could not be found out. */
  readonly unsure: boolean;
  constructor(reason: string, storedBatches: number, unsure = false) {
    super(reason);
    this.storedBatches = storedBatches;
    this.unsure = unsure;
  }
}

/** The run took longer than its lease: another one may hold it, and nothing more was written. */
export class LeaseLost extends CommitBroken {
  constructor(storedBatches = 0) {
    super('the run lost its hold on this hunt: nothing more was written', storedBatches);
  }
}

/** Where hunts remember. Methods throw when the storage cannot be reached. */
export interface HuntState {
  open(scope: Scope, lease: LeaseRequest): Promise<HuntSession | LeaseHeld>;
  /** The memory as it is, without a lease: for a dry run. */
  peek(scope: Scope, signal?: AbortSignal): Promise<HuntMemory>;
}
