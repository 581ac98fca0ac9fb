import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { OutboxReport } from '../domain/hunting/report.ts';
import { nextAttempt } from '../domain/messages/next-attempt.ts';
import type { Scope } from '../ports/hunt-state.ts';
import type { MessagePost } from '../ports/message-post.ts';
import type { Outbox, OutboxEntry } from '../ports/outbox.ts';

export interface DeliveryDeps {
  outbox: Outbox;
  post: MessagePost;
  clock: () => Date;
  /** So long, a message waits for a channel that is missing or out of order. */
  policy: { forgetAfterMs: number };
}

/** `patienceMs`: how long delivery may wait for a receiver that asked for a pause. The signal ends it. */
export interface DeliveryLimits {
  patienceMs: number;
  signal: AbortSignal;
}

/** Delivery over the time of a run, one message at a time. Neither method throws: what stood in the way is a problem in the report. */
export interface Delivery {
  /** What a hunt has just committed, without waiting for anybody. */
  ofHunt(scope: Scope): Promise<void>;
  /** All that waits, and what came of everything. */
  finish(): Promise<OutboxReport>;
}

/** Posts every message that is due to the webhook function, and says what came of it. */
export function deliverOutbox(deps: DeliveryDeps, limits: DeliveryLimits): Promise<OutboxReport> {
  return openDelivery(deps, limits).finish();
}

export function openDelivery(deps: DeliveryDeps, { patienceMs, signal }: DeliveryLimits): Delivery {
  const { outbox, clock } = deps;
  const oneAtATime = pLimit(1);
  const told: Told = { deliveries: [], waits: new Map(), problems: [] };
  let doorClosed = false;

  return {
    ofHunt: (scope) =>
      oneAtATime(async () => {
        if (doorClosed || signal.aborted) return;
        // What fails here is tried again, and told, at the end.
        const due = await outbox.pending(signal, scope).catch(() => []);
        doorClosed = (await deliverRound(toMap(due), deps, signal, told)).doorClosed;
      }),
    finish: () =>
      oneAtATime(async () => {
        let waiting: number | null = null;
        let deadLettered: number | null = null;
        try {
          const entries = toMap(await outbox.pending(signal));
          await deliverAll(entries, deps, { patientUntil: clock().getTime() + patienceMs, signal }, told);
          waiting = entries.size;
        } catch (error) {
          told.problems.push(`The messages that wait could not be read: ${reasonOf(error)}`);
        }
        try {
          deadLettered = await outbox.deadLettered(signal);
        } catch (error) {
          told.problems.push(`The dead letters could not be counted: ${reasonOf(error)}`);
        }
        const { deliveries, waits, problems } = told;
        return { deliveries, waiting, deadLettered, problems: [...toSentences(waits), ...problems] };
      }),
  };
}

/** What there is to tell of a delivery; `waits` says of a message's id what became of it, and why. */
interface Told {
  deliveries: OutboxReport['deliveries'];
  waits: Map<string, { what: 'waits' | 'given up'; reason: string }>;
  problems: string[];
}

type Entries = Map<string, OutboxEntry>;

const toMap = (entries: readonly OutboxEntry[]): Entries =>
  new Map(entries.map((entry) => [entry.message.id, entry]));

/** Round after round, as long as what has to wait is due within patience; the rest is a later run's. */
async function deliverAll(
  entries: Entries,
  deps: DeliveryDeps,
  { patientUntil, signal }: { patientUntil: number; signal: AbortSignal },
  told: Told,
): Promise<void> {
  for (;;) {
    const { soonest } = await deliverRound(entries, deps, signal, told);
    if (signal.aborted || soonest > patientUntil) return;
    await sleep(Math.max(0, soonest - deps.clock().getTime()), undefined, { signal }).catch(() => undefined);
  }
}

/** What a channel said is recorded also when the time for delivery is over, which must not become much longer by it. */
const RECORD_MS = 10_000;

/** One try of each message that is due. `soonest`: when the next is. */
async function deliverRound(
  entries: Entries,
  { outbox, post, clock, policy }: DeliveryDeps,
  signal: AbortSignal,
  told: Told,
): Promise<{ soonest: number; doorClosed: boolean }> {
  let soonest = Number.POSITIVE_INFINITY;
  for (const [id, entry] of entries) {
    if (signal.aborted) break;
    if (entry.nextAttemptAt > clock()) {
      soonest = Math.min(soonest, entry.nextAttemptAt.getTime());
      continue;
    }
    const answer = await post.post(entry.message, signal);
    const attempt = nextAttempt(entry, answer, clock(), policy.forgetAfterMs);
    if (answer.kind === 'answered')
      told.deliveries.push(...answer.channels.map((channel) => ({ messageId: id, ...channel })));
    if (attempt.kind === 'accepted') told.waits.delete(id);
    else told.waits.set(id, { what: attempt.kind === 'dead' ? 'given up' : 'waits', reason: attempt.reason });
    // To the end, so that one that fails does not stand before the others at the next round either.
    entries.delete(id);
    try {
      const after = await outbox.record(entry, attempt, AbortSignal.timeout(RECORD_MS));
      if (after) entries.set(id, after);
      if (after) soonest = Math.min(soonest, after.nextAttemptAt.getTime());
    } catch (error) {
      // It still waits, and the storage that could not take this will not take the next either.
      entries.set(id, { ...entry, nextAttemptAt: new Date(8_640_000_000_000_000) });
      told.problems.push(
        `What became of message ${id} could not be recorded, so it is tried again: ${reasonOf(error)}`,
      );
      return { soonest, doorClosed: true };
    }
    // The next message would meet the same closed door.
    if (answer.kind === 'unreachable') return { soonest, doorClosed: true };
  }
  return { soonest, doorClosed: false };
}

/** One sentence for what several messages wait for: a channel's trouble is told once. */
function toSentences(waits: Told['waits']): string[] {
  const alike = Map.groupBy(waits, ([, { what, reason }]) => `${what}: ${reason}`);
  return [...alike].map(([words, [first, ...others]]) => {
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
    return `message ${first?.[0]}${more} ${words}`;
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
