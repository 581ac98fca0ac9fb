import { z } from 'zod';
import { type ChannelAnswer, channelAnswerSchema } from '../domain/hunting/report.ts';
import type { MessagePost } from '../ports/message-post.ts';
import { postJson } from './http/post-json.ts';
import { webhookHeaders } from './http/webhook-headers.ts';

/** The body of the webhook function's answer. */
export const webhookAnswerSchema = z.object({ channels: z.array(channelAnswerSchema) });

/** The webhook function tries every channel before it answers; each has 15 s. */
const TIMEOUT_MS = 45_000;

/** Answers that mean "never": the message itself is at fault. Others (a wrong secret, a wrong address) are mended in settings, so the message waits. */
const rejections = [400, 413, 415, 422];

/** Posts messages to the webhook function, signed the Standard Webhooks way. */
export function webhookFunction({ url, secrets }: { url: string; secrets: readonly string[] }): MessagePost {
  return {
    async post(message, signal) {
      const body = JSON.stringify(message);
      const now = () => new Date();
      // The wire's clock, not the hunt's: the receiver compares it with its own.
      const headers = webhookHeaders(message.id, body, secrets, now());
      const outcome = await postJson({
        url,
        body,
        headers,
        signal,
        timeoutMs: TIMEOUT_MS,
        now,
      });
      const channels =
        outcome.status === 200 || outcome.status === 503 ? readChannels(outcome.body) : undefined;
      if (channels) return { kind: 'answered', channels };
      const reason = `webhook function: ${outcome.kind === 'delivered' ? 'the answer is not one of ours' : outcome.reason}`;
      if (rejections.includes(outcome.status ?? 0)) return { kind: 'rejected', reason };
      return { kind: 'unreachable', reason, ...('notBefore' in outcome && { notBefore: outcome.notBefore }) };
    },
  };
}

function readChannels(body: string | undefined): ChannelAnswer[] | undefined {
  try {
    return webhookAnswerSchema.parse(JSON.parse(body ?? '')).channels;
  } catch {
    return undefined;
  }
}
