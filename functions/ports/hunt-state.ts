import type { LedgerMemory } from '../domain/exclusions/ledger.ts';
import type { RunReport } from '../domain/hunting/report.ts';
import type { Progress, RunPlan, SeenFacts } from '../domain/hunting/run-facts.ts';
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
  /**
   * Writes a plan: every batch as a whole, then the watermark and the run. After a crash in between, what was written is consistent, and the rest is
   * found again by the next run. Throws `LeaseLost` when another run took over.
   */
  commit(plan: RunPlan, report: RunReport): Promise<void>;
  /** Gives the lease back; harmless when it was lost. */
  release(): Promise<void>;
}

/** The run took longer than its lease and another one holds it now: nothing more was written. */
export class LeaseLost extends Error {
  constructor() {
    super('another run took over this hunt: nothing more was written');
  }
}

/** Where hunts remember. Methods throw when the storage cannot be reached. */
export interface HuntState {
  open(scope: Scope, lease: { owner: string; now: Date; until: Date }): Promise<HuntSession | LeaseHeld>;
  /** The memory as it is, without a lease: for a dry run. */
  peek(scope: Scope): Promise<HuntMemory>;
}
