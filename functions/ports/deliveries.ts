/** `sending`: somebody else is at it until then; past it, the sender has died and the message may be sent again. */
export type Claim = { kind: 'granted' } | { kind: 'delivered' } | { kind: 'sending'; until: Date };

/** The webhook function's record of what each channel has, so that a repeat skips it. Methods throw when the storage cannot be reached. */
export interface Deliveries {
  /** For so long, by the storage's clock. */
  claim(messageId: string, channel: string, hold: { lastsMs: number; signal?: AbortSignal }): Promise<Claim>;
  delivered(messageId: string, channel: string, at: Date): Promise<void>;
  /** Gives a claim back after a failed try. */
  failed(messageId: string, channel: string): Promise<void>;
}
