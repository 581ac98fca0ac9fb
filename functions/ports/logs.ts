import type { ResultTable } from '../domain/sighting.ts';

/** One KQL query on one Log Analytics workspace. */
export interface LogsRequest {
  workspaceId: string;
  kql: string;
  /** Intersected by the service with whatever the query itself says of time. */
  timespan: { from: Date; to: Date };
  /** Aborted at the run's deadline. */
  signal: AbortSignal;
  /** How long the service may work on it; 1 to 600 (the service's maximum). */
  serverTimeoutSeconds: number;
}

/** `partial`: the service gave up midway, the rows that came are good but not all. `failed`: no rows; `reason` is fit for a report. */
export type LogsAnswer =
  | { kind: 'complete'; table: ResultTable }
  | { kind: 'partial'; table: ResultTable; reason: string }
  | { kind: 'failed'; reason: string };

/** Where hunts are run. Never throws for what the service or the network does: that is an answer. */
export interface Logs {
  query(request: LogsRequest): Promise<LogsAnswer>;
}
