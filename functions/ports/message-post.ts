import type { Message } from '../domain/messages/message.ts';
import type { PostAnswer } from '../domain/messages/next-attempt.ts';

/** The way from the outbox to the webhook function. Never throws for what the network or the function does. */
export interface MessagePost {
  post(message: Message, signal: AbortSignal): Promise<PostAnswer>;
}
