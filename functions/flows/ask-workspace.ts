import type { Answers, LogsAnswer } from '../domain/hunting/read-answers.ts';
import type { Span } from '../domain/hunting/span.ts';
import type { SliceQueries } from '../domain/kql/slice-queries.ts';
import type { Logs } from '../ports/logs.ts';
import type { HuntJob } from './hunt-job.ts';

/** Puts one query to the workspace of a run, until its deadline; the service skips what lies outside of the span. */
export type AskWorkspace = (kql: string, timespan: Span) => Promise<LogsAnswer>;

/** The service works on one query for 10 minutes at most. */
const LONGEST_QUERY_SECONDS = 600;

export function askWorkspace(
  logs: Logs,
  job: Pick<HuntJob, 'workspace' | 'signal' | 'shareMs'>,
): AskWorkspace {
  const { workspace, signal, shareMs } = job;
  const secondsLeft = Math.floor(shareMs / 1000);
  const serverTimeoutSeconds = Math.min(LONGEST_QUERY_SECONDS, Math.max(1, secondsLeft));
  return (kql, timespan) =>
    logs.query({ workspaceId: workspace.id, kql, timespan, signal, serverTimeoutSeconds });
}

/** The three queries side by side; without exclusions to apply there are two. */
export async function askAll(
  queries: SliceQueries,
  spans: { hunt: Span; coverage: Span },
  ask: AskWorkspace,
): Promise<Answers> {
  const [withExclusions, withoutExclusions, coverage] = await Promise.all([
    ask(queries.withExclusions, spans.hunt),
    queries.withoutExclusions === undefined ? undefined : ask(queries.withoutExclusions, spans.hunt),
    ask(queries.coverage, spans.coverage),
  ]);
  return { withExclusions, ...(withoutExclusions && { withoutExclusions }), coverage };
}
