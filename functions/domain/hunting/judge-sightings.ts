import { idOf } from '../exclusions/attribution.ts';
import type { Finding, FindingKind } from './finding.ts';
import { toJsonRow } from './result-table.ts';
import type { RunFacts, Seen, SeenFacts, Told } from './run-facts.ts';
import { earlier, hash, later, type Sighting } from './sighting.ts';
import { overlapOf, type Span } from './span.ts';

/** What is needed to judge sightings. */
export type JudgeFacts = Pick<
  RunFacts,
  'now' | 'hunt' | 'workspace' | 'exclusionSet' | 'attribution' | 'returnAfterMs'
> & {
  /** Of the look that gave the sightings. */
  evidence: Pick<RunFacts['evidence'], 'visible' | 'hidden'>;
  /** What is remembered, by `key`. */
  seen: ReadonlyMap<string, SeenFacts>;
  /** What no run has looked at: nothing was absent there. */
  uncovered: readonly Span[];
  /** The rows came after a run had looked at their time. */
  late?: boolean;
  /** Since when the hunt asks what it asks now, where it has asked otherwise; `before`: the look is at a time before that. */
  edit?: { at: Date; before: boolean } | undefined;
};

export interface Judged {
  /** Findings, the last seen first. */
  told: Told[];
  /** What is remembered and not told. */
  quiet: Seen[];
}

/** `LastSeen` is written through when it moved by more than this: a steady run writes almost nothing. */
const LAST_SEEN_GRAIN_MS = 24 * 60 * 60 * 1000;

/** Pure: sightings against memory. What was seen at a later time stays as it is: a look at the past adds to it and takes nothing away. */
export function judgeSightings(facts: JudgeFacts): Judged {
  const { seen, evidence, now } = facts;
  let devices: ReadonlyMap<string | undefined, Date> | undefined;
  // In most runs nothing is new, and nobody asks.
  const listed = () => {
    devices ??= lastListed(seen);
    return devices;
  };
  const told: Told[] = [];
  const quiet: Seen[] = [];
  for (const sighting of evidence.visible) {
    const before = seen.get(sighting.key);
    const kind = judge(sighting, before, listed, facts);
    if (!kind && before && isVisibleAsBefore(sighting, before)) continue;
    const after = remember(sighting, before, {
      visibleSince: before?.visibleSince ?? now,
      ...(isPast(sighting, before) && hidingOf(before)),
    });
    if (kind)
      told.push({
        finding: toFinding(sighting, before, kind, facts),
        seen: after,
        byEdit: kind === 'new-activity' && isByEdit(sighting, listed, facts),
      });
    else if (worthWriting(before, after)) quiet.push(after);
  }
  for (const sighting of evidence.hidden) {
    const before = seen.get(sighting.key);
    const after = remember(sighting, before, {
      ...(before?.visibleSince && { visibleSince: before.visibleSince }),
      ...(isPast(sighting, before)
        ? hidingOf(before)
        : { hiddenUnder: facts.exclusionSet, ...hiders(sighting, before, facts) }),
    });
    if (worthWriting(before, after)) quiet.push(after);
  }
  told.sort(latestFirst);
  return { told, quiet };
}

/** ISO 8601 in UTC sorts as text. */
export function latestFirst({ finding: one }: Told, { finding: other }: Told): number {
  if (one.lastSeen === other.lastSeen) return 0;
  return one.lastSeen < other.lastSeen ? 1 : -1;
}

/** When each device was last listed with something new. */
function lastListed(seen: ReadonlyMap<string, SeenFacts>): Map<string | undefined, Date> {
  const listed = new Map<string | undefined, Date>();
  for (const { deviceKey, visibleSince } of seen.values())
    if (visibleSince) listed.set(deviceKey, later(visibleSince, listed.get(deviceKey) ?? visibleSince));
  return listed;
}

function isByEdit(
  { deviceKey }: Sighting,
  listed: () => ReadonlyMap<string | undefined, Date>,
  { edit }: JudgeFacts,
) {
  const last = deviceKey === undefined || edit === undefined ? undefined : listed().get(deviceKey);
  return edit !== undefined && last !== undefined && (edit.before || last < edit.at);
}

/** Whether a later time of the same thing is remembered. */
function isPast({ lastSeen }: Sighting, before: SeenFacts | undefined): before is SeenFacts {
  return before !== undefined && before.lastSeen > lastSeen;
}

function hidingOf({ hiddenUnder, hiddenBy }: SeenFacts): Pick<Seen, 'hiddenUnder' | 'hiddenBy'> {
  return { ...(hiddenUnder && { hiddenUnder }), ...(hiddenBy && { hiddenBy }) };
}

/** What was found out now, else what was known and still holds. */
function hiders(
  { key }: Sighting,
  before: SeenFacts | undefined,
  { attribution, exclusionSet }: JudgeFacts,
): Pick<Seen, 'hiddenBy'> {
  const known = before?.hiddenBy?.filter((hider) => exclusionSet.includes(hider)) ?? [];
  const hiddenBy = attribution?.hiders.get(key) ?? (known.length > 0 ? known : undefined);
  return hiddenBy ? { hiddenBy } : {};
}

/** Whether a visible sighting is a finding, and of which kind. */
function judge(
  sighting: Sighting,
  before: SeenFacts | undefined,
  listed: () => ReadonlyMap<string | undefined, Date>,
  { exclusionSet, returnAfterMs, uncovered }: JudgeFacts,
): FindingKind | undefined {
  const unseen = (): FindingKind =>
    sighting.deviceKey !== undefined && !listed().has(sighting.deviceKey) ? 'new-device' : 'new-activity';
  if (!before) return unseen();
  if (before.hiddenUnder !== undefined) {
    if (goneSince(before, exclusionSet).length > 0) return 'unhidden';
    if (!before.visibleSince) return unseen();
  }
  const absent = { from: before.lastSeen, to: sighting.firstSeen };
  const absentMs = absent.to.getTime() - absent.from.getTime() - overlapOf(absent, uncovered);
  return absentMs > returnAfterMs ? 'returned' : undefined;
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
  const { key, deviceKey, device, entities } = sighting;
  return {
    key,
    ...(deviceKey !== undefined && { deviceKey }),
    ...(device && { device }),
    identity: sighting.identity,
    ...(entities && { entities }),
    firstSeen: before ? earlier(before.firstSeen, sighting.firstSeen) : sighting.firstSeen,
    lastSeen: before ? later(before.lastSeen, sighting.lastSeen) : sighting.lastSeen,
    ...status,
  };
}

function worthWriting(before: SeenFacts | undefined, after: Seen): boolean {
  return (
    !before ||
    hasMoved(after, before) ||
    !isSameList(before.hiddenUnder, after.hiddenUnder) ||
    !isSameList(before.hiddenBy, after.hiddenBy) ||
    before.visibleSince?.getTime() !== after.visibleSince?.getTime()
  );
}

function hasMoved(
  { firstSeen, lastSeen }: Pick<SeenFacts, 'firstSeen' | 'lastSeen'>,
  before: SeenFacts,
): boolean {
  return (
    lastSeen.getTime() - before.lastSeen.getTime() > LAST_SEEN_GRAIN_MS ||
    before.firstSeen.getTime() - firstSeen.getTime() > LAST_SEEN_GRAIN_MS
  );
}

/** Nothing is to be written of what was visible and is. */
function isVisibleAsBefore(sighting: Sighting, before: SeenFacts): boolean {
  const { visibleSince, hiddenUnder, hiddenBy } = before;
  return visibleSince !== undefined && !hiddenUnder && !hiddenBy && !hasMoved(sighting, before);
}

function isSameList(one: readonly string[] | undefined, other: readonly string[] | undefined): boolean {
  if (one === other || one === undefined || other === undefined) return one === other;
  return one.length === other.length && one.every((item, index) => item === other[index]);
}

function toFinding(
  sighting: Sighting,
  before: SeenFacts | undefined,
  kind: FindingKind,
  facts: JudgeFacts,
): Finding {
  const { key, device, identity, count, columns, cells } = sighting;
  return {
    id: hash(facts.hunt.id, facts.workspace.id, key, kind, before?.lastSeen.toISOString() ?? ''),
    kind,
    ...(device && { device }),
    identity,
    firstSeen: sighting.firstSeen.toISOString(),
    lastSeen: sighting.lastSeen.toISOString(),
    ...(count !== undefined && { count }),
    ...(before && { previouslySeen: before.lastSeen.toISOString() }),
    ...(kind === 'unhidden' && before && { hiddenBy: goneSince(before, facts.exclusionSet) }),
    ...(facts.late && { late: true }),
    row: toJsonRow(columns, cells),
  };
}
