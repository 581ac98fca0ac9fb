import type { SendOutcome } from '../../ports/channel.ts';
import type { Turn } from './pace.ts';
import { type PostRequest, postJson } from './post-json.ts';

/** A POST, in its turn where the receiver allows so many a second, whose answer tells a channel nothing but whether it was taken: what the receiver wrote is dropped. */
export async function sendJson(request: PostRequest, turn?: Turn): Promise<SendOutcome> {
  if (turn && !(await turn(request.signal)))
    return { kind: 'retry-later', reason: 'stopped before its turn' };
  const outcome = await postJson(request);
  if (outcome.kind === 'delivered') return { kind: 'delivered' };
  const { status: _, body: __, ...why } = outcome;
  return why;
}
