import { lengthOf, type Span } from '../hunting/span.ts';
import { idOf, predicateOf } from './attribution.ts';
import { dayOf } from './exclusion.ts';
import type { LedgerEntry } from './ledger.ts';

/** How far a hunt has come in finding out which exclusion hides what. */
export interface ReckoningProgress {
  /** When it was last known of every exclusion. */
  reckonedAt?: Date;
  /** Queries for it, and the moment of the last of them: they count for its day. */
  asked?: { queries: number; at: Date };
}

const DAY_MS = 86_400_000;

/** Once a day for each hunt and workspace, so that a run stays cheap; at each run where one looks at less than a day, so that nothing hidden is left out. */
export function isDue(reckonedAt: Date | undefined, { from, to }: Span, now: Date): boolean {
  return (
    reckonedAt === undefined ||
    dayOf(reckonedAt) !== dayOf(now) ||
    (lengthOf({ from, to }) < DAY_MS && reckonedAt < from)
  );
}

/** The exclusions (as `exclusionSet` has them) of which it is to be found out, those that have waited longest first: where one run did not come to the end, the next goes on. */
export function dueExclusions(
  exclusionSet: readonly string[],
  entries: readonly LedgerEntry[],
  window: Span,
  now: Date,
): string[] {
  const known = new Map(entries.map((entry) => [entry.exclusion, entry]));
  const reckonedAt = (exclusion: string) => {
    const entry = known.get(idOf(exclusion));
    return entry?.predicate === predicateOf(exclusion) ? entry.reckonedAt : undefined;
  };
  return exclusionSet
    .filter((exclusion) => isDue(reckonedAt(exclusion), window, now))
    .sort((one, other) => (reckonedAt(one)?.getTime() ?? 0) - (reckonedAt(other)?.getTime() ?? 0));
}

/** Queries that are left of a day's. */
export function queriesLeft({ asked }: ReckoningProgress, perDay: number, now: Date): number {
  return asked && dayOf(asked.at) === dayOf(now) ? Math.max(0, perDay - asked.queries) : perDay;
}

/** What it is after so many more queries. */
export function afterAsking(
  { reckonedAt, asked }: ReckoningProgress,
  { queries, done, now }: { queries: number; done: boolean; now: Date },
): ReckoningProgress {
  const before = asked && dayOf(asked.at) === dayOf(now) ? asked.queries : 0;
  const last = done ? now : reckonedAt;
  return { ...(last && { reckonedAt: last }), asked: { queries: before + queries, at: now } };
}
