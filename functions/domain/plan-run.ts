import { boundFinding } from './bound-finding.ts';
import { type Attribution, idOf } from './exclusions/attribution.ts';
import type { Exclusion } from './exclusions/exclusion.ts';
import { howEnded } from './exclusions/how-ended.ts';
import type { LedgerEntry } from './exclusions/ledger.ts';
import type { Finding, FindingKind } from './finding.ts';
import type { Hunt } from './hunt.ts';
import { type FindingsMessage, huntOf, MAX_ENDED_PER_MESSAGE, MAX_FINDINGS_PER_MESSAGE } from './message.ts';
import { type Health, planHealth, type RunOutcome, type Streak } from './plan-health.ts';
import type { Evidence } from './read-answers.ts';
import { earlier, hash, later, type Row, type Sighting } from './sighting.ts';

/** What is remembered of one identity. Facts only: whether they make a finding is decided when they are read. */
export interface SeenFacts {
  key: string;
  deviceKey?: string;
  firstSeen: Date;
  lastSeen: Date;
  /** When it was first sighted with nothing hiding it; absent while it has only ever been hidden. */
  visibleSince?: Date;
  /** The exclusions in force when it was hidden at its last sighting, as `exclusionSet` has them; absent when nothing hid it. */
  hiddenUnder?: string[];
  /**
   * Those among them whose rows give it by themselves, as far as that was found out (once a day); empty when it takes several together, absent while it
   * is not known.
   */
  hiddenBy?: string[];
}

/** The facts as they are written, with what a person wants to read beside them. */
export interface Seen extends SeenFacts {
  device?: { id?: string; name?: string };
  identity: Record<string, string>;
}

/** How far one hunt on one workspace has come. */
export interface Progress {
  /** When the first run was through; absent until then. */
  baselineAt?: Date;
  /** The end of the last complete window. */
  watermark?: Date;
  /** When it was last found out which exclusion hides what. */
  reckonedAt?: Date;
  /** Runs in a row, up to the last one, that were not completed; absent when the last one was. */
  streak?: Streak;
}

/** One step of the commit: written as a whole or not at all. The message comes with the first of its findings, so that none is remembered untold. */
export interface Batch {
  message?: FindingsMessage;
  findings: { messageId: string; finding: Finding; about: Pick<Seen, 'key' | 'deviceKey'> }[];
  seen: Seen[];
}

/** What a run means: what to write, what to tell. */
export interface RunPlan {
  outcome: RunOutcome;
  health: Health;
  /** The first run that had anything to go by: its findings are told in one digest. */
  baseline: boolean;
  /** Written last: the new end of what is covered; absent when the old one stands. */
  watermark?: Date;
  baselineAt?: Date;
  findings: Finding[];
  hidden: number;
  known: number;
  batches: Batch[];
  /** What exclusions did, where this run found that out. */
  ledger?: LedgerEntry[];
}

/** What a run found out, and what is needed to judge it. */
export interface RunFacts {
  now: Date;
  runId: string;
  hunt: Hunt;
  workspace: { id: string; name?: string };
  window: { from: Date; to: Date; covered: boolean };
  evidence: Evidence;
  /** What readers must know of the run, in sentences. */
  problems: string[];
  progress: Progress;
  /** What is remembered of the sightings and of whatever else their devices did, by `key`. */
  seen: ReadonlyMap<string, SeenFacts>;
  /** The exclusions that were applied, each as `id:fingerprint`. */
  exclusionSet: string[];
  /** Every exclusion that there is, in force or not. */
  exclusions: readonly Exclusion[];
  /** Which exclusion hid what, where this run found that out. */
  attribution?: Attribution | undefined;
  /** What the ledger is after this run, where it was reckoned. */
  ledger?: LedgerEntry[] | undefined;
  /** An identity that was absent for longer than this is told again. */
  returnAfterMs: number;
  /** So many runs in a row that were not completed are told. */
  alarmAfterRuns: number;
  /** The run's query in the portal, where that is known. */
  queryUrl?: string | undefined;
}

/** A finding, and what is remembered with it. */
interface Told {
  finding: Finding;
  seen: Seen;
}

/** `LastSeen` is written through when it moved by more than this: a steady run writes almost nothing. */
const LAST_SEEN_GRAIN_MS = 24 * 60 * 60 * 1000;

/** Together with the state and run rows they must fit an entity-group transaction of 100 entities. */
const MAX_SEEN_PER_BATCH = 90;

/** Pure: sightings against memory, under a policy. */
export function planRun(facts: RunFacts): RunPlan {
  const { progress, seen, evidence, now } = facts;
  const baseline = progress.baselineAt === undefined;
  const knownDevices = new Set(
    [...seen.values()].filter(({ visibleSince }) => visibleSince).map(({ deviceKey }) => deviceKey),
  );

  const told: Told[] = [];
  const quiet: Seen[] = [];
  for (const sighting of evidence.visible) {
    const before = seen.get(sighting.key);
    const kind = judge(sighting, before, knownDevices, facts);
    const after = remember(sighting, before, { visibleSince: before?.visibleSince ?? now });
    if (kind) told.push({ finding: toFinding(sighting, before, kind, facts), seen: after });
    else if (worthWriting(before, after)) quiet.push(after);
  }
  for (const sighting of evidence.hidden) {
    const before = seen.get(sighting.key);
    const after = remember(sighting, before, {
      ...(before?.visibleSince && { visibleSince: before.visibleSince }),
      hiddenUnder: facts.exclusionSet,
      ...hiders(sighting, before, facts),
    });
    if (worthWriting(before, after)) quiet.push(after);
  }

  told.sort((one, other) => other.finding.lastSeen.localeCompare(one.finding.lastSeen));
  const outcome = outcomeOf(facts);
  // A part that could not be covered is told once, in this run's report; waiting for it would hold up the watermark for good.
  const watermark = evidence.outcome === 'complete' ? facts.window.to : undefined;
  return {
    outcome,
    health: planHealth({
      ...facts,
      outcome,
      streak: progress.streak,
      watermark: watermark ?? progress.watermark,
    }),
    baseline,
    ...(watermark && { watermark }),
    ...(baseline &&
      (evidence.outcome === 'complete' || evidence.outcome === 'incomplete') && { baselineAt: now }),
    findings: told.map(({ finding }) => finding),
    hidden: evidence.hidden.length,
    known: evidence.visible.length - told.length,
    ...(facts.ledger && { ledger: facts.ledger }),
    batches: [
      ...tell(told, baseline, facts),
      ...chunks(quiet, MAX_SEEN_PER_BATCH).map((seen) => ({ findings: [], seen })),
    ],
  };
}

/** Pure: a run that broke off. It found nothing and leaves all as it was, but it counts. */
export function planBrokenRun(
  facts: Pick<RunFacts, 'now' | 'runId' | 'hunt' | 'workspace' | 'problems' | 'progress' | 'alarmAfterRuns'>,
): RunPlan {
  const { streak, watermark } = facts.progress;
  return {
    outcome: 'failed',
    health: planHealth({ ...facts, outcome: 'failed', window: null, streak, watermark }),
    baseline: false,
    findings: [],
    hidden: 0,
    known: 0,
    batches: [],
  };
}

function outcomeOf({ evidence, window }: RunFacts): RunOutcome {
  return evidence.outcome === 'complete' && !window.covered ? 'incomplete' : evidence.outcome;
}

/** What was found out now, else what was known and still holds. */
function hiders(
  { key }: Sighting,
  before: SeenFacts | undefined,
  { attribution, exclusionSet }: RunFacts,
): Pick<Seen, 'hiddenBy'> {
  const known = before?.hiddenBy?.filter((hider) => exclusionSet.includes(hider)) ?? [];
  const hiddenBy = attribution?.hiders.get(key) ?? (known.length > 0 ? known : undefined);
  return hiddenBy ? { hiddenBy } : {};
}

/** Whether a visible sighting is a finding, and of which kind. */
function judge(
  sighting: Sighting,
  before: SeenFacts | undefined,
  knownDevices: Set<string | undefined>,
  facts: RunFacts,
): FindingKind | undefined {
  const deviceIsNew = sighting.deviceKey !== undefined && !knownDevices.has(sighting.deviceKey);
  const unseen: FindingKind = deviceIsNew ? 'new-device' : 'new-activity';
  if (!before) return unseen;
  if (before.hiddenUnder !== undefined) {
    if (goneSince(before, facts.exclusionSet).length > 0) return 'unhidden';
    if (!before.visibleSince) return unseen;
  }
  const absentMs = sighting.firstSeen.getTime() - before.lastSeen.getTime();
  return absentMs > facts.returnAfterMs ? 'returned' : undefined;
}

/** Ids of exclusions that hid it, or may have where that is not known, and whose predicate is not in force any more. */
function goneSince({ hiddenUnder = [], hiddenBy = [] }: SeenFacts, now: readonly string[]): string[] {
  const predicateOf = (exclusion: string) => exclusion.split(':')[1];
  const inForce = new Set(now.map(predicateOf));
  const then = hiddenBy.length > 0 ? hiddenBy : hiddenUnder;
  return then.filter((exclusion) => !inForce.has(predicateOf(exclusion))).map(idOf);
}

function remember(
  sighting: Sighting,
  before: SeenFacts | undefined,
  status: Pick<Seen, 'visibleSince' | 'hiddenUnder' | 'hiddenBy'>,
): Seen {
  return {
    key: sighting.key,
    ...(sighting.deviceKey !== undefined && { deviceKey: sighting.deviceKey }),
    ...(sighting.device && { device: sighting.device }),
    identity: sighting.identity,
    firstSeen: before ? earlier(before.firstSeen, sighting.firstSeen) : sighting.firstSeen,
    lastSeen: before ? later(before.lastSeen, sighting.lastSeen) : sighting.lastSeen,
    ...status,
  };
}

function worthWriting(before: SeenFacts | undefined, after: Seen): boolean {
  return (
    !before ||
    after.lastSeen.getTime() - before.lastSeen.getTime() > LAST_SEEN_GRAIN_MS ||
    before.hiddenUnder?.join() !== after.hiddenUnder?.join() ||
    before.hiddenBy?.join() !== after.hiddenBy?.join() ||
    before.visibleSince?.getTime() !== after.visibleSince?.getTime()
  );
}

function toFinding(
  sighting: Sighting,
  before: SeenFacts | undefined,
  kind: FindingKind,
  facts: RunFacts,
): Finding {
  return {
    id: hash(facts.hunt.id, facts.workspace.id, sighting.key, kind, before?.lastSeen.toISOString() ?? ''),
    kind,
    ...(sighting.device && { device: sighting.device }),
    identity: sighting.identity,
    firstSeen: sighting.firstSeen.toISOString(),
    lastSeen: sighting.lastSeen.toISOString(),
    ...(sighting.count !== undefined && { count: sighting.count }),
    ...(before && { previouslySeen: before.lastSeen.toISOString() }),
    ...(kind === 'unhidden' && before && { hiddenBy: goneSince(before, facts.exclusionSet) }),
    row: toJsonRow(sighting.row),
  };
}

function toJsonRow(row: Row): Finding['row'] {
  return Object.fromEntries(
    Object.entries(row).map(([name, cell]) => [name, cell instanceof Date ? cell.toISOString() : cell]),
  );
}

/** Messages with their findings: a first run and an ended exclusion give one digest each, new findings as many parts as they need. */
function tell(told: Told[], baseline: boolean, facts: RunFacts): Batch[] {
  if (baseline) return digest('baseline', told, facts);
  const unhidden = told.filter(({ finding }) => finding.kind === 'unhidden');
  const fresh = told.filter(({ finding }) => finding.kind !== 'unhidden');
  const parts = chunks(fresh, MAX_FINDINGS_PER_MESSAGE);
  const batches = parts.map((part, index) => {
    const message = toMessage('findings', part, fresh, { number: index + 1, of: parts.length }, facts);
    return { message, ...toBatch(part, message.id) };
  });
  return [...batches, ...digest('unhidden', unhidden, facts)];
}

/** One message for however many findings: it carries the first of them and tells the total. */
function digest(kind: 'baseline' | 'unhidden', told: Told[], facts: RunFacts): Batch[] {
  const [first, ...rest] = chunks(told, MAX_FINDINGS_PER_MESSAGE);
  if (!first) return [];
  const message = toMessage(kind, first, told, { number: 1, of: 1 }, facts);
  return [{ message, ...toBatch(first, message.id) }, ...rest.map((part) => toBatch(part, message.id))];
}

function toBatch(part: Told[], messageId: string): Batch {
  return {
    findings: part.map(({ finding, seen }) => ({ messageId, finding: boundFinding(finding), about: seen })),
    seen: part.map(({ seen }) => seen),
  };
}

function toMessage(
  kind: FindingsMessage['kind'],
  part: Told[],
  all: Told[],
  position: FindingsMessage['part'],
  facts: RunFacts,
): FindingsMessage {
  const { hunt, workspace, window, evidence } = facts;
  return {
    id: `${facts.runId}.${kind}.${position.number}`,
    kind,
    createdAt: facts.now.toISOString(),
    hunt: huntOf(hunt),
    workspace,
    run: {
      id: facts.runId,
      window: { from: window.from.toISOString(), to: window.to.toISOString() },
      complete: outcomeOf(facts) === 'complete',
      problems: facts.problems,
      ...(facts.queryUrl !== undefined && { queryUrl: facts.queryUrl }),
    },
    coverage: evidence.coverage,
    counts: {
      sightings: evidence.visible.length + evidence.hidden.length,
      hidden: evidence.hidden.length,
      known: evidence.visible.length - all.length,
    },
    total: all.length,
    ...(kind === 'unhidden' && { ended: endedBehind(all, facts) }),
    devices: new Set(all.map(({ seen }) => seen.deviceKey).filter((key) => key !== undefined)).size,
    part: position,
    findings: part.map(({ finding }) => boundFinding(finding)),
  };
}

/** The exclusions that the findings came back from, those with most findings first. */
function endedBehind(told: Told[], { exclusions, now }: RunFacts): NonNullable<FindingsMessage['ended']> {
  const ids = told.flatMap(({ finding }) => finding.hiddenBy ?? []);
  const findings = Map.groupBy(ids, (id) => id);
  return [...findings]
    .sort(([, one], [, other]) => other.length - one.length)
    .slice(0, MAX_ENDED_PER_MESSAGE)
    .map(([id, { length }]) => ({ ...howEnded(id, exclusions, now), findings: length }));
}

function chunks<T>(items: T[], size: number): T[][] {
  const result: T[][] = [];
  for (let start = 0; start < items.length; start += size) result.push(items.slice(start, start + size));
  return result;
}
