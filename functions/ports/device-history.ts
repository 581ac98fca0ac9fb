import type { KeptReport } from '../domain/hunting/report.ts';

/** A hunt on a workspace that ever ran; `partition` is the storage's own name for it. */
export interface KnownScope {
  partition: string;
  huntId: string;
  huntName: string;
  workspaceId: string;
}

/** An identity as it is remembered, with what a person wants to read of it. */
export interface RememberedThing {
  key: string;
  deviceKey: string;
  device: { id?: string; name?: string };
  /** JSON text, cut when it is long. */
  identity: string;
  firstSeen: Date;
  /** To a day: it is written when it moved by more. */
  lastSeen: Date;
  visibleSince?: Date;
  hiddenUnder?: string[];
  hiddenBy?: string[];
}

/** A finding, as far as it says what was told when. */
export interface ToldFinding {
  id: string;
  kind: string;
  messageId: string;
  /** Of the identity that it is about. */
  seenKey: string;
  deviceKey: string;
  /** When every channel had the message; absent until then. */
  notifiedAt?: Date;
}

/** Where a message is. `deliveries` are its channels so far; one without `at` is being sent to. */
export interface MessageTrace {
  state: 'waiting' | 'given-up' | 'delivered';
  attempts: number;
  /** Why it waits or was given up. */
  reason?: string;
  deliveries: { channel: string; at?: Date }[];
}

/** What was written down, for people who ask. Reads whole ranges: nothing here is for a run. Methods throw when the storage cannot be reached. */
export interface DeviceHistory {
  scopes(): Promise<KnownScope[]>;
  progress(scope: KnownScope): Promise<{ baselineAt?: Date; searchedUntil?: Date }>;
  /** Everything remembered of devices with this id or name, or with a name whose first label it is, whatever the case. */
  thingsOf(scope: KnownScope, device: string): Promise<RememberedThing[]>;
  /** Everything remembered with this account, address, hash, …, whatever the case; what older versions remembered too. */
  thingsWith(scope: KnownScope, entity: string): Promise<RememberedThing[]>;
  findings(scope: KnownScope): Promise<ToldFinding[]>;
  /** Those that began at this time or later, the latest first. */
  runsSince(scope: KnownScope, since: Date): Promise<KeptReport[]>;
  trace(scope: KnownScope, messageId: string): Promise<MessageTrace>;
}
