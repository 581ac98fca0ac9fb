import type { Channel, SendOutcome } from '../ports/channel.ts';

/** An answer that took so long and was none makes every message after it wait as long. */
const SLOW_MS = 5_000;
const REST_MS = 60_000;

/**
 * A channel that is left alone, by all messages of this process, until the time that its receiver asked for (`Retry-After`); and for a minute after it
 * kept one waiting in vain, so that a receiver that does not answer holds up no other channel's messages behind it; the same after it turned out to be out of order.
 */
export function heedPauses(channel: Channel, now: () => Date): Channel {
  let pausedUntil = new Date(0);
  let outOfOrder: SendOutcome | undefined;
  return {
    ...channel,
    async send(message, signal) {
      const startedAt = now();
      if (startedAt < pausedUntil && outOfOrder) return outOfOrder;
      if (startedAt < pausedUntil)
        return { kind: 'retry-later', reason: 'left alone for a while', notBefore: pausedUntil };
      const outcome = await channel.send(message, signal);
      outOfOrder = outcome.kind === 'out-of-order' ? outcome : undefined;
      if (outOfOrder) pausedUntil = new Date(now().getTime() + REST_MS);
      if (outcome.kind === 'retry-later') {
        const endedAt = now().getTime();
        const slow = endedAt - startedAt.getTime() > SLOW_MS;
        if (outcome.notBefore) pausedUntil = outcome.notBefore;
        else if (slow) pausedUntil = new Date(endedAt + REST_MS);
      }
      return outcome;
    },
  };
}
