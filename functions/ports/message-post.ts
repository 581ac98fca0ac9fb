import type { Message } from '../domain/message.ts';
import type { PostAnswer } from '../domain/next-attempt.ts';

/** The way from the outbox to the webhook function. Never throws for what the network or the function does. */
export interface MessagePost {
  post(message: Message, signal: AbortSignal): Promise<PostAnswer>;
}
