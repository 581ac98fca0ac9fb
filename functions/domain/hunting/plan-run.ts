import { idOf } from '../exclusions/attribution.ts';
import { chunks, tellFindings } from '../messages/tell-findings.ts';
import type { Finding, FindingKind } from './finding.ts';
import { planHealth, type RunOutcome } from './plan-health.ts';
import type { RunFacts, RunPlan, Seen, SeenFacts, Told } from './run-facts.ts';
import { earlier, hash, later, type Row, type Sighting } from './sighting.ts';

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
      ...tellFindings(told, baseline, { ...facts, outcome }),
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
