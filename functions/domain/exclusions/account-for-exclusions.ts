import type { Hunt } from '../hunting/hunt.ts';
import { addressOf } from './add-stored-entries.ts';
import { dayOf, type Exclusion, type ExclusionLists, exclusionsFor, hasExpired } from './exclusion.ts';
import type { LedgerEntry } from './ledger.ts';

/** Warned of this long before an exclusion ends. */
const SOON_DAYS = 14;
/** An exclusion that hid nothing for so long is one that nobody needs. */
const STALE_DAYS = 60;
const DAY_MS = 86_400_000;

/** An exclusion, and what it did. Numbers are sums over hunts and workspaces, as of `reckonedAt`. */
export interface ExclusionAccount extends Exclusion {
  source: 'file' | 'table';
  /** `idle`: it acts on no hunt that is switched on, see `notes`. */
  status: 'in-force' | 'expired' | 'idle';
  /** What of it does nothing, and why, in sentences. */
  notes: string[];
  /** In force, and ends within 14 days. */
  endsSoon: boolean;
  /** In force and in the ledger for 60 days, and hid nothing in them. */
  stale: boolean;
  /** Sightings that it hid: at today's reckoning, and different ones in 7 and 30 days; null before the first reckoning. */
  hidden: { today: number; days7: number; days30: number } | null;
  /** Devices of those of 30 days. */
  devices30: number | null;
  /** When the last thing happened that it hid. */
  lastHit: string | null;
  /** When that was found out: once a day. */
  reckonedAt: string | null;
}

/** Pure: what the lists hold, with what the ledger says of each. */
export function accountForExclusions(
  { lists, switchedOn }: { lists: ExclusionLists; switchedOn: readonly Hunt[] },
  ledger: readonly LedgerEntry[],
  now: Date,
): ExclusionAccount[] {
  const today = dayOf(now);
  const soon = dayOf(new Date(now.getTime() + SOON_DAYS * DAY_MS));
  const longAgo = new Date(now.getTime() - STALE_DAYS * DAY_MS);

  return lists.exclusions.map((exclusion) => {
    const sorted = switchedOn.map((hunt) => exclusionsFor(hunt, [exclusion], now));
    const applied = sorted.some((each) => each.applied.length > 0);
    const entries = ledger.filter((entry) => entry.exclusion === exclusion.id);
    const inForce = applied && !hasExpired(exclusion, now);
    const lastHit = latest(entries.flatMap((entry) => entry.lastHit ?? []));
    const reckonedAt = latest(entries.map((entry) => entry.reckonedAt));
    return {
      ...exclusion,
      source: exclusion.file === addressOf(exclusion.id) ? 'table' : 'file',
      status: inForce ? 'in-force' : hasExpired(exclusion, now) ? 'expired' : 'idle',
      notes: [...new Set(sorted.flatMap((each) => each.leftOut.map(({ reason }) => reason)))],
      endsSoon: inForce && exclusion.expires <= soon,
      stale:
        inForce &&
        entries.length > 0 &&
        entries.every(({ since, lastHit: hit }) => since < longAgo && (hit === undefined || hit < longAgo)),
      hidden: reckonedAt
        ? {
            today: sum(entries, (entry) => (dayOf(entry.reckonedAt) === today ? entry.hidden : 0)),
            days7: sum(entries, (entry) => withinDays(entry, 7, now, entry.hidden7)),
            days30: sum(entries, (entry) => withinDays(entry, 30, now, entry.hidden30)),
          }
        : null,
      devices30: reckonedAt ? sum(entries, (entry) => withinDays(entry, 30, now, entry.devices30)) : null,
      lastHit: lastHit?.toISOString() ?? null,
      reckonedAt: reckonedAt?.toISOString() ?? null,
    };
  });
}

/** A reckoning counts what lies before it: once its last hit is longer ago than that, nothing of it is left. */
function withinDays({ lastHit }: LedgerEntry, days: number, now: Date, count: number): number {
  return lastHit && now.getTime() - lastHit.getTime() <= days * DAY_MS ? count : 0;
}

function latest(moments: readonly Date[]): Date | undefined {
  return moments.length === 0 ? undefined : new Date(Math.max(...moments.map((moment) => moment.getTime())));
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
