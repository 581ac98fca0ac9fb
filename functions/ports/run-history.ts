import type { Finding } from '../domain/hunting/finding.ts';
import type { KeptReport } from '../domain/hunting/report.ts';
import type { ScopeHistory } from '../domain/messages/plan-weekly.ts';
import type { Scope } from './hunt-state.ts';

/** A finding as it is kept (long values are cut), and when every channel had it. */
export interface KeptFinding {
  messageId: string;
  finding: Finding;
  notifiedAt?: string;
}

/** What runs left behind, for people. Methods throw when the storage cannot be reached. */
export interface RunHistory {
  /** What one hunt on one workspace did since then. */
  since(scope: Scope, from: Date): Promise<ScopeHistory>;
  /** Reports of every hunt that ever ran, the latest run first. */
  recent(from: Date, most: number): Promise<KeptReport[]>;
  /**
   * One run, with its findings from the place on that `after` names, at most so many; `next` names the place where they go on. The report is absent when the run died before its end.
   * Undefined when nothing is kept of such a run.
   */
  run(
    runId: string,
    page: { after?: string; most: number },
  ): Promise<{ report?: KeptReport | undefined; findings: KeptFinding[]; next?: string } | undefined>;
}
