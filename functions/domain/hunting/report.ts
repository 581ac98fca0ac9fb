import { z } from 'zod';
import type { Attribution, Reckoned } from '../exclusions/attribution.ts';
import type { Exclusion } from '../exclusions/exclusion.ts';
import type { WatchlistState } from '../exclusions/watchlist-state.ts';
import type { Finding } from './finding.ts';
import type { Hunt } from './hunt.ts';
import type { Gap, Owed } from './owed.ts';
import { isWhole, type ReplayPlan } from './plan-replay.ts';
import type { Evidence } from './read-answers.ts';
import type { Batch, RunPlan } from './run-facts.ts';
import { type Span, unite } from './span.ts';

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

/** What a run was asked to do, as far as its report repeats it. */
interface Asked {
  runId: string;
  hunt: Hunt;
  workspace: { id: string; name?: string };
  dryRun: boolean;
}

/** What a run came to, before it is judged. */
interface RunOutcome {
  slice: Span;
  evidence: Evidence;
  exclusions: {
    applied: readonly Exclusion[];
    leftOut: { id: string; reason: string }[];
    /** Which exclusion hid what, where that was found out. */
    attribution?: Attribution | undefined;
    watchlists: WatchlistState[];
  };
}

/** What readers must know of a run, the worst first. `others` are of its hunt, its exclusions' share. */
export function problemsOf(
  { evidence, exclusions: { applied, leftOut } }: RunOutcome,
  others: string[],
): string[] {
  // One that is applied in part (a setting of it is not set) is in the report, and no reader's worry at each run.
  const idle = leftOut.filter(({ id }) => !applied.some((exclusion) => exclusion.id === id));
  return [...evidence.problems, ...others, ...idle.map(({ id, reason }) => `Exclusion ${id}: ${reason}`)];
}

/** The report of a run that went through. */
export function toReport(
  { runId, hunt, workspace, dryRun }: Asked,
  {
    slice,
    evidence,
    plan,
    exclusions: { applied, leftOut, attribution, watchlists },
    problems,
  }: RunOutcome & { plan: RunPlan; problems: string[] },
  times: { startedAt: Date; finishedAt: Date },
): RunReport {
  const { id, name, tactics, techniques } = hunt;
  return {
    runId,
    hunt: { id, name, tactics, techniques },
    workspace,
    outcome: plan.outcome,
    dryRun,
    baseline: plan.baseline,
    startedAt: times.startedAt.toISOString(),
    finishedAt: times.finishedAt.toISOString(),
    window: isoSpan(slice),
    coverage: evidence.coverage,
    counts: {
      sightings: evidence.visible.length + evidence.hidden.length,
      hidden: plan.hidden,
      known: plan.known,
      new: plan.findings.length,
    },
    exclusions: {
      applied: applied.map(({ id }) => id),
      leftOut,
      ...(attribution && { reckoned: attribution.reckoned }),
      ...(watchlists.length > 0 && { watchlists }),
      ...broadOf(plan),
    },
    owed: (plan.arrears?.owed ?? []).map(isoOwed),
    gaps: plan.gaps.map(isoGap),
    findings: plan.findings,
    problems,
  };
}

function broadOf({ breadth }: RunPlan): Pick<RunReport['exclusions'], 'broad'> {
  if (!breadth?.broad) return {};
  const { hidden, sightings, tell } = breadth;
  return { broad: { hidden, sightings, told: tell } };
}

/** The report of a run that looked at the past as well. */
export function withCatchUp(
  report: RunReport,
  { findings, looks, gaps, arrears }: ReplayPlan,
  finishedAt: Date,
): RunReport {
  const spans = unite(looks.map(({ settles }) => settles));
  const [first, last] = [spans[0], spans.at(-1)];
  return {
    ...report,
    finishedAt: finishedAt.toISOString(),
    counts: { ...report.counts, new: report.counts.new + findings.length },
    ...(first &&
      last && { caughtUp: { slices: looks.length, ...isoSpan({ from: first.from, to: last.to }) } }),
    owed: arrears.owed.map(isoOwed),
    gaps: [...report.gaps, ...gaps.map(isoGap)],
    findings: [...report.findings, ...findings],
    problems: [...report.problems, ...troubleOf(looks)],
  };
}

/** What stood in the way of looks at the past, once each. */
function troubleOf(looks: ReplayPlan['looks']): string[] {
  const failed = looks.filter((look) => !isWhole(look));
  const each = failed.map(
    ({ settles: { from, to }, evidence }) =>
      `${from.toISOString()} to ${to.toISOString()}, which no run has looked at yet, could not be looked at: ${evidence.problems.join(' ')}`,
  );
  return each.slice(0, MAX_PAST_PROBLEMS);
}

const MAX_PAST_PROBLEMS = 3;

const isoSpan = ({ from, to }: Span) => ({ from: from.toISOString(), to: to.toISOString() });
const isoOwed = ({ why, tries, ...span }: Owed) => ({ ...isoSpan(span), why, tries });
const isoGap = ({ reason, ...span }: Gap) => ({ ...isoSpan(span), reason });

/** The report of a run that did not get as far as an answer: the hunt is held by another run, or could not be asked. */
export function toEmptyReport(
  { runId, hunt, workspace, dryRun }: Asked,
  outcome: 'lease-held' | 'failed',
  problem: string,
  at: Date,
): RunReport {
  const { id, name, tactics, techniques } = hunt;
  return {
    runId,
    hunt: { id, name, tactics, techniques },
    workspace,
    outcome,
    dryRun,
    baseline: false,
    startedAt: at.toISOString(),
    finishedAt: at.toISOString(),
    window: null,
    coverage: { rows: null, newest: null },
    counts: { sightings: 0, hidden: 0, known: 0, new: 0 },
    exclusions: { applied: [], leftOut: [] },
    owed: [],
    gaps: [],
    findings: [],
    problems: [problem],
  };
}

/** What a commit that broke off has stored: findings of these are remembered, and will be told; the rest is found again by the next run. */
export function toBrokenReport(
  report: RunReport,
  batches: readonly Batch[],
  broken: { message: string; storedBatches: number; unsure: boolean },
): RunReport {
  const stored = batches.slice(0, broken.storedBatches).flatMap(({ findings }) => findings);
  const ids = new Set(stored.map(({ finding }) => finding.id));
  const findings = report.findings.filter(({ id }) => ids.has(id));
  const missing = report.findings.length - findings.length;
  return {
    ...report,
    outcome: 'failed',
    counts: { ...report.counts, new: findings.length },
    findings,
    problems: [
      `The run broke off while it was being stored: ${broken.message}`,
      ...(broken.unsure ? ['Whether its last step is stored is not known: the storage did not say.'] : []),
      ...(missing > 0
        ? [
            `${findings.length} of ${report.findings.length} findings are stored; the next run finds the others again.`,
          ]
        : []),
      ...report.problems,
    ],
  };
}

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
