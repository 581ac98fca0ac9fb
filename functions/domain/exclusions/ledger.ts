import type { Evidence } from '../hunting/read-answers.ts';
import { later } from '../hunting/sighting.ts';
import { type Attribution, countDevices, idOf, predicateOf } from './attribution.ts';

/** What one exclusion did to one hunt on one workspace, as it was reckoned last. */
export interface LedgerEntry {
  /** Its id, and the fingerprint of its predicate as it was then; absent in what earlier versions wrote. */
  exclusion: string;
  predicate?: string;
  /** When it was reckoned first, and last. */
  since: Date;
  reckonedAt: Date;
  /** Of the window of the last reckoning: sightings that it hid, and their devices; all sightings, hidden or not. */
  hidden: number;
  devices: number;
  sightings: number;
  /** Different sightings that it hid and that happened in the 7 and 30 days before the last reckoning, and the devices of the latter. */
  hidden7: number;
  hidden30: number;
  devices30: number;
  /** When the last thing happened that it hid. */
  lastHit?: Date;
}

/** Something that was hidden when that was last looked at, and by which exclusions (as `exclusionSet` has them). */
export interface HiddenFact {
  key: string;
  deviceKey?: string;
  lastSeen: Date;
  hiddenBy: readonly string[];
}

/** What is remembered of exclusions. */
export interface LedgerMemory {
  entries: readonly LedgerEntry[];
  hidden: readonly HiddenFact[];
}

const DAY_MS = 86_400_000;

/** Pure: the entries after a run whose hidden sightings were attributed, one for each exclusion that was asked about. */
export function reckonLedger(
  { attribution, evidence, now }: { attribution: Attribution; evidence: Evidence; now: Date },
  before: LedgerMemory,
): LedgerEntry[] {
  const facts = new Map(before.hidden.map((fact) => [fact.key, fact]));
  for (const { key } of evidence.visible) facts.delete(key);
  for (const { key, deviceKey, lastSeen } of evidence.hidden) {
    const hiddenBy = attribution.hiders.get(key) ?? facts.get(key)?.hiddenBy ?? [];
    facts.set(key, { key, ...(deviceKey !== undefined && { deviceKey }), lastSeen, hiddenBy });
  }
  const factsOf = new Map<string, HiddenFact[]>();
  for (const fact of facts.values())
    for (const id of new Set(fact.hiddenBy.map(idOf))) {
      const mine = factsOf.get(id);
      if (mine) mine.push(fact);
      else factsOf.set(id, [fact]);
    }
  const predicates = new Map(attribution.asked.map((exclusion) => [idOf(exclusion), predicateOf(exclusion)]));
  const since = (days: number) => new Date(now.getTime() - days * DAY_MS);

  return attribution.reckoned.each.map(({ exclusion, hidden, devices }) => {
    const earlier = before.entries.find((entry) => entry.exclusion === exclusion);
    const mine = factsOf.get(exclusion) ?? [];
    const predicate = predicates.get(exclusion);
    const month = mine.filter(({ lastSeen }) => lastSeen >= since(30));
    const hits = [...mine.map(({ lastSeen }) => lastSeen), ...(earlier?.lastHit ? [earlier.lastHit] : [])];
    return {
      exclusion,
      ...(predicate !== undefined && { predicate }),
      since: earlier?.since ?? now,
      reckonedAt: now,
      hidden,
      devices,
      sightings: evidence.visible.length + evidence.hidden.length,
      hidden7: mine.filter(({ lastSeen }) => lastSeen >= since(7)).length,
      hidden30: month.length,
      devices30: countDevices(month),
      ...(hits.length > 0 && { lastHit: hits.reduce(later) }),
    };
  });
}
