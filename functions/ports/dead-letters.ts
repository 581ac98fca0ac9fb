import type { Message } from '../domain/messages/message.ts';
import type { ChangeMade } from './exclusion-store.ts';

/** A message that was given up, and why. */
export interface DeadLetter {
  id: string;
  /** Null when this version of the app cannot read it. */
  message: Message | null;
  reason: string;
  attempts: number;
  deadAt: Date;
}

/** A message that somebody removed for good. */
export interface DiscardedLetter {
  id: string;
  message: Message | null;
  by: string;
  claimed: boolean;
  at: Date;
}

/** Messages that a channel refused for good, or that could not be delivered for a week. Methods throw when the storage cannot be reached. */
export interface DeadLetters {
  /** The latest first. */
  list(): Promise<DeadLetter[]>;
  /** Puts one back among those that wait, due at once and for another week; false when there is none that can be read. */
  revive(messageId: string, at: Date): Promise<boolean>;
  /** Removes one for good; its findings stay, and it stays listed as discarded. False when there is none. */
  discard(messageId: string, made: ChangeMade): Promise<boolean>;
  /** The latest first. */
  discarded(): Promise<DiscardedLetter[]>;
}
