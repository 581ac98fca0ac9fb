import { answersTo, type Hunt } from '../domain/hunting/hunt.ts';
import { toEmptyReport } from '../domain/hunting/make-report.ts';
import type { OutboxReport, RunReport } from '../domain/hunting/report.ts';
import { newRunId } from '../domain/hunting/run-id.ts';
import type { PortalPlace } from '../domain/messages/query-link.ts';
import { type Invocation, toTelemetry } from '../domain/to-telemetry.ts';
import type { MessagePost } from '../ports/message-post.ts';
import type { Outbox } from '../ports/outbox.ts';
import type { Retention } from '../ports/retention.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { openDelivery } from './deliver-outbox.ts';
import type { HuntJob, HuntPolicy } from './hunt-job.ts';
import type { Catalogue } from './read-catalogue.ts';
import { COMMIT_MS, type HuntDeps, noteUnreached, runHunt } from './run-hunt.ts';
import { takeTurns } from './take-turns.ts';

export interface HuntRequest {
  /** Ids, names or file names; absent: every hunt that is switched on. */
  hunts?: readonly string[];
  lookbackMs?: number;
  dryRun?: boolean;
  /** Find out which exclusion hides what, also when that was done today. */
  reckon?: boolean;
  /**
   * From now: when queries end (what has not finished by then is reported as such; commits have a minute more), when delivery ends, and how long it may wait
   * for a receiver that asked for a pause.
   */
  limits: { queriesMs: number; deliveryMs: number; patienceMs: number };
  /** For telemetry. */
  invocation?: Invocation;
}

export interface HuntResult {
  reports: RunReport[];
  /** Absent after a dry run, which delivers nothing. */
  outbox?: OutboxReport;
  /** Why dashboards and alerts may not know of this run; absent when all is well. */
  telemetryProblem?: string;
}

export interface HuntsDeps extends HuntDeps {
  catalogue: (signal?: AbortSignal) => Promise<Pick<Catalogue, 'switchedOn' | 'lists'>>;
  workspaces: readonly { id: string; name?: string }[];
  /** Where the portal has the workspaces (by id) and the telemetry, as far as it is known. */
  portal: { workspaces: ReadonlyMap<string, PortalPlace>; telemetry?: PortalPlace };
  policy: HuntPolicy;
  outbox: Outbox;
  retention: Retention;
  post: MessagePost;
  /** Absent: nobody wants it. */
  telemetry?: Telemetry;
}

/** A request names a hunt that is not there or is switched off. */
export class UnknownHunt extends Error {}

/** Runs hunts on every workspace and delivers as each commits, then what else waits in the outbox: also when no query was answered, or when the hunts cannot be read. */
export async function runHunts(request: HuntRequest, deps: HuntsDeps): Promise<HuntResult> {
  const { queriesMs, deliveryMs, patienceMs } = request.limits;
  const end = AbortSignal.timeout(Math.max(deliveryMs, queriesMs + COMMIT_MS));
  const queries = AbortSignal.timeout(queriesMs);
  const dryRun = request.dryRun ?? false;
  const delivery = openDelivery(deps, { patienceMs, signal: AbortSignal.timeout(deliveryMs) });

  const catalogue = await deps.catalogue(queries).catch(async (error: unknown) => {
    // What keeps the lists from being read may keep the outbox too; the first error tells more.
    if (!dryRun) await delivery.finish();
    throw error;
  });
  const shared = {
    lists: catalogue.lists,
    dryRun,
    reckon: request.reckon ?? false,
    ...(request.lookbackMs !== undefined && { requestedLookbackMs: request.lookbackMs }),
    policy: deps.policy,
    shareMs: queriesMs,
    signal: queries,
    end,
  };
  const now = deps.clock();
  const jobs = select(catalogue.switchedOn, request.hunts).flatMap((hunt) =>
    deps.workspaces.map((workspace) => ({
      ...shared,
      runId: newRunId(now),
      hunt,
      workspace,
      portal: { workspace: deps.portal.workspaces.get(workspace.id), telemetry: deps.portal.telemetry },
    })),
  );
  const reports = await takeTurns(
    jobs,
    { queriesMs, lastTurn: (job) => lastTurn(job, deps) },
    async (job) => {
      const report = await safely(runHunt, job, deps);
      // It need not be waited for: what is left of it is delivered at the end.
      if (!dryRun && report.findings.length > 0) void delivery.ofHunt(job);
      return report;
    },
    (job) => safely(noteUnreached, job, deps),
  );
  const result: HuntResult = { reports };
  if (!dryRun) {
    result.outbox = await delivery.finish();
    for (const job of jobs) await forgetOld(job, reports, deps);
  }
  const { invocation = {} } = request;
  const problem = await deps.telemetry?.send(toTelemetry(result, invocation), invocation);
  if (problem !== undefined) result.telemetryProblem = problem;
  return result;
}

/** Reports are kept so long: health and the week look back no further. */
const KEEP_RUNS_MS = 90 * 24 * 60 * 60 * 1000;

/** Once a day, with the reckoning: what has aged leaves the table. */
async function forgetOld(job: HuntJob, reports: readonly RunReport[], deps: HuntsDeps): Promise<void> {
  const report = reports.find(({ runId }) => runId === job.runId);
  if (!report?.exclusions.reckoned || job.end.aborted) return;
  const now = deps.clock().getTime();
  const before = {
    memory: new Date(now - Math.max(deps.policy.forgetAfterMs, deps.policy.returnAfterMs)),
    runs: new Date(now - KEEP_RUNS_MS),
  };
  try {
    await deps.retention.forget(job, before, job.end);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    report.problems.push(`What has aged could not be taken out of the table: ${reason}`);
  }
}

/**
 * Who was completed longest ago comes first: a turn that brought nothing, because the time or the service's quota was used up, is no turn. Who fails again and
 * again waits like all others, or many such would have every turn.
 */
async function lastTurn(job: HuntJob, { state, policy }: HuntsDeps): Promise<Date | undefined> {
  const { streak, turnAt, watermark } = (await state.peek(job, job.signal)).progress;
  return (streak?.runs ?? 0) >= policy.alarmAfterRuns ? turnAt : watermark;
}

/** One hunt's trouble (storage, a broken definition) is that hunt's report, not the end of the others. */
async function safely(
  run: (job: HuntJob, deps: HuntDeps) => Promise<RunReport>,
  job: HuntJob,
  deps: HuntDeps,
): Promise<RunReport> {
  const startedAt = deps.clock();
  try {
    return await run(job, deps);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return toEmptyReport(job, 'failed', `The run broke off: ${reason}`, startedAt);
  }
}

function select(hunts: readonly Hunt[], wanted: readonly string[] | undefined): readonly Hunt[] {
  if (!wanted) return hunts;
  const known = hunts.map(({ name }) => name).join(', ');
  const chosen = wanted.map((name) => {
    const hunt = hunts.find((candidate) => answersTo(candidate, name));
    if (!hunt) throw new UnknownHunt(`there is no hunt ${JSON.stringify(name)}; there are: ${known}`);
    return hunt;
  });
  return [...new Set(chosen)];
}
