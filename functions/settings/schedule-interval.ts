import { Cron } from 'croner';

/** So many runs ahead are looked at: a schedule of working hours has its nights among them. */
const RUNS_AHEAD = 50;
/** The pattern counts, not today. */
const A_MONDAY = new Date('2026-01-05T00:00:00Z');
const HOUR_MS = 3_600_000;
const DEFAULT_MS = 4 * HOUR_MS;

/** The shortest time between two runs of an NCRONTAB schedule, in ms; that of the default schedule without one. */
export function scheduleInterval(schedule: string | undefined): number {
  if (schedule === undefined) return DEFAULT_MS;
  try {
    const runs = new Cron(schedule, { timezone: 'UTC', paused: true }).nextRuns(RUNS_AHEAD, A_MONDAY);
    const gaps = runs.slice(1).map((run, index) => run.getTime() - (runs[index]?.getTime() ?? 0));
    return gaps.length > 0 ? Math.min(...gaps) : DEFAULT_MS;
  } catch {
    // The host refuses what it can't read, and says so.
    return DEFAULT_MS;
  }
}
