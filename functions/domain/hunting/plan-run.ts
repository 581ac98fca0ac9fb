import { planGaps } from '../messages/plan-gaps.ts';
import { planMuchHidden } from '../messages/plan-much-hidden.ts';
import { chunks, tellFindings } from '../messages/tell-findings.ts';
import { advance, uncovered } from './arrears.ts';
import { compiledOf } from './hunt.ts';
import { judgeSightings } from './judge-sightings.ts';
import { planHealth, type RunOutcome } from './plan-health.ts';
import { retypedNews } from './remarks-on.ts';
import type { RunFacts, RunPlan } from './run-facts.ts';

/** Together with the state and run rows they must fit an entity-group transaction of 100 entities. */
export const MAX_SEEN_PER_BATCH = 90;

/** Pure: a look at the present against memory, under a policy. */
export function planRun(facts: RunFacts): RunPlan {
  const { progress, evidence, slice, now } = facts;
  const baseline = progress.baselineAt === undefined;
  const { arrears, watermark, gaps } = advance(
    { ...progress, baseline },
    { ...facts, compiled: compiledOf(facts.hunt) },
  );
  const editedAt = lastEdit(facts);
  const edit = editedAt && { at: editedAt, before: false };
  const { told, quiet } = judgeSightings({ ...facts, uncovered: uncovered(arrears), edit });
  const { hash } = compiledOf(facts.hunt);
  const edited = progress.hunted?.hash !== hash;
  const outcome = outcomeOf(facts);
  const toldOf = { ...facts, outcome, owed: arrears.owed };
  const health = planHealth({
    ...facts,
    outcome,
    window: slice,
    streak: progress.streak,
    watermark: watermark ?? progress.watermark,
  });
  return {
    outcome,
    baseline,
    findings: told.map(({ finding }) => finding),
    hidden: evidence.hidden.length,
    known: evidence.visible.length - told.length,
    gaps,
    health,
    arrears,
    notices: [...planGaps(gaps, facts, 1), ...planMuchHidden(facts)],
    ...(facts.breadth && { breadth: facts.breadth }),
    ...(watermark && { watermark }),
    // A part of what is there is no measure of what is new.
    ...(baseline && evidence.outcome === 'complete' && { baselineAt: now }),
    ...(edited && evidence.outcome === 'complete' && { hunted: { hash, since: now } }),
    ...(evidence.retyped && { retypedTold: retypedNews(evidence, progress).retypedTold }),
    ...(facts.ledger && { ledger: facts.ledger }),
    ...(facts.reckoning && { reckoning: facts.reckoning }),
    batches: [
      ...tellFindings(
        told.filter(({ byEdit }) => !byEdit),
        baseline ? 'baseline' : 'findings',
        toldOf,
      ),
      ...tellFindings(
        told.filter(({ byEdit }) => byEdit),
        'edited',
        toldOf,
      ),
      ...chunks(quiet, MAX_SEEN_PER_BATCH).map((seen) => ({ findings: [], seen })),
    ],
  };
}

/** Since when the hunt asks what it asks now; undefined when it has never asked otherwise. */
export function lastEdit({
  hunt,
  progress: { hunted, baselineAt },
  now,
}: Pick<RunFacts, 'hunt' | 'progress' | 'now'>): Date | undefined {
  if (baselineAt === undefined) return undefined;
  if (hunted?.hash !== compiledOf(hunt).hash) return now;
  return hunted.since > baselineAt ? hunted.since : undefined;
}

/** Pure: a run that broke off. It found nothing and leaves all as it was, but it counts. */
export function planBrokenRun(
  facts: Pick<RunFacts, 'now' | 'runId' | 'hunt' | 'workspace' | 'problems' | 'progress' | 'alarmAfterRuns'>,
): RunPlan {
  const { streak, watermark } = facts.progress;
  return {
    outcome: 'failed',
    baseline: false,
    findings: [],
    hidden: 0,
    known: 0,
    gaps: [],
    health: planHealth({ ...facts, outcome: 'failed', window: null, streak, watermark }),
    notices: [],
    batches: [],
  };
}

/** Complete is a claim about the present: where it is not known what the query looks at, none can be made. */
function outcomeOf({ evidence, slice }: RunFacts): RunOutcome {
  return evidence.outcome === 'complete' && !slice.covered ? 'incomplete' : evidence.outcome;
}
