import { attributeHidden } from './attribute-hidden.ts';
import { dayOf, type ExclusionLists, exclusionsFor } from './domain/exclusions/exclusion.ts';
import { reckonLedger } from './domain/exclusions/ledger.ts';
import type { Hunt } from './domain/hunt.ts';
import { buildQueries, type HuntQueries } from './domain/kql/build-queries.ts';
import { type Progress, planBrokenRun, planRun } from './domain/plan-run.ts';
import { type PortalPlace, queryLink } from './domain/query-link.ts';
import { type Answers, type LogsAnswer, readAnswers } from './domain/read-answers.ts';
import { type RunReport, toEmptyReport, toReport } from './domain/report.ts';
import { earlier } from './domain/sighting.ts';
import { planWindow, type Window } from './domain/window.ts';
import { type HuntSession, type HuntState, LeaseLost } from './ports/hunt-state.ts';
import type { Logs } from './ports/logs.ts';

/** One hunt on one workspace, and how to run it. */
export interface HuntJob {
  runId: string;
  hunt: Hunt;
  workspace: { id: string; name?: string };
  /** The workspace's own page in the Azure portal, where that is known: for links to the query. */
  portal?: PortalPlace | undefined;
  lists: ExclusionLists;
  /** Nothing is written, so nothing is posted. */
  dryRun: boolean;
  /** Find out which exclusion hid what, whether or not that was done today. */
  reckon: boolean;
  /** Asked for by a person; absent: the query's own, or the default. */
  requestedLookbackMs?: number;
  policy: {
    defaultLookbackMs: number;
    maxLookbackMs: number;
    returnAfterMs: number;
    /** An exclusion that hides more than this share of the sightings (0 to 1) is warned of. */
    exclusionWarnShare: number;
    /** So many runs in a row that were not completed are told. */
    alarmAfterRuns: number;
  };
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
    const exclusions = exclusionsFor(hunt, job.lists.exclusions, now);
    const reckon = job.reckon || (!job.dryRun && !isReckonedToday(progress, now));
    const window = planWindow({
      ...policy,
      query: hunt.query,
      watermark: reckon ? lastReckoning(progress) : progress.watermark,
      requestedLookbackMs,
      now,
    });
    const queries = buildQueries({ hunt, exclusions: exclusions.applied, window });
    const query = asker(logs, window, job, now);
    const evidence = readAnswers(await ask(queries, query), hunt, now);
    const { exclusionSet } = queries;
    const reckoning =
      reckon && evidence.outcome === 'complete'
        ? await attributeHidden({
            hunt,
            exclusions: exclusions.applied,
            exclusionSet,
            window,
            evidence,
            now,
            query,
            warnShare: policy.exclusionWarnShare,
          })
        : { problems: [] };
    const { attribution } = reckoning;
    const seen = await memory.recall([...evidence.visible, ...evidence.hidden]);

    const applied = exclusions.applied.map(({ id }) => id);
    const leftOut = [...job.lists.leftOut, ...exclusions.leftOut];
    const problems = [
      ...evidence.problems,
      ...window.problems,
      ...queries.problems,
      ...reckoning.problems,
      // One that is applied in part (a setting of it is not set) is in the report, and no reader's worry at each run.
      ...leftOut
        .filter(({ id }) => !applied.includes(id))
        .map(({ id, reason }) => `Exclusion ${id}: ${reason}`),
    ];
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
      exclusions: job.lists.exclusions,
      attribution,
      queryUrl: job.portal && queryLink(job.portal, queries.withExclusions, window),
      ...policy,
    });
    if (attribution) plan.ledger = reckonLedger({ attribution, evidence, now }, await memory.recallLedger());
    const report = toReport(
      job,
      {
        window,
        evidence,
        plan,
        exclusions: { applied, leftOut, ...(attribution && { reckoned: attribution.reckoned }) },
        problems,
      },
      { startedAt: now, finishedAt: clock() },
    );
    await session?.commit(plan, report);
    return report;
  } catch (error) {
    if (!session || error instanceof LeaseLost) throw error;
    return await breakOff(error, session, job, now);
  } finally {
    await session?.release();
  }
}

/** A run that breaks off counts like one that fails: the hunt's health is told by either. */
async function breakOff(error: unknown, session: HuntSession, job: HuntJob, now: Date): Promise<RunReport> {
  const problem = `The run broke off: ${error instanceof Error ? error.message : String(error)}`;
  const report = toEmptyReport(job, 'failed', problem, now);
  const plan = planBrokenRun({
    ...job,
    now,
    problems: report.problems,
    progress: session.progress,
    alarmAfterRuns: job.policy.alarmAfterRuns,
  });
  // Where the storage is what broke, this fails as well, and the first reason is the one to report.
  await session.commit(plan, report).catch(() => undefined);
  return report;
}

type Query = (kql: string) => Promise<LogsAnswer>;

/** Puts queries to the workspace, until the run's deadline. */
function asker(logs: Logs, { timespan }: Window, job: HuntJob, now: Date): Query {
  const secondsLeft = Math.floor((job.deadline.getTime() - now.getTime()) / 1000);
  return (kql) =>
    logs.query({
      workspaceId: job.workspace.id,
      kql,
      timespan,
      signal: job.signal,
      serverTimeoutSeconds: Math.min(600, Math.max(1, secondsLeft)),
    });
}

/** The three queries side by side; without exclusions to apply there are two. */
async function ask(queries: HuntQueries, query: Query): Promise<Answers> {
  const [withExclusions, withoutExclusions, coverage] = await Promise.all([
    query(queries.withExclusions),
    queries.withoutExclusions === undefined ? undefined : query(queries.withoutExclusions),
    query(queries.coverage),
  ]);
  return { withExclusions, ...(withoutExclusions && { withoutExclusions }), coverage };
}

function isReckonedToday({ reckonedAt }: Progress, now: Date): boolean {
  return reckonedAt !== undefined && dayOf(reckonedAt) === dayOf(now);
}

/** A reckoning reaches back to the one before it, however short the hunt's own lookback is. */
function lastReckoning({ watermark, reckonedAt }: Progress): Date | undefined {
  return watermark && reckonedAt ? earlier(watermark, reckonedAt) : watermark;
}
