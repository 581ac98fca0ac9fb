import { exclusionsFor } from '../domain/exclusions/exclusion.ts';
import { planAbandoned } from '../domain/hunting/plan-health.ts';
import { planBrokenRun, planRun } from '../domain/hunting/plan-run.ts';
import { readAnswers } from '../domain/hunting/read-answers.ts';
import {
  problemsOf,
  type RunReport,
  toBrokenReport,
  toEmptyReport,
  toReport,
} from '../domain/hunting/report.ts';
import type { Progress, RunPlan } from '../domain/hunting/run-facts.ts';
import { planWindow } from '../domain/hunting/window.ts';
import { buildQueries } from '../domain/kql/build-queries.ts';
import { runLinks } from '../domain/messages/run-links.ts';
import {
  CommitBroken,
  type HuntMemory,
  type HuntSession,
  type HuntState,
  LeaseLost,
} from '../ports/hunt-state.ts';
import type { Logs } from '../ports/logs.ts';
import { askAll, askWorkspace } from './ask-workspace.ts';
import type { HuntJob } from './hunt-job.ts';
import { isReckoningDue, reckonExclusions } from './reckon-exclusions.ts';

/** What a run needs of the world. */
export interface HuntDeps {
  logs: Logs;
  state: HuntState;
  clock: () => Date;
}

/** For the commit after the last query: the lease lasts that much longer than the queries. */
export const COMMIT_MS = 60_000;

/** THE flow: memory → window → queries → plan → commit. Delivery comes after it, from the outbox: what is committed is safe. */
export async function runHunt(job: HuntJob, deps: HuntDeps): Promise<RunReport> {
  const now = deps.clock();
  if (job.dryRun)
    return (await findOut(job, deps, now, await deps.state.peek(scopeOf(job), job.signal))).report;
  const session = await openSession(job, deps, now, true);
  if (session.kind === 'held') {
    const until = session.until.toISOString();
    const problem = `Another run is at this hunt, until ${until} at the latest.`;
    return toEmptyReport(job, 'lease-held', problem, now);
  }
  const report = await hunt(job, deps, now, session);
  try {
    await session.release();
  } catch (error) {
    // What is stored is stored, whatever becomes of the lease: it ends by itself.
    report.problems.push(`The hold on the hunt could not be given back: ${reasonOf(error)}`);
  }
  return report;
}

/** Counts a hunt that had no turn before the deadline as one that was not completed. */
export async function noteUnreached(job: HuntJob, deps: HuntDeps): Promise<RunReport> {
  const now = deps.clock();
  const problem = 'Not started before the deadline.';
  const report = toEmptyReport(job, 'failed', problem, now);
  if (job.dryRun) return report;
  const session = await openSession(job, deps, now, false);
  if (session.kind === 'held') return report;
  return breakOff(report, session, session.progress, job, now);
}

function scopeOf({ hunt, workspace }: HuntJob) {
  return { hunt, workspace };
}

function openSession(job: HuntJob, { state }: HuntDeps, now: Date, turn: boolean) {
  const lastsMs = job.shareMs + COMMIT_MS;
  const signal = AbortSignal.any([job.end, AbortSignal.timeout(lastsMs)]);
  return state.open(scopeOf(job), { owner: job.runId, now, lastsMs, signal, turn });
}

async function hunt(job: HuntJob, deps: HuntDeps, now: Date, session: HuntSession): Promise<RunReport> {
  let { progress } = session;
  let found: { plan: RunPlan; report: RunReport } | undefined;
  try {
    if (session.abandoned > 0) {
      const health = planAbandoned({ ...job, ...job.policy, now, progress }, session.abandoned);
      await session.tell(health);
      progress = { ...progress, streak: health.streak };
    }
    found = await findOut(job, deps, now, { ...session, progress });
    await session.commit(found.plan, found.report);
    return found.report;
  } catch (error) {
    const report =
      found && error instanceof CommitBroken
        ? toBrokenReport(found.report, found.plan, error)
        : toEmptyReport(job, 'failed', `The run broke off: ${reasonOf(error)}`, now);
    if (error instanceof LeaseLost) return report;
    return breakOff(report, session, progress, job, now);
  }
}

/** Everything up to the commit: nothing is written. */
async function findOut(
  job: HuntJob,
  { logs, clock }: HuntDeps,
  now: Date,
  memory: HuntMemory,
): Promise<{ plan: RunPlan; report: RunReport }> {
  const { runId, hunt, workspace, lists, policy, requestedLookbackMs } = job;
  const { progress } = memory;
  const reckon = job.reckon || (!job.dryRun && isReckoningDue(progress, now));
  const { watermark, reckonedAt } = progress;
  // What was hidden since the last reckoning is reckoned, however short the hunt's own lookback is.
  const alsoFrom = reckon ? reckonedAt : undefined;
  const window = planWindow({
    ...policy,
    ...{ query: hunt.query, watermark, alsoFrom, requestedLookbackMs, now },
    first: !job.dryRun && progress.baselineAt === undefined,
  });

  const { applied, leftOut } = exclusionsFor(hunt, lists.exclusions, now);
  const queries = buildQueries({ hunt, exclusions: applied, window });
  const { exclusionSet } = queries;
  const ask = askWorkspace(logs, job, window);
  const evidence = readAnswers(await askAll(queries, ask), hunt, now);
  const seen = await memory.recall([...evidence.visible, ...evidence.hidden]);
  const hiddenRun = { hunt, exclusions: applied, exclusionSet, window, evidence, now, ask, memory };
  const { attribution, ledger, problems } = reckon
    ? await reckonExclusions({ ...hiddenRun, warnShare: policy.exclusionWarnShare })
    : { problems: [] };

  const outcome = {
    window,
    evidence,
    exclusions: { applied, leftOut: [...lists.leftOut, ...leftOut], attribution },
  };
  const told = problemsOf(outcome, [...window.problems, ...queries.problems, ...problems]);
  const links = runLinks(job.portal, { runId, query: queries.withExclusions, window });
  const plan = planRun({
    ...{ now, runId, hunt, workspace, window, evidence, problems: told, progress, seen, links },
    ...{ exclusionSet, exclusions: lists.exclusions, attribution, ledger, ...policy },
  });
  const times = { startedAt: now, finishedAt: clock() };
  return { plan, report: toReport(job, { ...outcome, plan, problems: told }, times) };
}

/** A run that breaks off counts like one that fails: the hunt's health is told by either. */
async function breakOff(
  report: RunReport,
  session: HuntSession,
  progress: Progress,
  job: HuntJob,
  now: Date,
): Promise<RunReport> {
  const plan = planBrokenRun({ ...job, ...job.policy, now, problems: report.problems, progress });
  try {
    await session.commit(plan, report);
  } catch (error) {
    // Its lease was not given back, so the next run finds and counts it.
    const problem = `That could not be noted: ${reasonOf(error)}`;
    return { ...report, problems: [...report.problems, problem] };
  }
  return report;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
