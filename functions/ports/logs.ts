import type { LogsAnswer } from '../domain/hunting/read-answers.ts';

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

/** Where hunts are run. Never throws for what the service or the network does: that is an answer. */
export interface Logs {
  query(request: LogsRequest): Promise<LogsAnswer>;
}
