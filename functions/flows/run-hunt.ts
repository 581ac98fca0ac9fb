import { exclusionsFor } from '../domain/exclusions/exclusion.ts';
import { planBrokenRun, planRun } from '../domain/hunting/plan-run.ts';
import { readAnswers } from '../domain/hunting/read-answers.ts';
import { problemsOf, type RunReport, toEmptyReport, toReport } from '../domain/hunting/report.ts';
import { planWindow } from '../domain/hunting/window.ts';
import { buildQueries } from '../domain/kql/build-queries.ts';
import { runLinks } from '../domain/messages/run-links.ts';
import { type HuntSession, type HuntState, LeaseLost } from '../ports/hunt-state.ts';
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
const COMMIT_MS = 60_000;

/** THE flow: memory → window → queries → plan → commit. Delivery comes after it, from the outbox: what is committed is safe. */
export async function runHunt(job: HuntJob, { logs, state, clock }: HuntDeps): Promise<RunReport> {
  const { runId, hunt, workspace, lists, policy, requestedLookbackMs } = job;
  const now = clock();
  const lease = { owner: runId, now, until: new Date(job.deadline.getTime() + COMMIT_MS) };
  const session = job.dryRun ? undefined : await state.open({ hunt, workspace }, lease);
  if (session?.kind === 'held') {
    const until = session.until.toISOString();
    return toEmptyReport(
      job,
      'lease-held',
      `Another run is at this hunt, until ${until} at the latest.`,
      now,
    );
  }
  try {
    const memory = session ?? (await state.peek({ hunt, workspace }));
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
    const ask = askWorkspace(logs, job, window, now);
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
    const report = toReport(
      job,
      { ...outcome, plan, problems: told },
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
    ...job.policy,
  });
  // Where the storage is what broke, this fails as well, and the first reason is the one to report.
  await session.commit(plan, report).catch(() => undefined);
  return report;
}
