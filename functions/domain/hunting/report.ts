import { z } from 'zod';
import type { Reckoned } from '../exclusions/attribution.ts';
import type { WatchlistState } from '../exclusions/watchlist-state.ts';
import type { Finding } from './finding.ts';
import type { Owed } from './owed.ts';

/** What became of a message on one channel: the webhook function answers with one of these for each. */
export const channelAnswerSchema = z.strictObject({
  channel: z.string(),
  outcome: z.enum(['delivered', 'already-delivered', 'not-needed', 'retry-later', 'out-of-order', 'refused']),
  /** Why, where it was not delivered; never with a URL's secret. */
  reason: z.string().optional(),
  /** For `retry-later`: not before this time, where the receiver said so. */
  notBefore: z.iso.datetime({ offset: true }).optional(),
});
export type ChannelAnswer = z.infer<typeof channelAnswerSchema>;

/** What became of one message on one channel in this run. */
export type DeliveryReport = ChannelAnswer & { messageId: string };

/** Messages that wait for a later run, and those that were given up and lie in the dead letters. */
export interface OutboxReport {
  deliveries: DeliveryReport[];
  /** Null when the storage did not say. */
  waiting: number | null;
  deadLettered: number | null;
  /** What stood in the way of delivery as a whole, in sentences; empty when all is well. */
  problems: string[];
}

/**
 * How one run of one hunt on one workspace went; `JSON.stringify` of it is the machine's form.
 *
 * `complete`: the window, which is the present, was looked at whole; `owed` and `gaps` stand beside it. `no-data`: the tables had no rows in the window
 * (connector off?). `incomplete`: partial results, or nobody knows what the query looks at. `failed`: no usable result. `lease-held`: another run is at it.
 * The watermark moves only after `complete`.
 */
export interface RunReport {
  runId: string;
  hunt: { id: string; name: string; tactics: string[]; techniques: string[] };
  workspace: { id: string; name?: string };
  outcome: 'complete' | 'no-data' | 'incomplete' | 'failed' | 'lease-held';
  dryRun: boolean;
  /** The first run, or one that goes on with an unfinished first run. */
  baseline: boolean;
  startedAt: string;
  finishedAt: string;
  /** Null when the run did not get that far. */
  window: { from: string; to: string } | null;
  coverage: { rows: number | null; newest: string | null };
  counts: {
    /** Things that the query returned, with exclusions and without. */
    sightings: number;
    hidden: number;
    known: number;
    new: number;
  };
  exclusions: {
    applied: string[];
    leftOut: { id: string; reason: string }[];
    /** Which exclusion hid how much, where this run found that out: once a day, and on demand. */
    reckoned?: Reckoned;
    /** Lists of watchlists that they take values from; absent when they take none. */
    watchlists?: WatchlistState[];
    /** Together they hide at least the team's share of all sightings, or all of them; `told`: so much was not told before, the channels hear of it. */
    broad?: { hidden: number; sightings: number; told: boolean };
  };
  /** What this run looked at of the time that no run had looked at; absent when there was none. */
  caughtUp?: { slices: number; from: string; to: string };
  /** Spans that are still to be looked at, and how often that was tried in vain. */
  owed: { from: string; to: string; why: Owed['why']; tries: number }[];
  /** Spans that nobody will look at, known since this run. */
  gaps: { from: string; to: string; reason: string }[];
  /** Every finding with its whole row, in a baseline too. */
  findings: Finding[];
  /** What a reader must know, in sentences; empty when all is well. */
  problems: string[];
}

/** A run's report as it is kept; its findings stand in rows of their own, here is their number. */
export const keptReportSchema = z.looseObject({
  runId: z.string(),
  outcome: z.enum(['complete', 'no-data', 'incomplete', 'failed', 'lease-held']),
  startedAt: z.string(),
  window: z.object({ from: z.string(), to: z.string() }).nullable(),
  counts: z.looseObject({ hidden: z.number() }),
  findings: z.number(),
});
export type KeptReport = z.infer<typeof keptReportSchema>;

/** One line for a log. Names and counts only: what devices and URLs are called was written by whoever uses them. */
export function summarize({
  hunt,
  workspace,
  outcome,
  baseline,
  window,
  coverage,
  counts,
}: RunReport): string {
  const where = `${hunt.name} on ${workspace.name ?? workspace.id}`;
  const when = window ? `, ${window.from} to ${window.to}, ${coverage.rows ?? 'unknown'} rows` : '';
  const found = `${counts.sightings} sightings: ${counts.hidden} hidden, ${counts.known} known, ${counts.new} new`;
  return `${where}: ${outcome}${baseline ? ' (baseline)' : ''}${when}; ${found}`;
}
