import { type Attribution, attribute, idOf, tooBroad } from '../domain/exclusions/attribution.ts';
import type { Exclusion } from '../domain/exclusions/exclusion.ts';
import { type LedgerEntry, reckonLedger } from '../domain/exclusions/ledger.ts';
import {
  afterAsking,
  dueExclusions,
  queriesLeft,
  type ReckoningProgress,
} from '../domain/exclusions/reckoning.ts';
import type { Evidence } from '../domain/hunting/read-answers.ts';
import { placesOf } from '../domain/hunting/result-table.ts';
import type { SeenFacts } from '../domain/hunting/run-facts.ts';
import { type Sighting, toSightings } from '../domain/hunting/sighting.ts';
import { type Asked, HIDER, hidingQuery, narrowedQuery } from '../domain/kql/slice-queries.ts';
import type { HuntMemory } from '../ports/hunt-state.ts';
import type { AskWorkspace } from './ask-workspace.ts';

/** What is known of a run that hid something, and the ways to ask more. */
export interface HiddenRun extends Asked {
  exclusions: readonly Exclusion[];
  /** The exclusions that act on the hunt, each as `id:fingerprint`. */
  exclusionSet: readonly string[];
  evidence: Evidence;
  /** What is remembered of the sightings, by `key`. */
  seen: ReadonlyMap<string, SeenFacts>;
  now: Date;
  ask: AskWorkspace;
  memory: Pick<HuntMemory, 'recallLedger' | 'progress'>;
  /** An exclusion that hides this share of the sightings (0 to 1) is warned of. */
  warnShare: number;
  /** Queries for it in a day. */
  queriesPerDay: number;
  /** Ask about all exclusions, whenever that was done last. */
  all: boolean;
  /** So long queries may be begun; what is left is the next run's. */
  timeMs: number;
}

/** Which exclusion hid what, and what that makes of the ledger; absent where nothing was found out. */
export interface Reckoning {
  attribution?: Attribution;
  ledger?: LedgerEntry[];
  reckoning?: ReckoningProgress;
  problems: string[];
}

/** Exclusions in one query, and its length in characters: the service takes queries of some megabytes, and answers long ones slowly. */
const MOST_EXCLUSIONS = 20;
const MOST_CHARACTERS = 100_000;
/** Then the workspace has trouble enough. */
const MOST_PROBLEMS = 3;
/** Beside each other; the service runs five for one identity. */
const QUERIES_AT_ONCE = 4;

/**
 * Finds out which exclusion hid what, of several in one query; where nothing is hidden that is known without asking. Only of a complete run, within what is left
 * of the day's queries: what is not found out now, the next run goes on with.
 */
export async function reckonExclusions(run: HiddenRun): Promise<Reckoning> {
  const { evidence, exclusionSet, now, memory } = run;
  if (evidence.outcome !== 'complete') return { problems: [] };
  const ledger = await memory.recallLedger();
  const due = run.all ? [...exclusionSet] : dueExclusions(exclusionSet, ledger.entries, run.slice, now);
  const before = memory.progress.reckoning ?? {};
  const { narrowed, queries, problems } = await askAbout(
    due,
    run,
    queriesLeft(before, run.queriesPerDay, now),
  );
  const left = due.length - narrowed.size;
  const reckoning = afterAsking(before, { queries, done: left === 0, now });
  if (narrowed.size === 0 && left > 0) return { reckoning, problems };
  const { visible, hidden } = evidence;
  const attribution = attribute(hidden, narrowed, { before: run.seen, exclusionSet, left });
  return {
    attribution,
    reckoning,
    ledger: reckonLedger({ attribution, evidence, now }, ledger),
    problems: [
      ...problems,
      ...tooBroad(attribution.reckoned, visible.length + hidden.length, run.warnShare, run.exclusions),
    ],
  };
}

interface Found {
  /** By exclusion, as `exclusionSet` has it: what its rows give. */
  narrowed: Map<string, readonly Sighting[]>;
  queries: number;
  problems: string[];
}

/** A query that is not answered whole is asked again in halves; of a single exclusion, that is a problem. */
async function askAbout(due: readonly string[], run: HiddenRun, mostQueries: number): Promise<Found> {
  const found: Found = { narrowed: new Map(), queries: 0, problems: [] };
  if (run.evidence.hidden.length === 0) {
    for (const exclusion of due) found.narrowed.set(exclusion, []);
    return found;
  }
  const byId = new Map(run.exclusions.map((exclusion) => [exclusion.id, exclusion]));
  const until = performance.now() + run.timeMs;
  const waiting = inBatches(due);
  const worker = async () => {
    while (
      found.queries < mostQueries &&
      found.problems.length < MOST_PROBLEMS &&
      performance.now() < until
    ) {
      const batch = waiting.shift();
      if (!batch) return;
      const exclusions = batch.flatMap((exclusion) => byId.get(idOf(exclusion)) ?? []);
      const query =
        exclusions.length === 1 && exclusions[0]
          ? narrowedQuery(run, exclusions[0])
          : hidingQuery(run, exclusions);
      if (query.length > MOST_CHARACTERS && batch.length > 1) {
        waiting.unshift(...inHalves(batch));
        continue;
      }
      found.queries++;
      const answer = await run.ask(query, run.slice.timespan);
      if (answer.kind === 'complete') {
        const hider = placesOf(answer.table.columns).get(HIDER) ?? -1;
        const rowsOf = Map.groupBy(answer.table.rows, (cells) => cells[hider] ?? idOf(batch[0] ?? ''));
        for (const exclusion of batch) {
          const rows = rowsOf.get(idOf(exclusion)) ?? [];
          found.narrowed.set(exclusion, toSightings({ ...answer.table, rows }, run.hunt, run.now));
        }
      } else if (batch.length > 1) waiting.unshift(...inHalves(batch));
      else found.problems.push(`What ${idOf(batch[0] ?? '')} hid could not be told apart: ${answer.reason}`);
    }
  };
  await Promise.all(Array.from({ length: QUERIES_AT_ONCE }, worker));
  return found;
}

function inBatches(exclusions: readonly string[]): string[][] {
  const batches: string[][] = [];
  for (let start = 0; start < exclusions.length; start += MOST_EXCLUSIONS)
    batches.push(exclusions.slice(start, start + MOST_EXCLUSIONS));
  return batches;
}

function inHalves(batch: string[]): [string[], string[]] {
  const half = Math.ceil(batch.length / 2);
  return [batch.slice(0, half), batch.slice(half)];
}
