import type { ChannelAnswer } from '../hunting/report.ts';

/**
 * What the webhook function said to a message. `unreachable`: no answer that could be understood (down, wrong secret, wrong address): try later.
 * `rejected`: it will never take this message.
 */
export type PostAnswer =
  | { kind: 'answered'; channels: ChannelAnswer[] }
  | { kind: 'unreachable'; reason: string; notBefore?: Date }
  | { kind: 'rejected'; reason: string };

/** What becomes of an outbox entry after a try. */
export type Attempt =
  | { kind: 'accepted'; at: Date }
  | { kind: 'waiting'; nextAttemptAt: Date; reason: string }
  | { kind: 'dead'; at: Date; reason: string };

const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 60 * 60 * 1000;
const DAY_MS = 24 * 60 * 60 * 1000;
/** After a week an alert is news to nobody: it goes to the dead letters, where it stays visible. */
const GIVE_UP_AFTER_MS = 7 * DAY_MS;
/** But not at the first stumble after an outage of the hunter itself. */
const FEWEST_TRIES = 5;

/** Pure: what to do with a message after the webhook function's answer. `attempts` counts the tries before this one; for a channel that is out of order it waits `forgetAfterMs`. */
export function nextAttempt(
  entry: { attempts: number; createdAt: Date },
  answer: PostAnswer,
  now: Date,
  forgetAfterMs: number = GIVE_UP_AFTER_MS,
): Attempt {
  switch (answer.kind) {
    case 'rejected':
      return { kind: 'dead', at: now, reason: answer.reason };
    case 'unreachable':
      // The hunter's own function is down, or its secret is wrong: no fault of the message either.
      return wait(entry, answer.reason, answer.notBefore, now, forgetAfterMs);
    case 'answered': {
      const broken = answer.channels.filter(({ outcome }) => outcome === 'out-of-order');
      const later = [...answer.channels.filter(({ outcome }) => outcome === 'retry-later'), ...broken];
      if (later.length > 0) {
        const soonest = later.map(({ notBefore }) => Date.parse(notBefore ?? '') || 0);
        // A channel that is missing or must be mended is no fault of the message, and nobody is told anything meanwhile.
        const giveUpAfterMs = broken.length > 0 ? forgetAfterMs : GIVE_UP_AFTER_MS;
        return wait(entry, reasons(later), new Date(Math.min(...soonest)), now, giveUpAfterMs);
      }
      const refused = answer.channels.filter(({ outcome }) => outcome === 'refused');
      return refused.length > 0
        ? { kind: 'dead', at: now, reason: reasons(refused) }
        : { kind: 'accepted', at: now };
    }
  }
}

function wait(
  entry: { attempts: number; createdAt: Date },
  reason: string,
  notBefore: Date | undefined,
  now: Date,
  giveUpAfterMs = GIVE_UP_AFTER_MS,
): Attempt {
  if (now.getTime() - entry.createdAt.getTime() > giveUpAfterMs && entry.attempts >= FEWEST_TRIES) {
    return {
      kind: 'dead',
      at: now,
      reason: `given up after ${entry.attempts + 1} tries in ${giveUpAfterMs === GIVE_UP_AFTER_MS ? 'a week' : `${Math.round(giveUpAfterMs / DAY_MS)} days`}: ${reason}`,
    };
  }
  const backoff = Math.min(FIRST_WAIT_MS * 4 ** entry.attempts, LONGEST_WAIT_MS);
  const nextAttemptAt = new Date(Math.max(now.getTime() + backoff, notBefore?.getTime() ?? 0));
  return { kind: 'waiting', nextAttemptAt, reason };
}

function reasons(answers: ChannelAnswer[]): string {
  return answers.map(({ channel, reason }) => `${channel}: ${reason ?? 'no reason given'}`).join('; ');
}
