import type { Channel } from '../ports/channel.ts';
import type { MessagePost } from '../ports/message-post.ts';

/** A channel whose address or secret Azure has not read from Key Vault: messages wait for it, and go out once it is there. */
export function unresolvedChannel({ name, setting }: { name: string; setting: string }): Channel {
  return {
    name,
    kind: 'unresolved',
    send: async () => ({ kind: 'out-of-order', reason: notRead(setting) }),
  };
}

/** The way to the webhook function while the secret to sign with is not there: messages wait. */
export function unresolvedPost(setting: string): MessagePost {
  return { post: async () => ({ kind: 'unreachable', reason: notRead(setting) }) };
}

function notRead(setting: string): string {
  return `${setting}: Azure has not read it from Key Vault`;
}
