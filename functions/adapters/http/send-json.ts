import type { SendOutcome } from '../../ports/channel.ts';
import { type PostRequest, postJson } from './post-json.ts';

/** A POST whose answer tells a channel nothing but whether it was taken: what the receiver wrote is dropped. */
export async function sendJson(request: PostRequest): Promise<SendOutcome> {
  const outcome = await postJson(request);
  if (outcome.kind === 'delivered') return { kind: 'delivered' };
  const { status: _, body: __, ...why } = outcome;
  return why;
}
