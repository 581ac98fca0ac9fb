import { type Attribution, attribute, idOf, tooBroad } from './domain/exclusions/attribution.ts';
import type { Exclusion } from './domain/exclusions/exclusion.ts';
import type { Hunt } from './domain/hunt.ts';
import { narrowedQuery } from './domain/kql/build-queries.ts';
import type { Evidence, LogsAnswer } from './domain/read-answers.ts';
import { type Sighting, toSightings } from './domain/sighting.ts';
import type { Window } from './domain/window.ts';

/** What is known of a run that hid something, and the way to ask more. */
export interface HiddenRun {
  hunt: Hunt;
  exclusions: readonly Exclusion[];
  /** The exclusions that act on the hunt, each as `id:fingerprint`. */
  exclusionSet: readonly string[];
  window: Window;
  evidence: Evidence;
  now: Date;
  query: (kql: string) => Promise<LogsAnswer>;
  /** An exclusion that hides more than this share of the sightings (0 to 1) is warned of. */
  warnShare: number;
}

/**
 * Finds out which exclusion hid what, by a query for each; where nothing is hidden that is known without asking. Once a day for each hunt and
 * workspace, so that a run stays cheap. An answer that is not whole gives no attribution but a problem, and the next run tries again.
 */
export async function attributeHidden(
  run: HiddenRun,
): Promise<{ attribution?: Attribution; problems: string[] }> {
  const narrowed = new Map<string, readonly Sighting[]>();
  const answers = await Promise.all(
    run.exclusionSet.map(async (exclusion) => ({ exclusion, answer: await narrow(exclusion, run) })),
  );
  for (const { exclusion, answer } of answers) {
    if (answer !== undefined && answer.kind !== 'complete')
      return { problems: [`What ${idOf(exclusion)} hid could not be told apart: ${answer.reason}`] };
    narrowed.set(exclusion, answer ? toSightings(answer.table, run.hunt, run.now) : []);
  }
  const { visible, hidden } = run.evidence;
  const attribution = attribute(hidden, narrowed);
  return {
    attribution,
    problems: tooBroad(attribution.reckoned, visible.length + hidden.length, run.warnShare),
  };
}

async function narrow(exclusionInSet: string, run: HiddenRun): Promise<LogsAnswer | undefined> {
  const exclusion = run.exclusions.find(({ id }) => id === idOf(exclusionInSet));
  if (!exclusion || run.evidence.hidden.length === 0) return undefined;
  return run.query(narrowedQuery(run.hunt, exclusion, run.window));
}
