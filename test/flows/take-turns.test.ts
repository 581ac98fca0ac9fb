import { setTimeout as sleep } from 'node:timers/promises';
import { toEmptyReport } from '../../functions/domain/hunting/make-report.ts';
import type { RunReport } from '../../functions/domain/hunting/report.ts';
import type { HuntJob } from '../../functions/flows/hunt-job.ts';
import { takeTurns } from '../../functions/flows/take-turns.ts';
import { daysAgo, hunt, now, workspace } from '../examples.ts';

const never = new AbortController().signal;

function jobs(...names: string[]): HuntJob[] {
  return names.map((name) => ({
    runId: name,
    hunt: { ...hunt, name },
    workspace,
    portal: {},
    lists: { exclusions: [], leftOut: [] },
    dryRun: false,
    reckon: false,
    policy: {
      defaultLookbackMs: 1,
      maxLookbackMs: 1,
      intervalMs: 14_400_000,
      returnAfterMs: 1,
      forgetAfterMs: 1,
      exclusionWarnShare: 1,
      exclusionQueriesPerDay: 100,
      alarmAfterRuns: 3,
    },
    shareMs: 60_000,
    signal: never,
    end: never,
  }));
}

const reportOf = (job: HuntJob, problem: string): RunReport => toEmptyReport(job, 'failed', problem, now);
const many = (count: number) => Array.from({ length: count }, (_, index) => `hunt ${index}`);

test('when hunts were last run at different times, then who waited longest comes first, and reports stand as they were asked for', async () => {
  const last: Record<string, Date | undefined> = { a: daysAgo(1), b: daysAgo(3), c: daysAgo(2) };
  const order: string[] = [];
  const reports = await takeTurns(
    jobs('a', 'b', 'c', 'd'),
    { queriesMs: 5_000, lastTurn: async ({ runId }) => last[runId] },
    async (job) => {
      order.push(job.runId);
      return reportOf(job, 'ran');
    },
    async (job) => reportOf(job, 'unreached'),
  );
  expect(order).toEqual(['d', 'b', 'c', 'a']);
  expect(reports.map(({ runId }) => runId)).toEqual(['a', 'b', 'c', 'd']);
});

test('when some hang for good, then each ends after its share, and all others have their turn', async () => {
  const started: string[] = [];
  const began = performance.now();
  await takeTurns(
    jobs(...many(60)),
    { queriesMs: 3_000, lastTurn: async () => undefined },
    async (job) => {
      started.push(job.runId);
      if (Number(job.runId.slice(5)) % 10 === 0)
        await sleep(60_000, undefined, { signal: job.signal }).catch(() => {});
      return reportOf(job, 'ran');
    },
    async (job) => reportOf(job, 'unreached'),
  );
  expect(started).toHaveLength(60);
  expect(performance.now() - began).toBeLessThan(3_500);
});

test('when all hang and there are too many, then the rest is noted, and comes first next time: each has its turn within a few runs', async () => {
  const turns = new Map<string, Date>();
  const ran = new Map<string, number>();
  const noted: number[] = [];
  for (let run = 0; run < 4; run++) {
    const reports = await takeTurns(
      jobs(...many(300)),
      { queriesMs: 600, lastTurn: async ({ runId }) => turns.get(runId) },
      async (job) => {
        turns.set(job.runId, new Date(now.getTime() + run * 1_000));
        ran.set(job.runId, (ran.get(job.runId) ?? 0) + 1);
        await sleep(60_000, undefined, { signal: job.signal }).catch(() => {});
        return reportOf(job, 'ran');
      },
      async (job) => reportOf(job, 'unreached'),
    );
    noted.push(reports.filter(({ problems }) => problems[0] === 'unreached').length);
  }
  expect(noted[0]).toBeGreaterThan(0);
  expect(ran.size).toBe(300);
});
