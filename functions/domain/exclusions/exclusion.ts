import type { Hunt } from '../hunting/hunt.ts';
import { documentedColumns } from '../kql/documented-columns.ts';
import { huntedTables } from '../kql/hunted-tables.ts';

/** How a matcher compares; text is compared without case, `matches` is a regular expression, `cidr` a range of addresses. */
export const operators = ['equals', 'contains', 'startsWith', 'endsWith', 'has', 'matches', 'cidr'] as const;
export type Operator = (typeof operators)[number];

/** Holds for a row whose column has one of the values; never for a missing column or an empty value. */
export interface ValueMatcher {
  column: string;
  operator: Operator;
  values: string[];
}

/** Holds for a row whose column has an entry of one of the workspace's own watchlists, which its team keeps; as of each run. */
export interface WatchlistMatcher {
  column: string;
  operator: 'watchlist';
  /** The watchlist, and which of its columns. */
  alias: string;
  entries: string;
}

/** Whether a column holds addresses, as far as its name tells: there 198.51.100.0/24 stands for a range. */
export function holdsAddresses(column: string): boolean {
  return /IP|Address/.test(column);
}

export type Matcher = ValueMatcher | WatchlistMatcher;

/** A reviewed statement that some activity is known good: it hides the rows that match ANY clause, and a clause matches when ALL of its matchers do. */
export interface Exclusion {
  id: string;
  reason: string;
  owner: string;
  ticket?: string;
  /** The last day (`2027-05-31`, UTC) on which it hides anything. */
  expires: string;
  /** Ids of the hunts that it applies to, in lower case. */
  hunts: string[];
  any: Matcher[][];
  /** Every column that the entry names; a table that lacks one is left alone, whatever is set. */
  columns: string[];
  /** Names of the settings that fill its placeholders. */
  settings: string[];
  /** What of it can't match, in sentences: clauses whose setting is not set. */
  idle: string[];
  /** Who wrote it, for an entry of the list that is kept in the app's own table. */
  createdBy?: string;
  /** Why it may hide a large part of what a hunt sees. */
  acceptBroad?: string;
  /** Where it stands, as the user knows it, for messages: the path of its file, or its address in the API. */
  file: string;
}

/** What lists hold, and the entries that are wrong in themselves: those hide nothing. */
export interface ExclusionLists {
  exclusions: Exclusion[];
  leftOut: { id: string; reason: string }[];
}

/** What became of the exclusions that name a hunt. One that works in part is applied, and its idle part is told under `leftOut`. */
export interface ExclusionsOfHunt {
  applied: Exclusion[];
  leftOut: { id: string; reason: string }[];
}

/** Sorts out which exclusions apply to the hunt today. */
export function exclusionsFor(hunt: Hunt, exclusions: readonly Exclusion[], now: Date): ExclusionsOfHunt {
  const applied: Exclusion[] = [];
  const leftOut: ExclusionsOfHunt['leftOut'] = [];
  for (const exclusion of exclusions) {
    if (!exclusion.hunts.includes(hunt.id.toLowerCase())) continue;
    const { id, idle } = exclusion;
    const reason = reasonAgainst(hunt, exclusion, now);
    if (reason === undefined) applied.push(exclusion);
    leftOut.push(
      ...[...idle, ...(reason === undefined ? [] : [reason])].map((text) => ({
        id,
        reason: `${exclusion.file}: ${text}`,
      })),
    );
  }
  return { applied, leftOut };
}

function reasonAgainst(hunt: Hunt, exclusion: Exclusion, now: Date): string | undefined {
  const expiry = problemWithExpiry(exclusion, now);
  if (expiry !== undefined) return expiry;
  if (exclusion.any.length === 0) return 'nothing of it can match.';
  if (!huntedTables(hunt).some((table) => appliesTo(exclusion, table, hunt))) {
    return `no table that ${hunt.file} names and queries has all of its columns (${exclusion.columns.join(', ')}).`;
  }
  return undefined;
}

/** Why its end keeps it from hiding anything today; undefined when it does not. */
export function problemWithExpiry({ expires }: Pick<Exclusion, 'expires'>, now: Date): string | undefined {
  if (hasExpired({ expires }, now))
    return `it expired at the end of ${expires}; review it and set a new expires, or remove it.`;
  const latest = new Date(now);
  latest.setUTCFullYear(now.getUTCFullYear() + 1);
  if (expires > dayOf(latest))
    return `expires ${expires} is more than a year ahead; every exclusion is reviewed at least once a year.`;
  return undefined;
}

export function hasExpired({ expires }: Pick<Exclusion, 'expires'>, now: Date): boolean {
  return expires < dayOf(now);
}

/** The UTC day of a moment: `2027-05-31`. */
export function dayOf(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}

/** Whether a table of the hunt has all columns of the exclusion. For a table without a documented list that shows at run time only. */
export function appliesTo(exclusion: Exclusion, table: string, hunt: Pick<Hunt, 'compiled'>): boolean {
  const columns = documentedColumns(hunt, table);
  return columns === undefined || exclusion.columns.every((column) => columns.has(column));
}
