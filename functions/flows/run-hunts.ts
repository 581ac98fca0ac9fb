import pLimit from 'p-limit';
import { answersTo, type Hunt } from '../domain/hunting/hunt.ts';
import { type OutboxReport, type RunReport, toEmptyReport } from '../domain/hunting/report.ts';
import { newRunId } from '../domain/hunting/run-id.ts';
import type { PortalPlace } from '../domain/messages/query-link.ts';
import { type Invocation, toTelemetry } from '../domain/to-telemetry.ts';
import type { MessagePost } from '../ports/message-post.ts';
import type { Outbox } from '../ports/outbox.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { deliverOutbox } from './deliver-outbox.ts';
import type { HuntJob, HuntPolicy } from './hunt-job.ts';
import type { Catalogue } from './read-catalogue.ts';
import { type HuntDeps, runHunt } from './run-hunt.ts';

export interface HuntRequest {
  /** Ids, names or file names; absent: every hunt that is switched on. */
  hunts?: readonly string[];
  lookbackMs?: number;
  dryRun?: boolean;
  /** Find out which exclusion hides what, also when that was done today. */
  reckon?: boolean;
  /**
   * From now: when queries end (what has not finished by then is reported as such), when delivery ends, and how long delivery may wait for a receiver that
   * asked for a pause.
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
  catalogue: () => Promise<Pick<Catalogue, 'switchedOn' | 'lists'>>;
  workspaces: readonly { id: string; name?: string }[];
  /** Where the portal has the workspaces (by id) and the telemetry, as far as it is known. */
  portal: { workspaces: ReadonlyMap<string, PortalPlace>; telemetry?: PortalPlace };
  policy: HuntPolicy;
  outbox: Outbox;
  post: MessagePost;
  /** Absent: nobody wants it. */
  telemetry?: Telemetry;
}

/** A request names a hunt that is not there or is switched off. */
export class UnknownHunt extends Error {}

/** Hunts run side by side: each waits for the workspace most of its time, and the workspace takes five queries at once. */
const HUNTS_AT_ONCE = 3;

/** Runs hunts on every workspace, then delivers what waits in the outbox: also when no query was answered, or when the hunts cannot be read. */
export async function runHunts(request: HuntRequest, deps: HuntsDeps): Promise<HuntResult> {
  const { queriesMs, deliveryMs, patienceMs } = request.limits;
  const delivery = AbortSignal.timeout(deliveryMs);
  const deliver = () => deliverOutbox(deps, { patienceMs, signal: delivery });

  const catalogue = await deps.catalogue().catch(async (error: unknown) => {
    // What keeps the lists from being read may keep the outbox too; the first error tells more.
    if (!request.dryRun) await deliver().catch(() => undefined);
    throw error;
  });
  const now = deps.clock();
  const shared = {
    lists: catalogue.lists,
    dryRun: request.dryRun ?? false,
    reckon: request.reckon ?? false,
    ...(request.lookbackMs !== undefined && { requestedLookbackMs: request.lookbackMs }),
    policy: deps.policy,
    deadline: new Date(now.getTime() + queriesMs),
    signal: AbortSignal.timeout(queriesMs),
  };
  const jobs = select(catalogue.switchedOn, request.hunts).flatMap((hunt) =>
    deps.workspaces.map((workspace) => ({
      ...shared,
      runId: newRunId(now),
      hunt,
      workspace,
      portal: { workspace: deps.portal.workspaces.get(workspace.id), telemetry: deps.portal.telemetry },
    })),
  );
  const limit = pLimit(HUNTS_AT_ONCE);
  const reports = await Promise.all(jobs.map((job) => limit(runSafely, job, deps)));
  const result: HuntResult = { reports };
  try {
    if (!request.dryRun) result.outbox = await deliver();
  } finally {
    const { invocation = {} } = request;
    const problem = await deps.telemetry?.send(toTelemetry(result, invocation), invocation);
    if (problem !== undefined) result.telemetryProblem = problem;
  }
  return result;
}

/** One hunt's trouble (storage, a broken definition) is that hunt's report, not the end of the others. */
async function runSafely(job: HuntJob, deps: HuntDeps): Promise<RunReport> {
  const startedAt = deps.clock();
  if (job.signal.aborted) return toEmptyReport(job, 'failed', 'Not started before the deadline.', startedAt);
  try {
    return await runHunt(job, deps);
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
