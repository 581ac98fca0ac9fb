import type { HttpResponseInit } from '@azure/functions';
import type { App } from '../composition.ts';
import type { ChannelAnswer } from '../domain/hunting/report.ts';
import { messageSchema } from '../domain/messages/message.ts';
import { readJson, refusal } from './read-json.ts';

/** A message of our own is under 500 KB. */
const MAX_BODY_BYTES = 1024 * 1024;
/** Shorter than the sender's patience (45 s), so that it hears what became of each channel. */
const SEND_MS = 40_000;

/** What of a request is looked at. */
export interface SignedRequest {
  headers: { get(name: string): string | null };
  text(): Promise<string>;
}

/**
 * Delivers a signed message to every configured channel that does not have it yet. 200 when each has it or refused it; 503 with `Retry-After` while one is
 * worth another try; the body names each channel's outcome either way. Who is not known learns nothing: 401 with the same body whatever was wrong.
 */
export async function answerWebhook(
  request: SignedRequest,
  app: Pick<App, 'isSigned' | 'deliver'>,
  log: (line: string) => void,
): Promise<HttpResponseInit> {
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) return tooLarge;
  const text = await request.text();
  if (Buffer.byteLength(text) > MAX_BODY_BYTES) return tooLarge;
  if (!app.isSigned(text, request.headers)) return refusal(401, 'unauthorized');

  const body = readJson(text, messageSchema);
  if (body.kind === 'answer') return body.answer;
  const message = body.value;
  if (request.headers.get('webhook-id') !== message.id)
    return refusal(400, 'id: must be the same as the header webhook-id');

  const channels = await app.deliver(message, AbortSignal.timeout(SEND_MS));
  for (const { channel, outcome, reason } of channels) {
    log(`message ${message.id}, channel ${channel}: ${outcome}${reason ? `: ${reason}` : ''}`);
  }
  const later = channels.filter(({ outcome }) => outcome === 'retry-later' || outcome === 'out-of-order');
  if (later.length === 0) return { status: 200, jsonBody: { channels } };
  return {
    status: 503,
    headers: { 'retry-after': String(secondsUntilNextTry(later)) },
    jsonBody: { channels },
  };
}

const tooLarge = refusal(413, `the body is larger than ${MAX_BODY_BYTES} bytes`);

function secondsUntilNextTry(later: ChannelAnswer[]): number {
  const waits = later.map(({ notBefore }) => (notBefore ? (Date.parse(notBefore) - Date.now()) / 1000 : 0));
  return Math.max(1, Math.ceil(Math.min(...waits)));
}
