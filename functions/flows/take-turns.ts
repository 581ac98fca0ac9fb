import pLimit from 'p-limit';
import type { RunReport } from '../domain/hunting/report.ts';
import type { HuntJob } from './hunt-job.ts';

/** Hunts run side by side: each waits for the workspace most of its time, and the workspace takes five queries at once. */
const HUNTS_AT_ONCE = 3;
/** A turn is no shorter than this part of the time there is: of too many hunts each has a turn in the end, since who had none comes first next time. */
const SHORTEST_SHARE = 1 / 60;
/** As long as the service works on a query. After a crash, the hunt is free again when its share and the time to commit have passed. */
const LONGEST_SHARE_MS = 10 * 60_000;

/** When a hunt last had its turn; undefined: never. */
export type LastTurn = (job: HuntJob) => Promise<Date | undefined>;

/**
 * Gives each job its turn: who waited longest comes first, and nobody may take more than his share of the time that is left, so that what hangs holds up
 * no other for long. What could not begin in time is noted by `unreached`.
 */
export async function takeTurns(
  jobs: readonly HuntJob[],
  { queriesMs, lastTurn }: { queriesMs: number; lastTurn: LastTurn },
  run: (job: HuntJob) => Promise<RunReport>,
  unreached: (job: HuntJob) => Promise<RunReport>,
): Promise<RunReport[]> {
  const endsAt = performance.now() + queriesMs;
  const waiting = await inOrder(jobs, lastTurn);
  let left = waiting.length;
  const limit = pLimit(HUNTS_AT_ONCE);
  const turn = (job: HuntJob) => {
    const remaining = endsAt - performance.now();
    const fair = (remaining * HUNTS_AT_ONCE) / left--;
    if (remaining <= 0 || job.signal.aborted) return unreached(job);
    const share = Math.min(remaining, LONGEST_SHARE_MS, Math.max(fair, queriesMs * SHORTEST_SHARE));
    return run(inTime(job, Math.ceil(share)));
  };
  const reports = new Map<HuntJob, RunReport>();
  await Promise.all(waiting.map((job) => limit(async () => reports.set(job, await turn(job)))));
  // In the order that they were asked for in.
  return jobs.flatMap((job) => reports.get(job) ?? []);
}

/** The job, whose queries end after its share; never later than they would have. */
function inTime(job: HuntJob, shareMs: number): HuntJob {
  const signal = AbortSignal.any([job.signal, AbortSignal.timeout(shareMs)]);
  return { ...job, shareMs, signal };
}

async function inOrder(jobs: readonly HuntJob[], lastTurn: LastTurn): Promise<HuntJob[]> {
  if (jobs.length < 2) return [...jobs];
  const limit = pLimit(READS_AT_ONCE);
  const turns = await Promise.all(
    // A hunt whose memory cannot be read now fails when its turn comes, and says why.
    jobs.map((job) => limit(async () => (await lastTurn(job).catch(() => undefined))?.getTime() ?? 0)),
  );
  return jobs
    .map((job, index) => ({ job, turn: turns[index] ?? 0 }))
    .sort((one, other) => one.turn - other.turn)
    .map(({ job }) => job);
}

const READS_AT_ONCE = 16;
