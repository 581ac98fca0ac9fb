import type { Message } from '../domain/messages/message.ts';
import type { Attempt } from '../domain/messages/next-attempt.ts';
import type { Scope } from './hunt-state.ts';

/** A message that not every channel has accepted yet. */
export interface OutboxEntry {
  message: Message;
  /** Tries so far. */
  attempts: number;
  nextAttemptAt: Date;
  createdAt: Date;
  /** The storage's own handle on the entry; opaque to the flow. */
  handle: { partition: string; etag: string };
}

/** Messages between commit and acceptance. Methods throw when the storage cannot be reached. */
export interface Outbox {
  /** Oldest first, of every hunt that ever ran, also of hunts that are switched off since; with `scope`, of that one alone. */
  pending(signal?: AbortSignal, scope?: Scope): Promise<OutboxEntry[]>;
  /**
   * `accepted` removes the entry and marks its findings as notified; `dead` moves it to the dead letters; `waiting` gives the entry as it is now.
   * When another deliverer was faster, its record stands and the entry is not ours any more.
   */
  record(entry: OutboxEntry, attempt: Attempt, signal?: AbortSignal): Promise<OutboxEntry | undefined>;
  deadLettered(signal?: AbortSignal): Promise<number>;
  /** Takes in a message that belongs to no hunt; false when one with this id was taken in before, whatever became of it. */
  addOnce(message: Message): Promise<boolean>;
}
