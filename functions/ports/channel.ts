import type { Message } from '../domain/messages/message.ts';
import type { Route } from '../domain/messages/route.ts';

/**
 * What came of sending. `not-needed`: this channel posts the first part only, or does not want such messages. `retry-later`: worth trying again (network, 429, 5xx), not before
 * `notBefore` where the receiver said so. `out-of-order`: the channel must be mended first (its address, key or certificate), the message is good. `refused`: the message is at fault,
 * and would be refused again.
 * A reason never carries more of a URL than its host.
 */
export type SendOutcome =
  | { kind: 'delivered' }
  | { kind: 'not-needed' }
  | { kind: 'retry-later'; reason: string; notBefore?: Date }
  | { kind: 'refused' | 'out-of-order'; reason: string };

/** A place findings go. */
export interface Channel {
  /** Unique among the configured channels; delivery is recorded under it. */
  name: string;
  kind: 'teams' | 'slack' | 'webhook' | 'unresolved';
  /** What it wants; absent: everything. */
  when?: Route;
  /** Never throws for what the receiver or the network does: that is an outcome. */
  send(message: Message, signal: AbortSignal): Promise<SendOutcome>;
}
