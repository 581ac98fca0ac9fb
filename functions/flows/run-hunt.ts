import { toBrokenReport, toEmptyReport, withCatchUp } from '../domain/hunting/make-report.ts';
import { planAbandoned } from '../domain/hunting/plan-health.ts';
import { planBrokenRun } from '../domain/hunting/plan-run.ts';
import type { RunReport } from '../domain/hunting/report.ts';
import type { Batch, Progress } from '../domain/hunting/run-facts.ts';
import { CommitBroken, type HuntSession, type HuntState, LeaseLost } from '../ports/hunt-state.ts';
import type { Logs } from '../ports/logs.ts';
import { catchUp, hasArrears } from './catch-up.ts';
import type { HuntJob } from './hunt-job.ts';
import { lookAtPresent } from './look-at-present.ts';

/** What a run needs of the world. */
export interface HuntDeps {
  logs: Logs;
  state: HuntState;
  clock: () => Date;
}

/** For the commit after the last query: the lease lasts that much longer than the queries. */
export const COMMIT_MS = 60_000;

/**
 * THE flow: memory → the present → plan → commit, then the past that no run has looked at → plan → commit. Delivery comes after it, from the outbox: what is
 * committed is safe.
 */
export async function runHunt(job: HuntJob, deps: HuntDeps): Promise<RunReport> {
  const now = deps.clock();
  if (job.dryRun) return rehearse(job, deps, now);
  const session = await openSession(job, deps, now, true);
  if (session.kind === 'held') {
    const until = session.until.toISOString();
    const problem = `Another run of this hunt is in progress, until ${until} at the latest.`;
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
  return breakOff(report, session, await countAbandoned(job, session, now), job, now);
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
  /** What is to be told, and its batches, of which so many are stored. */
  let told: { report: RunReport; batches: readonly Batch[]; stored: number } | undefined;
  try {
    progress = await countAbandoned(job, session, now);
    const found = await lookAtPresent(job, deps, now, { ...session, progress });
    told = { report: found.report, batches: found.plan.batches, stored: 0 };
    await session.commit(found.plan, found.report, hasArrears(found) ? 'more' : undefined);
    told = { ...told, stored: told.batches.length };
    const past = hasArrears(found) ? await catchUp(job, found, session) : undefined;
    if (!past) return found.report;
    const whole = withCatchUp(found.report, past, deps.clock());
    const { findings, problems } = whole;
    // What is owed is settled by the commit alone.
    const report = { ...found.report, findings, problems };
    told = { ...told, report, batches: [...told.batches, ...past.batches] };
    await session.commit(past, whole);
    return whole;
  } catch (error) {
    const broken = error instanceof CommitBroken ? error : undefined;
    const problem = `The run broke off${told && broken ? ' while it was being stored' : ''}: ${reasonOf(error)}`;
    const report = told
      ? toBrokenReport(told.report, told.batches, {
          problem,
          storedBatches: told.stored + (broken?.storedBatches ?? 0),
          unsure: broken?.unsure ?? false,
        })
      : toEmptyReport(job, 'failed', problem, now);
    if (error instanceof LeaseLost) return report;
    return breakOff(report, session, progress, job, now);
  }
}

/** The progress with the runs in it that died before this one; what they mean for the hunt's health is written. */
async function countAbandoned(
  job: HuntJob,
  { abandoned, progress, tell }: HuntSession,
  now: Date,
): Promise<Progress> {
  if (abandoned === 0) return progress;
  const health = planAbandoned({ ...job, ...job.policy, now, progress }, abandoned);
  await tell(health);
  return { ...progress, streak: health.streak };
}

/** What a run would find: nothing is written. */
async function rehearse(job: HuntJob, deps: HuntDeps, now: Date): Promise<RunReport> {
  const memory = await deps.state.peek(scopeOf(job), job.signal);
  const found = await lookAtPresent(job, deps, now, memory);
  const past = await catchUp(job, found, memory);
  return past ? withCatchUp(found.report, past, deps.clock()) : found.report;
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
