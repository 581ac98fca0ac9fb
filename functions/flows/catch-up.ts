import type { Exclusion } from '../domain/exclusions/exclusion.ts';
import { closeGaps, isSweepDue, noArrears } from '../domain/hunting/arrears.ts';
import { compiledOf } from '../domain/hunting/hunt.ts';
import { keyOf, nextOwed, settle, tryAgain, UNREACHABLE } from '../domain/hunting/owed.ts';
import { isWhole, type PastLook, planReplay, type ReplayPlan } from '../domain/hunting/plan-replay.ts';
import type { RunFacts, RunPlan } from '../domain/hunting/run-facts.ts';
import { sliceFor } from '../domain/hunting/slice.ts';
import type { HuntMemory } from '../ports/hunt-state.ts';
import type { AskWorkspace } from './ask-workspace.ts';
import type { HuntJob } from './hunt-job.ts';
import { lookAtSlice } from './look-at-slice.ts';

/** A look at the present, after which the past has its turn. */
export interface Present {
  facts: RunFacts;
  plan: RunPlan;
  applied: readonly Exclusion[];
  literally: boolean;
  ask: AskWorkspace;
}

/** What one run may spend on the past: the rest goes on in the next one. */
const MOST_SLICES = 24;
const MOST_FAILURES = 3;
/** Of the time that the run has for its queries. */
const SHARE_OF_TIME = 0.5;

/** Whether there is a past to look at, and the present was answered whole: else the workspace has trouble enough. */
export function hasArrears({ facts, plan }: Pick<Present, 'facts' | 'plan'>): boolean {
  return (plan.arrears?.owed.length ?? 0) > 0 && isWhole(facts);
}

/**
 * Looks at what is owed, as runs would have then: the oldest first, within a budget. Nothing is written. Undefined when nothing
 * of it is due.
 */
export async function catchUp(
  job: HuntJob,
  present: Present,
  memory: Pick<HuntMemory, 'recall'>,
): Promise<ReplayPlan | undefined> {
  const { facts, plan } = present;
  if (!plan.arrears || !isWhole(facts)) return undefined;
  const { looks, arrears, gaps } = await lookBack(job, present);
  if (looks.length === 0 && arrears === plan.arrears) return undefined;
  const sightings = looks.flatMap(({ evidence }) => [...evidence.visible, ...evidence.hidden]);
  const seen = new Map(await memory.recall(sightings));
  // What the present found is newer than what the storage said, also where nothing is written.
  for (const fact of plan.batches.flatMap((batch) => batch.seen)) seen.set(fact.key, fact);
  return planReplay({ ...facts, seen }, { looks, arrears, gaps });
}

async function lookBack(job: HuntJob, { facts, plan, applied, literally, ask }: Present) {
  const { hunt, now, reaches } = facts;
  const compiled = compiledOf(hunt);
  const started = performance.now();
  const before = plan.arrears ?? noArrears;
  const sweep = isSweepDue(before, now);
  const looks: PastLook[] = [];
  const tried = new Set<string>();
  let arrears = before;
  for (let slices = 0; slices < MOST_SLICES && tried.size < MOST_FAILURES; slices++) {
    if (job.signal.aborted || performance.now() - started > job.shareMs * SHARE_OF_TIME) break;
    const eligible = arrears.owed.filter(({ why }) =>
      job.dryRun ? why === 'asked' : why !== 'late' || sweep,
    );
    const next = nextOwed(eligible, tried);
    if (!next) break;
    const slice = sliceFor(compiled, next, now, reaches);
    if (!slice) {
      arrears = {
        ...arrears,
        owed: tryAgain(arrears.owed, { ...next, tries: UNREACHABLE }, next),
      };
      break;
    }
    const { evidence } = await lookAtSlice({ hunt, slice, exclusions: applied, literally }, ask);
    if (job.signal.aborted) break;
    const { settles } = slice;
    looks.push({ settles, why: next.why, evidence });
    const swept = next.why === 'late' ? { sweptAt: now } : {};
    if (isWhole({ evidence })) arrears = { ...arrears, ...swept, owed: settle(arrears.owed, settles) };
    else {
      arrears = { ...arrears, ...swept, owed: tryAgain(arrears.owed, next, settles) };
      tried.add(keyOf(settles));
    }
  }
  const closed = closeGaps(arrears, { compiled, reaches, now });
  return { looks, gaps: closed.gaps, arrears: closed.gaps.length > 0 ? closed.arrears : arrears };
}
