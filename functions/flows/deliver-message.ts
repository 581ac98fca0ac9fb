import type { ChannelAnswer } from '../domain/hunting/report.ts';
import type { Message } from '../domain/messages/message.ts';
import { wants } from '../domain/messages/route.ts';
import type { Channel, SendOutcome } from '../ports/channel.ts';
import type { Deliveries } from '../ports/deliveries.ts';

/** Longer than any channel's time-out: a claim that is older belongs to a sender that died. */
const CLAIM_MS = 60_000;

/**
 * Sends a message to every channel that wants it and does not have it yet, side by side, and says what came of it on each.
 * Without any channel the message waits. At least once: when a sender dies between sending and recording, the next try sends again under the same id.
 */
export async function deliverMessage(
  message: Message,
  deps: { channels: readonly Channel[]; deliveries: Deliveries; clock: () => Date },
  signal: AbortSignal,
): Promise<ChannelAnswer[]> {
  if (deps.channels.length === 0) return [nowhere];
  return Promise.all(deps.channels.map((channel) => deliverTo(channel, message, deps, signal)));
}

/** Findings wait until there is somebody to tell. */
const nowhere: ChannelAnswer = {
  channel: 'none',
  outcome: 'retry-later',
  reason: 'no channel is set up: TEAMS_WEBHOOK_URL, SLACK_WEBHOOK_URL, WEBHOOK_URL or CHANNELS',
};

async function deliverTo(
  channel: Channel,
  message: Message,
  { deliveries, clock }: { deliveries: Deliveries; clock: () => Date },
  signal: AbortSignal,
): Promise<ChannelAnswer> {
  if (!wants(channel.when, message)) return { channel: channel.name, outcome: 'not-needed' };
  const claim = await deliveries.claim(message.id, channel.name, { lastsMs: CLAIM_MS, signal });
  if (claim.kind === 'delivered') return { channel: channel.name, outcome: 'already-delivered' };
  if (claim.kind === 'sending') {
    return {
      channel: channel.name,
      outcome: 'retry-later',
      reason: 'another sender is at it',
      notBefore: claim.until.toISOString(),
    };
  }
  const outcome = await channel.send(message, signal);
  if (outcome.kind === 'delivered' || outcome.kind === 'not-needed') {
    await deliveries.delivered(message.id, channel.name, clock());
  } else {
    await deliveries.failed(message.id, channel.name);
  }
  return toAnswer(channel.name, outcome);
}

function toAnswer(channel: string, outcome: SendOutcome): ChannelAnswer {
  switch (outcome.kind) {
    case 'delivered':
    case 'not-needed':
      return { channel, outcome: outcome.kind };
    case 'refused':
      return { channel, outcome: 'refused', reason: outcome.reason };
    case 'retry-later':
      return {
        channel,
        outcome: 'retry-later',
        reason: outcome.reason,
        ...(outcome.notBefore && { notBefore: outcome.notBefore.toISOString() }),
      };
  }
}
