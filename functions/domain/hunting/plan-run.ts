import { planGaps } from '../messages/plan-gaps.ts';
import { chunks, tellFindings } from '../messages/tell-findings.ts';
import { advance, uncovered } from './arrears.ts';
import { compiledOf } from './hunt.ts';
import { judgeSightings } from './judge-sightings.ts';
import { planHealth, type RunOutcome } from './plan-health.ts';
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
  const { told, quiet } = judgeSightings({ ...facts, uncovered: uncovered(arrears) });
  const { hash } = compiledOf(facts.hunt);
  // A device that was listed before is listed anew only because the hunt asks otherwise than it did.
  const edited = !baseline && progress.huntHash !== hash;
  const byEdit = told.filter(({ finding }) => edited && finding.kind === 'new-activity' && finding.device);
  const fresh = told.filter((one) => !byEdit.includes(one));
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
    notices: planGaps(gaps, facts, 1),
    ...(watermark && { watermark }),
    // A part of what is there is no measure of what is new.
    ...(baseline && evidence.outcome === 'complete' && { baselineAt: now }),
    ...(evidence.outcome === 'complete' && { huntHash: hash }),
    ...(facts.ledger && { ledger: facts.ledger }),
    batches: [
      ...tellFindings(fresh, baseline ? 'baseline' : 'findings', toldOf),
      ...tellFindings(byEdit, 'edited', toldOf),
      ...chunks(quiet, MAX_SEEN_PER_BATCH).map((seen) => ({ findings: [], seen })),
    ],
  };
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
