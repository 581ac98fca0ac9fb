import pLimit from 'p-limit';
import type { OutboxReport } from '../domain/hunting/report.ts';
import { planWeekly, WEEK_MS } from '../domain/messages/plan-weekly.ts';
import { type Invocation, toTelemetry } from '../domain/to-telemetry.ts';
import type { MessagePost } from '../ports/message-post.ts';
import type { Outbox } from '../ports/outbox.ts';
import type { RunHistory } from '../ports/run-history.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { deliverOutbox } from './deliver-outbox.ts';
import type { ExclusionAccounts } from './read-accounts.ts';
import type { Catalogue } from './read-catalogue.ts';

export interface WeeklyDeps {
  catalogue: () => Promise<Pick<Catalogue, 'switchedOn'>>;
  accounts: () => Promise<Pick<ExclusionAccounts, 'exclusions'>>;
  workspaces: readonly { id: string; name?: string }[];
  history: RunHistory;
  outbox: Outbox;
  post: MessagePost;
  clock: () => Date;
  /** Absent: nobody wants it. */
  telemetry?: Telemetry;
  policy: { forgetAfterMs: number };
}

export interface WeeklyRequest {
  /** How long delivery may wait for a receiver that asked for a pause, and what ends it. */
  patienceMs: number;
  signal: AbortSignal;
  /** For telemetry. */
  invocation?: Invocation;
}

export interface WeeklyResult {
  /** False when this week's summary was there already. */
  told: boolean;
  outbox: OutboxReport;
  /** Why dashboards may not know of what was delivered; absent when all is well. */
  telemetryProblem?: string;
}

/** Partitions read side by side. */
const READS_AT_ONCE = 8;

/** Sums up the last seven days of every hunt on every workspace in one message, once in each ISO week, and delivers what waits. */
export async function tellWeekly(
  { invocation = {}, ...limits }: WeeklyRequest,
  deps: WeeklyDeps,
): Promise<WeeklyResult> {
  const { catalogue, accounts, workspaces, history, outbox, clock } = deps;
  const now = clock();
  const [{ switchedOn }, { exclusions }, waiting, deadLettered] = await Promise.all([
    catalogue(),
    accounts(),
    outbox.pending(limits.signal),
    outbox.deadLettered(limits.signal),
  ]);
  const limit = pLimit(READS_AT_ONCE);
  const from = new Date(now.getTime() - WEEK_MS);
  const scopes = switchedOn.flatMap(({ id, name }) =>
    workspaces.map((workspace) => ({ hunt: { id, name }, workspace })),
  );
  const message = planWeekly({
    now,
    scopes: await Promise.all(
      scopes.map((scope) => limit(async () => ({ ...scope, history: await history.since(scope, from) }))),
    ),
    outbox: { waiting: waiting.length, deadLettered },
    exclusions,
  });
  const told = await outbox.addOnce(message);
  const result: WeeklyResult = { told, outbox: await deliverOutbox(deps, limits) };
  const problem = await deps.telemetry?.send(
    toTelemetry({ reports: [], outbox: result.outbox, exclusions }, invocation),
    invocation,
  );
  return problem === undefined ? result : { ...result, telemetryProblem: problem };
}
