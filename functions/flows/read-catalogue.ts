import { ConfigError } from '../domain/config-error.ts';
import { addStoredEntries } from '../domain/exclusions/add-stored-entries.ts';
import type { ExclusionLists } from '../domain/exclusions/exclusion.ts';
import type { Settings } from '../domain/exclusions/exclusion-values.ts';
import { answersTo, type Hunt } from '../domain/hunting/hunt.ts';
import type { ExclusionStore, StoredExclusion } from '../ports/exclusion-store.ts';

/** What ships with the app. `hunts` are all that exist, also those that are switched off, since an exclusion may name one of them. */
export interface ShippedFiles {
  hunts: readonly Hunt[];
  lists: ExclusionLists;
}

export interface CatalogueDeps {
  files: () => Promise<ShippedFiles>;
  store: Pick<ExclusionStore, 'list'>;
  /** Fill the placeholders of exclusions. */
  settings: Settings;
  /** Settings that entries of the table may name, beside those that the files name, which were reviewed. */
  placeholders: readonly string[];
  /** Ids, names or file names of the hunts that are switched on; absent: all. */
  switchedOn?: readonly string[];
}

/** What there is to run, and what is hidden from it. */
export interface Catalogue extends ShippedFiles {
  /** Settings that an entry of the table may name. */
  placeholders: ReadonlySet<string>;
  switchedOn: readonly Hunt[];
  stored: readonly StoredExclusion[];
}

/**
 * The app's own exclusion list can't be read. Nothing is hunted then: without it a run would bring a flood of what is known good, and what was
 * remembered of it may hide what was meant to be seen again.
 */
export class ExclusionsUnreadable extends Error {
  constructor(reason: string) {
    super(`The exclusions in the table can't be read, so nothing is hunted: ${reason}`);
  }
}

/**
 * @throws ExclusionsUnreadable
 * @throws ConfigError when a hunt is switched on that is not there
 * @throws Error when a file can't be used
 */
export async function readCatalogue(
  { files, store, settings, placeholders: declared, switchedOn: wanted }: CatalogueDeps,
  signal?: AbortSignal,
): Promise<Catalogue> {
  const [{ hunts, lists }, stored] = await Promise.all([files(), readStored(store, signal)]);
  const unknown = wanted?.filter((name) => !hunts.some((hunt) => answersTo(hunt, name))) ?? [];
  if (unknown.length > 0)
    throw new ConfigError([
      `HUNTS: there is no hunt ${unknown.join(', ')}; there are: ${hunts.map(({ name }) => name).join(', ')}`,
    ]);
  const placeholders = placeholdersOf(lists, declared);
  return {
    hunts,
    placeholders,
    switchedOn: wanted ? hunts.filter((hunt) => wanted.some((name) => answersTo(hunt, name))) : hunts,
    lists: await addStoredEntries(lists, stored, { hunts, settings, placeholders }),
    stored,
  };
}

/** What may stand in an entry that nobody reviewed: the settings that reviewed lists name, and those that were declared. */
export function placeholdersOf(
  { exclusions }: ExclusionLists,
  declared: readonly string[],
): ReadonlySet<string> {
  return new Set([...declared, ...exclusions.flatMap(({ settings }) => settings)]);
}

async function readStored(
  store: CatalogueDeps['store'],
  signal: AbortSignal | undefined,
): Promise<StoredExclusion[]> {
  try {
    return await store.list(signal);
  } catch (error) {
    throw new ExclusionsUnreadable(error instanceof Error ? error.message : String(error));
  }
}
