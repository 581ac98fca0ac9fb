import type { LedgerEntry } from '../domain/exclusions/ledger.ts';

/** Something that an exclusion hides, as far as people ask for it. */
export interface HiddenThing {
  hunt: string;
  workspaceId: string;
  device?: { id?: string; name?: string };
  /** JSON text, cut when it is long. */
  identity: string;
  firstSeen: Date;
  lastSeen: Date;
}

/** What exclusions did, over every hunt and workspace. Methods throw when the storage cannot be reached. */
export interface ExclusionLedger {
  entries(): Promise<LedgerEntry[]>;
  /** What the exclusion hid when that was last found out, the latest first. Reads whatever is hidden at all: for a person who asks. */
  hiddenBy(exclusion: string): Promise<HiddenThing[]>;
}
