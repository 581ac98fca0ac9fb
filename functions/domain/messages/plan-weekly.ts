import type { ExclusionAccount } from '../exclusions/account-for-exclusions.ts';
import { type FindingKind, findingKinds } from '../hunting/finding.ts';
import type { RunReport } from '../hunting/report.ts';
import type { Progress } from '../hunting/run-facts.ts';
import {
  MAX_EXCLUSIONS_PER_WEEKLY,
  MAX_HUNTS_PER_WEEKLY,
  type WeeklyMessage,
} from './kinds/weekly-message.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** The days that a summary covers. */
export const WEEK_MS = 7 * DAY_MS;

/** What one hunt on one workspace did. */
export interface ScopeHistory {
  progress: Progress;
  /** The oldest first. */
  runs: { outcome: RunReport['outcome']; hidden: number }[];
  findings: { kind: FindingKind; baseline: boolean; deviceKey: string }[];
}

export interface WeeklyFacts {
  now: Date;
  scopes: {
    hunt: { id: string; name: string };
    workspace: { id: string; name?: string };
    history: ScopeHistory;
  }[];
  outbox: WeeklyMessage['outbox'];
  exclusions: readonly Pick<ExclusionAccount, 'id' | 'owner' | 'expires' | 'status' | 'endsSoon' | 'stale'>[];
}

/** Pure: what a week brought. Its id is the ISO week's, so that it is sent once in it. */
export function planWeekly({ now, scopes, outbox, exclusions }: WeeklyFacts): WeeklyMessage {
  const hunts = scopes.map(toWeek).sort((one, other) => weight(other) - weight(one));
  return {
    id: `weekly.${isoWeek(now)}`,
    kind: 'weekly',
    createdAt: now.toISOString(),
    period: { from: new Date(now.getTime() - WEEK_MS).toISOString(), to: now.toISOString() },
    hunts: hunts.slice(0, MAX_HUNTS_PER_WEEKLY),
    total: hunts.length,
    outbox,
    exclusions: {
      inForce: exclusions.filter(({ status }) => status === 'in-force').length,
      ending: exclusions
        .filter(({ endsSoon }) => endsSoon)
        .map(({ id, expires, owner }) => ({ id, on: expires, owner }))
        .sort((one, other) => one.on.localeCompare(other.on))
        .slice(0, MAX_EXCLUSIONS_PER_WEEKLY),
      stale: exclusions
        .filter(({ stale }) => stale)
        .map(({ id, owner }) => ({ id, owner }))
        .slice(0, MAX_EXCLUSIONS_PER_WEEKLY),
    },
  };
}

function toWeek({ hunt, workspace, history }: WeeklyFacts['scopes'][number]): WeeklyMessage['hunts'][number] {
  const { progress, runs, findings } = history;
  const complete = runs.filter(({ outcome }) => outcome === 'complete').length;
  const answered = runs.findLast(({ outcome }) => outcome === 'complete' || outcome === 'incomplete');
  const owed = progress.arrears?.owed.length ?? 0;
  const after = findings.filter(({ baseline }) => !baseline);
  const of = (kind: FindingKind) => after.filter((finding) => finding.kind === kind).length;
  return {
    hunt,
    workspace,
    runs: { complete, other: runs.length - complete },
    searchedUntil: progress.watermark?.toISOString() ?? null,
    ...(owed > 0 && { owed }),
    ...(progress.streak && { notCompletedSince: progress.streak.since.toISOString() }),
    findings: {
      'new-device': of('new-device'),
      'new-activity': of('new-activity'),
      returned: of('returned'),
      unhidden: of('unhidden'),
      baseline: findings.length - after.length,
    },
    devices: new Set(findings.map(({ deviceKey }) => deviceKey).filter((key) => key !== '')).size,
    hidden: answered?.hidden ?? null,
  };
}

/** Those that do not come through first, then by what they found. */
function weight({ runs, notCompletedSince, findings }: WeeklyMessage['hunts'][number]): number {
  const unwell = notCompletedSince !== undefined || runs.complete === 0;
  return (unwell ? 1e9 : 0) + findingKinds.reduce((sum, kind) => sum + findings[kind], 0);
}

/** `2026-W48`: ISO 8601's week, from Monday on, of the year that has its Thursday. */
export function isoWeek(date: Date): string {
  const day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  const thursday = new Date(day + (4 - (date.getUTCDay() || 7)) * DAY_MS);
  const year = thursday.getUTCFullYear();
  const week = Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / WEEK_MS) + 1;
  return `${year}-W${String(week).padStart(2, '0')}`;
}
