import { planGaps } from '../messages/plan-gaps.ts';
import { chunks, tellFindings } from '../messages/tell-findings.ts';
import { type Arrears, uncovered } from './arrears.ts';
import type { Finding } from './finding.ts';
import { judgeSightings, latestFirst } from './judge-sightings.ts';
import type { Gap, WhyOwed } from './owed.ts';
import { lastEdit, MAX_SEEN_PER_BATCH } from './plan-run.ts';
import type { Evidence } from './read-answers.ts';
import type { Commit, RunFacts, Seen, SeenFacts, Told } from './run-facts.ts';
import { type Span, without } from './span.ts';

/** A look at a span that no run had looked at. */
export interface PastLook {
  settles: Span;
  why: WhyOwed;
  evidence: Evidence;
}

/** What looks at the past mean: what to write, what to tell. */
export interface ReplayPlan extends Commit {
  findings: Finding[];
  looks: readonly PastLook[];
  gaps: Gap[];
  arrears: Arrears;
}

/**
 * Pure: looks at the past, in the order in which they were taken, against memory and against each other. Their findings are one digest, however many looks
 * there were.
 */
export function planReplay(
  facts: Omit<RunFacts, 'evidence' | 'attribution' | 'ledger'>,
  past: {
    looks: readonly PastLook[];
    /** After the looks. */
    arrears: Arrears;
    gaps: Gap[];
  },
): ReplayPlan {
  const { looks, arrears, gaps } = past;
  const memory = new Map<string, SeenFacts>(facts.seen);
  const told = new Map<string, Told>();
  const editedAt = lastEdit(facts);
  const quiet = new Map<string, Seen>();
  let open = [...uncovered(arrears), ...looks.map(({ settles }) => settles)];
  for (const { evidence, why, settles } of looks) {
    open = open.flatMap((span) => without(span, settles));
    const judged = judgeSightings({
      ...facts,
      evidence,
      seen: memory,
      uncovered: open,
      late: why === 'late',
      edit: editedAt && { at: editedAt, before: settles.from < editedAt },
    });
    for (const one of judged.told) if (!told.has(one.seen.key)) told.set(one.seen.key, one);
    for (const seen of [...judged.quiet, ...judged.told.map((one) => one.seen)]) {
      memory.set(seen.key, seen);
      const one = told.get(seen.key);
      if (one) told.set(seen.key, { ...one, seen });
      else quiet.set(seen.key, seen);
    }
  }
  for (const key of told.keys()) quiet.delete(key);
  const findings = [...told.values()].sort(latestFirst);
  const whole: Evidence = {
    visible: looks.flatMap(({ evidence }) => evidence.visible),
    hidden: looks.flatMap(({ evidence }) => evidence.hidden),
    coverage: coverageOf(looks),
    late: [],
    outcome: looks.every(isWhole) ? 'complete' : 'incomplete',
    problems: [],
  };
  const window = windowOf(looks);
  const toldOf = {
    ...facts,
    ...(window && { slice: { ...facts.slice, ...window } }),
    evidence: whole,
    outcome: whole.outcome,
    owed: arrears.owed,
    past: true,
  };
  return {
    findings: findings.map(({ finding }) => finding),
    looks,
    gaps,
    arrears,
    notices: planGaps(gaps, facts, 2),
    batches: [
      ...tellFindings(
        findings.filter(({ byEdit }) => !byEdit),
        'catch-up',
        toldOf,
      ),
      ...tellFindings(
        findings.filter(({ byEdit }) => byEdit),
        'edited',
        toldOf,
      ),
      ...chunks([...quiet.values()], MAX_SEEN_PER_BATCH).map((seen) => ({ findings: [], seen })),
    ],
  };
}

/** Whether nothing of what was asked is missing. Empty tables between a time with rows and another are no sign of trouble. */
export function isWhole({ evidence: { outcome } }: Pick<PastLook, 'evidence'>): boolean {
  return outcome === 'complete' || outcome === 'no-data';
}

function coverageOf(looks: readonly PastLook[]): Evidence['coverage'] {
  const rows = looks.map(({ evidence }) => evidence.coverage.rows);
  const newest = looks.flatMap(({ evidence }) => evidence.coverage.newest ?? []).sort();
  const known = rows.filter((count) => count !== null);
  return {
    rows: known.length === rows.length ? known.reduce((sum, count) => sum + count, 0) : null,
    newest: newest.at(-1) ?? null,
  };
}

function windowOf(looks: readonly PastLook[]): Span | undefined {
  if (looks.length === 0) return undefined;
  return {
    from: new Date(Math.min(...looks.map(({ settles }) => settles.from.getTime()))),
    to: new Date(Math.max(...looks.map(({ settles }) => settles.to.getTime()))),
  };
}
