import pLimit from 'p-limit';
import { deliverOutbox } from './deliver-outbox.ts';
import { planWeekly, WEEK_MS } from './domain/plan-weekly.ts';
import type { OutboxReport } from './domain/report.ts';
import type { MessagePost } from './ports/message-post.ts';
import type { Outbox } from './ports/outbox.ts';
import type { RunHistory } from './ports/run-history.ts';
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
}

export interface WeeklyResult {
  /** False when this week's summary was there already. */
  told: boolean;
  outbox: OutboxReport;
}

/** Partitions read side by side. */
const READS_AT_ONCE = 8;

/** Sums up the last seven days of every hunt on every workspace in one message, once in each ISO week, and delivers what waits. */
export async function tellWeekly(
  limits: { patienceMs: number; signal: AbortSignal },
  deps: WeeklyDeps,
): Promise<WeeklyResult> {
  const { catalogue, accounts, workspaces, history, outbox, clock } = deps;
  const now = clock();
  const [{ switchedOn }, { exclusions }, waiting, deadLettered] = await Promise.all([
    catalogue(),
    accounts(),
    outbox.pending(),
    outbox.deadLettered(),
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
  return { told, outbox: await deliverOutbox(deps, limits) };
}
