import type { Attribution } from '../exclusions/attribution.ts';
import type { Exclusion } from '../exclusions/exclusion.ts';
import type { WatchlistState } from '../exclusions/watchlist-state.ts';
import type { Hunt } from './hunt.ts';
import type { Gap, Owed } from './owed.ts';
import { isWhole, type ReplayPlan } from './plan-replay.ts';
import type { Evidence } from './read-answers.ts';
import type { RunReport } from './report.ts';
import type { Batch, RunPlan } from './run-facts.ts';
import { type Span, unite } from './span.ts';

/** What a run was asked to do, as far as its report repeats it. */
interface Asked {
  runId: string;
  hunt: Hunt;
  workspace: { id: string; name?: string };
  dryRun: boolean;
}

function repeated({ runId, hunt: { id, name, tactics, techniques }, workspace, dryRun }: Asked) {
  return { runId, hunt: { id, name, tactics, techniques }, workspace, dryRun };
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
  asked: Asked,
  {
    slice,
    evidence,
    plan,
    exclusions: { applied, leftOut, attribution, watchlists },
    problems,
  }: RunOutcome & { plan: RunPlan; problems: string[] },
  times: { startedAt: Date; finishedAt: Date },
): RunReport {
  return {
    ...repeated(asked),
    outcome: plan.outcome,
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
  asked: Asked,
  outcome: 'lease-held' | 'failed',
  problem: string,
  at: Date,
): RunReport {
  return {
    ...repeated(asked),
    outcome,
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

/** What a run that broke off has stored: findings of these are remembered, and will be told; the rest is found again by the next run. */
export function toBrokenReport(
  report: RunReport,
  batches: readonly Batch[],
  broken: { problem: string; storedBatches: number; unsure: boolean },
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
      broken.problem,
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
