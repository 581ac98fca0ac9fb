import { type Exclusion, exclusionsFor } from './domain/exclusions/exclusion.ts';
import type { Hunt } from './domain/hunt.ts';
import { buildQueries, type HuntQueries } from './domain/kql/build-queries.ts';
import { planRun } from './domain/plan-run.ts';
import { type Answers, readAnswers } from './domain/read-answers.ts';
import { type RunReport, toEmptyReport, toReport } from './domain/report.ts';
import { planWindow, type Window } from './domain/window.ts';
import type { HuntState } from './ports/hunt-state.ts';
import type { Logs } from './ports/logs.ts';

/** One hunt on one workspace, and how to run it. */
export interface HuntJob {
  runId: string;
  hunt: Hunt;
  workspace: { id: string; name?: string };
  exclusions: { entries: readonly Exclusion[]; leftOut: readonly { id: string; reason: string }[] };
  /** Nothing is written, so nothing is posted. */
  dryRun: boolean;
  /** Asked for by a person; absent: the query's own, or the default. */
  requestedLookbackMs?: number;
  policy: { defaultLookbackMs: number; maxLookbackMs: number; returnAfterMs: number };
  /** When queries end; `signal` is aborted then. */
  deadline: Date;
  signal: AbortSignal;
}

/** What a run needs of the world. */
export interface HuntDeps {
  logs: Logs;
  state: HuntState;
  clock: () => Date;
}

/** For the commit after the last query: the lease lasts that much longer than the queries. */
const COMMIT_MS = 60_000;

/** THE flow: memory → window → queries → plan → commit. Delivery comes after it, from the outbox: what is committed is safe. */
export async function runHunt(job: HuntJob, { logs, state, clock }: HuntDeps): Promise<RunReport> {
  const { runId, hunt, workspace, policy, requestedLookbackMs } = job;
  const now = clock();
  const lease = { owner: runId, now, until: new Date(job.deadline.getTime() + COMMIT_MS) };
  const session = job.dryRun ? undefined : await state.open({ hunt, workspace }, lease);
  if (session?.kind === 'held') {
    return toEmptyReport(
      job,
      'lease-held',
      `Another run is at this hunt, until ${session.until.toISOString()} at the latest.`,
      now,
    );
  }
  try {
    const memory = session ?? (await state.peek({ hunt, workspace }));
    const { progress } = memory;
    const exclusions = exclusionsFor(hunt, job.exclusions.entries, now);
    const window = planWindow({
      ...policy,
      query: hunt.query,
      watermark: progress.watermark,
      requestedLookbackMs,
      now,
    });
    const queries = buildQueries({ hunt, exclusions: exclusions.applied, window });
    const evidence = readAnswers(await ask(logs, queries, window, job, now), hunt, now);
    const seen = await memory.recall([...evidence.visible, ...evidence.hidden]);

    const applied = exclusions.applied.map(({ id }) => id);
    const leftOut = [...job.exclusions.leftOut, ...exclusions.leftOut];
    const problems = [
      ...evidence.problems,
      ...window.problems,
      ...queries.problems,
      // One that is applied in part (a setting of it is not set) is in the report, and no reader's worry at each run.
      ...leftOut
        .filter(({ id }) => !applied.includes(id))
        .map(({ id, reason }) => `Exclusion ${id}: ${reason}`),
    ];
    const { exclusionSet } = queries;
    const plan = planRun({
      now,
      runId,
      hunt,
      workspace,
      window,
      evidence,
      problems,
      progress,
      seen,
      exclusionSet,
      ...policy,
    });
    const report = toReport(
      job,
      { window, evidence, plan, exclusions: { applied, leftOut }, problems },
      { startedAt: now, finishedAt: clock() },
    );
    await session?.commit(plan, report);
    return report;
  } finally {
    await session?.release();
  }
}

/** The three queries side by side; without exclusions to apply there are two. */
async function ask(
  logs: Logs,
  queries: HuntQueries,
  { timespan }: Window,
  job: HuntJob,
  now: Date,
): Promise<Answers> {
  const secondsLeft = Math.floor((job.deadline.getTime() - now.getTime()) / 1000);
  const query = (kql: string) =>
    logs.query({
      workspaceId: job.workspace.id,
      kql,
      timespan,
      signal: job.signal,
      serverTimeoutSeconds: Math.min(600, Math.max(1, secondsLeft)),
    });
  const [withExclusions, withoutExclusions, coverage] = await Promise.all([
    query(queries.withExclusions),
    queries.withoutExclusions === undefined ? undefined : query(queries.withoutExclusions),
    query(queries.coverage),
  ]);
  return { withExclusions, ...(withoutExclusions && { withoutExclusions }), coverage };
}
