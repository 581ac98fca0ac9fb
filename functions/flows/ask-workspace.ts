import type { Answers, LogsAnswer } from '../domain/hunting/read-answers.ts';
import type { Window } from '../domain/hunting/window.ts';
import type { HuntQueries } from '../domain/kql/build-queries.ts';
import type { Logs } from '../ports/logs.ts';
import type { HuntJob } from './hunt-job.ts';

/** Puts one query to the workspace of a run, over its window, until its deadline. */
export type AskWorkspace = (kql: string) => Promise<LogsAnswer>;

/** The service works on one query for 10 minutes at most. */
const LONGEST_QUERY_SECONDS = 600;

export function askWorkspace(logs: Logs, job: HuntJob, { timespan }: Window): AskWorkspace {
  const { workspace, signal, shareMs } = job;
  const secondsLeft = Math.floor(shareMs / 1000);
  const serverTimeoutSeconds = Math.min(LONGEST_QUERY_SECONDS, Math.max(1, secondsLeft));
  return (kql) => logs.query({ workspaceId: workspace.id, kql, timespan, signal, serverTimeoutSeconds });
}

/** The three queries side by side; without exclusions to apply there are two. */
export async function askAll(queries: HuntQueries, ask: AskWorkspace): Promise<Answers> {
  const [withExclusions, withoutExclusions, coverage] = await Promise.all([
    ask(queries.withExclusions),
    queries.withoutExclusions === undefined ? undefined : ask(queries.withoutExclusions),
    ask(queries.coverage),
  ]);
  return { withExclusions, ...(withoutExclusions && { withoutExclusions }), coverage };
}
