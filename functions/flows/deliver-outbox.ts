import { setTimeout as sleep } from 'node:timers/promises';
import type { OutboxReport } from '../domain/hunting/report.ts';
import { nextAttempt } from '../domain/messages/next-attempt.ts';
import type { MessagePost } from '../ports/message-post.ts';
import type { Outbox } from '../ports/outbox.ts';

/**
 * Posts every message that is due to the webhook function and records what came of it. What has to wait for a moment only is tried again within
 * `patienceMs`; the rest is a later run's.
 */
export async function deliverOutbox(
  { outbox, post, clock }: { outbox: Outbox; post: MessagePost; clock: () => Date },
  { patienceMs, signal }: { patienceMs: number; signal: AbortSignal },
): Promise<OutboxReport> {
  const deliveries: OutboxReport['deliveries'] = [];
  const problems = new Map<string, string>();
  const patientUntil = clock().getTime() + patienceMs;
  const entries = new Map((await outbox.pending()).map((entry) => [entry.message.id, entry]));

  for (;;) {
    let soonest = Number.POSITIVE_INFINITY;
    for (const [id, entry] of entries) {
      if (signal.aborted) break;
      if (entry.nextAttemptAt > clock()) {
        soonest = Math.min(soonest, entry.nextAttemptAt.getTime());
        continue;
      }
      const answer = await post.post(entry.message, signal);
      const attempt = nextAttempt(entry, answer, clock());
      const after = await outbox.record(entry, attempt);
      // To the end, so that one that fails does not stand before the others at the next round either.
      entries.delete(id);
      if (after) entries.set(id, after);

      if (answer.kind === 'answered')
        deliveries.push(...answer.channels.map((channel) => ({ messageId: id, ...channel })));
      if (attempt.kind === 'accepted') problems.delete(id);
      else
        problems.set(
          id,
          `message ${id} ${attempt.kind === 'dead' ? 'given up' : 'waits'}: ${attempt.reason}`,
        );
      if (attempt.kind === 'waiting') soonest = Math.min(soonest, attempt.nextAttemptAt.getTime());
      // The next message would meet the same closed door.
      if (answer.kind === 'unreachable') break;
    }
    if (signal.aborted || soonest > patientUntil) break;
    await sleep(Math.max(0, soonest - clock().getTime()), undefined, { signal }).catch(() => undefined);
  }
  return {
    deliveries,
    waiting: entries.size,
    deadLettered: await outbox.deadLettered(),
    problems: [...problems.values()],
  };
}
