import { breadthProblems, type Hiding, judgeBreadth } from '../domain/exclusions/breadth.ts';
import { exclusionsFor } from '../domain/exclusions/exclusion.ts';
import { isDue } from '../domain/exclusions/reckoning.ts';
import { lateSearch } from '../domain/hunting/arrears.ts';
import { compiledOf } from '../domain/hunting/hunt.ts';
import { problemsOf, toReport } from '../domain/hunting/make-report.ts';
import { planRun } from '../domain/hunting/plan-run.ts';
import type { Evidence } from '../domain/hunting/read-answers.ts';
import { remarksOn, retypedNews, unknownReach } from '../domain/hunting/remarks-on.ts';
import type { RunReport } from '../domain/hunting/report.ts';
import { presentSlice } from '../domain/hunting/slice.ts';
import { runLinks } from '../domain/messages/run-links.ts';
import type { HuntMemory } from '../ports/hunt-state.ts';
import type { Logs } from '../ports/logs.ts';
import { askWorkspace } from './ask-workspace.ts';
import type { Present } from './catch-up.ts';
import type { HuntJob } from './hunt-job.ts';
import { lookAtSlice } from './look-at-slice.ts';
import { readWatchlists } from './read-watchlists.ts';
import { reckonExclusions } from './reckon-exclusions.ts';

/** What a run found in the present, and what is to be stored of it. */
export interface Found extends Present {
  report: RunReport;
}

/** Of the time that the run has for its queries. */
const SHARE_FOR_RECKONING = 0.25;

/** Everything up to the commit: nothing is written. */
export async function lookAtPresent(
  job: HuntJob,
  { logs, clock }: { logs: Logs; clock: () => Date },
  now: Date,
  memory: HuntMemory,
): Promise<Found> {
  const { runId, workspace, lists, policy, requestedLookbackMs } = job;
  const { progress } = memory;
  const first = !job.dryRun && progress.baselineAt === undefined;
  const slice = presentSlice(compiledOf(job.hunt), now, policy, { requestedLookbackMs, first });
  const { applied, leftOut } = exclusionsFor(job.hunt, lists.exclusions, now);
  const ask = askWorkspace(logs, job);
  const late = lateSearch(progress, now, policy);
  const [{ hunt, queries, evidence, literally }, watched] = await Promise.all([
    lookAtSlice({ hunt: job.hunt, slice, exclusions: applied, late }, ask),
    readWatchlists(applied, slice.timespan, ask),
  ]);
  const { exclusionSet } = queries;
  const seen = await memory.recall([...evidence.visible, ...evidence.hidden]);
  const hiddenRun = { hunt, exclusions: applied, exclusionSet, slice, literally, evidence, now, ask, memory };
  const breadth =
    evidence.outcome === 'complete'
      ? judgeBreadth(hidingOf(evidence), { share: policy.exclusionWarnShare, now, told: progress.toldHiding })
      : undefined;
  // Who is told that much is hidden is told by what.
  const all = job.reckon || (!job.dryRun && breadth?.tell === true);
  const reckon = all || (!job.dryRun && isDue(progress.reckoning?.reckonedAt, slice, now));
  const { attribution, ledger, reckoning, problems } = reckon
    ? await reckonExclusions({
        ...hiddenRun,
        seen,
        all,
        warnShare: policy.exclusionWarnShare,
        queriesPerDay: job.reckon ? Number.POSITIVE_INFINITY : policy.exclusionQueriesPerDay,
        timeMs: job.shareMs * SHARE_FOR_RECKONING,
      })
    : { problems: [] };

  const outcome = {
    slice,
    evidence,
    exclusions: {
      applied,
      leftOut: [...lists.leftOut, ...leftOut],
      attribution,
      watchlists: watched.watchlists,
    },
  };
  const told = problemsOf(outcome, [
    ...retypedNews(evidence, progress).problems,
    ...unknownReach(hunt, slice),
    ...remarksOn(job.hunt),
    ...breadthProblems(breadth),
    ...watched.problems,
    ...problems,
  ]);
  const links = runLinks(job.portal, { runId, query: queries.withExclusions, window: slice });
  const facts = {
    ...{ now, runId, hunt, workspace, slice, evidence, problems: told, progress, seen, links },
    ...{
      exclusionSet,
      exclusions: lists.exclusions,
      breadth,
      attribution,
      ledger,
      reckoning,
      reaches: policy,
      ...policy,
    },
    ...(requestedLookbackMs !== undefined && { askedFrom: new Date(now.getTime() - requestedLookbackMs) }),
  };
  const plan = planRun(facts);
  const times = { startedAt: now, finishedAt: clock() };
  const report = toReport(job, { ...outcome, plan, problems: told }, times);
  return { facts, plan, report, applied, literally, ask };
}

function hidingOf({ visible, hidden }: Evidence): Hiding {
  return { hidden: hidden.length, sightings: visible.length + hidden.length };
}
