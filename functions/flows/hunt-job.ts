import type { ExclusionLists } from '../domain/exclusions/exclusion.ts';
import type { Hunt } from '../domain/hunting/hunt.ts';
import type { Reaches } from '../domain/hunting/slice.ts';
import type { PortalPlaces } from '../domain/messages/run-links.ts';

/** One hunt on one workspace, and how to run it. */
export interface HuntJob {
  runId: string;
  hunt: Hunt;
  workspace: { id: string; name?: string };
  /** For links on cards. */
  portal: PortalPlaces;
  lists: ExclusionLists;
  /** Nothing is written, so nothing is posted. */
  dryRun: boolean;
  /** Find out which exclusion hid what, whether or not that was done today. */
  reckon: boolean;
  /** Asked for by a person; absent: the query's own, or the default. */
  requestedLookbackMs?: number;
  policy: HuntPolicy;
  /** How long its queries may take, from when it begins; `signal` is aborted then. */
  shareMs: number;
  signal: AbortSignal;
  /** Aborted when the whole run must end, commits included. */
  end: AbortSignal;
}

/** What a team settles once for all hunts. */
export interface HuntPolicy extends Reaches {
  /** An identity that was absent for longer than this is told again. */
  returnAfterMs: number;
  /** What was absent for longer than this is forgotten; so long, messages wait for a channel. Never shorter than `returnAfterMs`. */
  forgetAfterMs: number;
  /** Exclusions that hide this share of the sightings (0 to 1), one alone or all together, are told. */
  exclusionWarnShare: number;
  /** For each hunt and workspace: queries that finding out which exclusion hides what may take. */
  exclusionQueriesPerDay: number;
  /** So many runs in a row that were not completed are told. */
  alarmAfterRuns: number;
}
