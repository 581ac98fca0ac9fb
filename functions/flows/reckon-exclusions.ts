import { type Attribution, attribute, idOf, tooBroad } from '../domain/exclusions/attribution.ts';
import { dayOf, type Exclusion } from '../domain/exclusions/exclusion.ts';
import { type LedgerEntry, reckonLedger } from '../domain/exclusions/ledger.ts';
import type { Evidence, LogsAnswer } from '../domain/hunting/read-answers.ts';
import type { Progress } from '../domain/hunting/run-facts.ts';
import { type Sighting, toSightings } from '../domain/hunting/sighting.ts';
import { lengthOf, type Span } from '../domain/hunting/span.ts';
import { type Asked, narrowedQuery } from '../domain/kql/slice-queries.ts';
import type { HuntMemory } from '../ports/hunt-state.ts';
import type { AskWorkspace } from './ask-workspace.ts';

/** What is known of a run that hid something, and the ways to ask more. */
export interface HiddenRun extends Asked {
  exclusions: readonly Exclusion[];
  /** The exclusions that act on the hunt, each as `id:fingerprint`. */
  exclusionSet: readonly string[];
  evidence: Evidence;
  now: Date;
  ask: AskWorkspace;
  memory: Pick<HuntMemory, 'recallLedger'>;
  /** An exclusion that hides more than this share of the sightings (0 to 1) is warned of. */
  warnShare: number;
}

/** Which exclusion hid what, and what that makes of the ledger; both absent where it could not be found out. */
export interface Reckoning {
  attribution?: Attribution;
  ledger?: LedgerEntry[];
  problems: string[];
}

/** Once a day for each hunt and workspace, so that a run stays cheap; at each run where one looks at less than a day, so that nothing hidden is left out. */
export function isReckoningDue({ reckonedAt }: Progress, { from, to }: Span, now: Date): boolean {
  return (
    reckonedAt === undefined ||
    dayOf(reckonedAt) !== dayOf(now) ||
    (lengthOf({ from, to }) < DAY_MS && reckonedAt < from)
  );
}

const DAY_MS = 86_400_000;

/**
 * Finds out which exclusion hid what, by a query for each; where nothing is hidden that is known without asking. Only of a complete run; an answer that is
 * not whole gives a problem instead, and the next run tries again.
 */
export async function reckonExclusions(run: HiddenRun): Promise<Reckoning> {
  const { evidence, now } = run;
  if (evidence.outcome !== 'complete') return { problems: [] };
  const narrowed = new Map<string, readonly Sighting[]>();
  const answers = await Promise.all(
    run.exclusionSet.map(async (exclusion) => ({ exclusion, answer: await narrow(exclusion, run) })),
  );
  for (const { exclusion, answer } of answers) {
    if (answer !== undefined && answer.kind !== 'complete')
      return { problems: [`What ${idOf(exclusion)} hid could not be told apart: ${answer.reason}`] };
    narrowed.set(exclusion, answer ? toSightings(answer.table, run.hunt, now) : []);
  }
  const { visible, hidden } = evidence;
  const attribution = attribute(hidden, narrowed);
  return {
    attribution,
    ledger: reckonLedger({ attribution, evidence, now }, await run.memory.recallLedger()),
    problems: tooBroad(attribution.reckoned, visible.length + hidden.length, run.warnShare, run.exclusions),
  };
}

async function narrow(exclusionInSet: string, run: HiddenRun): Promise<LogsAnswer | undefined> {
  const exclusion = run.exclusions.find(({ id }) => id === idOf(exclusionInSet));
  if (!exclusion || run.evidence.hidden.length === 0) return undefined;
  return run.ask(narrowedQuery(run, exclusion), run.slice.timespan);
}
