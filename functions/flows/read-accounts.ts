import { accountForExclusions, type ExclusionAccount } from '../domain/exclusions/account-for-exclusions.ts';
import type { ExclusionLedger, HiddenThing } from '../ports/exclusion-ledger.ts';
import type { ExclusionChange, ExclusionStore, RemovedExclusion } from '../ports/exclusion-store.ts';
import { type CatalogueDeps, readCatalogue } from './read-catalogue.ts';

export interface ExclusionAccounts {
  exclusions: ExclusionAccount[];
  /** Entries that are wrong, or that another one with the same id wins over: they hide nothing. */
  leftOut: { id: string; reason: string }[];
  /** Entries of the app's own list that somebody removed, the latest first. */
  removed: RemovedExclusion[];
}

export interface ExclusionDetail {
  /** Absent when the entry was removed or is left out. */
  exclusion?: ExclusionAccount;
  leftOut: { id: string; reason: string }[];
  /** The entry of the app's own list as it was written, and its ETag. */
  entry?: unknown;
  etag?: string;
  /** The latest first; empty for an exclusion of a file, whose history is in git. */
  history: ExclusionChange[];
  /** What it hid when that was last found out, the latest first, and how many there are in all. */
  hides: HiddenThing[];
  hidesInAll: number;
}

export interface AccountDeps extends CatalogueDeps {
  store: ExclusionStore;
  ledger: ExclusionLedger;
  clock: () => Date;
}

const MAX_HIDDEN = 200;

/** Every exclusion, and what it did. Throws when a list cannot be read. */
export async function readAccounts(deps: AccountDeps): Promise<ExclusionAccounts> {
  const [catalogue, ledger, removed] = await Promise.all([
    readCatalogue(deps),
    deps.ledger.entries(),
    deps.store.removed(),
  ]);
  const { leftOut } = catalogue.lists;
  return { exclusions: accountForExclusions(catalogue, ledger, deps.clock()), leftOut, removed };
}

/** One exclusion with its past; undefined when there is none and was none. */
export async function readDetail(id: string, deps: AccountDeps): Promise<ExclusionDetail | undefined> {
  const [{ exclusions, leftOut }, stored, history, hides] = await Promise.all([
    readAccounts(deps),
    deps.store.get(id),
    deps.store.history(id),
    deps.ledger.hiddenBy(id),
  ]);
  const exclusion = exclusions.find((account) => account.id === id);
  const ownLeftOut = leftOut.filter((entry) => entry.id === id);
  if (!exclusion && history.length === 0 && ownLeftOut.length === 0) return undefined;
  return {
    ...(exclusion && { exclusion }),
    leftOut: ownLeftOut,
    ...(stored && { entry: stored.entry, etag: stored.etag }),
    history,
    hides: hides.slice(0, MAX_HIDDEN),
    hidesInAll: hides.length,
  };
}
