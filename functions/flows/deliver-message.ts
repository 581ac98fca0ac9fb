import type { ChannelAnswer } from '../domain/hunting/report.ts';
import type { Message } from '../domain/messages/message.ts';
import { wants } from '../domain/messages/route.ts';
import type { Channel, SendOutcome } from '../ports/channel.ts';
import type { Claim, Deliveries } from '../ports/deliveries.ts';

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
  outcome: 'out-of-order',
  reason: 'no channel is set up: TEAMS_WEBHOOK_URL, SLACK_WEBHOOK_URL, WEBHOOK_URL or CHANNELS',
};

async function deliverTo(
  channel: Channel,
  message: Message,
  { deliveries, clock }: { deliveries: Deliveries; clock: () => Date },
  signal: AbortSignal,
): Promise<ChannelAnswer> {
  if (!wants(channel.when, message)) return { channel: channel.name, outcome: 'not-needed' };
  let claim: Claim;
  try {
    claim = await deliveries.claim(message.id, channel.name, { lastsMs: CLAIM_MS, signal });
  } catch (error) {
    return later(channel.name, `the storage could not be asked whether it was sent: ${reasonOf(error)}`);
  }
  if (claim.kind === 'delivered') return { channel: channel.name, outcome: 'already-delivered' };
  if (claim.kind === 'sending')
    return {
      ...later(channel.name, 'another sender is in progress'),
      notBefore: claim.until.toISOString(),
    };
  const outcome = await channel.send(message, signal);
  const isDone = outcome.kind === 'delivered' || outcome.kind === 'not-needed';
  const record = isDone
    ? deliveries.delivered(message.id, channel.name, clock())
    : deliveries.failed(message.id, channel.name);
  // What the channel said is what happened. Without the record a later try, if there is one, may send it again.
  await record.catch(() => undefined);
  return toAnswer(channel.name, outcome);
}

function later(channel: string, reason: string): ChannelAnswer {
  return { channel, outcome: 'retry-later', reason };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function toAnswer(channel: string, outcome: SendOutcome): ChannelAnswer {
  switch (outcome.kind) {
    case 'delivered':
    case 'not-needed':
      return { channel, outcome: outcome.kind };
    case 'refused':
    case 'out-of-order':
      return { channel, outcome: outcome.kind, reason: outcome.reason };
    case 'retry-later':
      return {
        channel,
        outcome: 'retry-later',
        reason: outcome.reason,
        ...(outcome.notBefore && { notBefore: outcome.notBefore.toISOString() }),
      };
  }
}
