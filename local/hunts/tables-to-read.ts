import { schemaOf } from 'kql-workspace/documented-columns.ts';
import type { Exclusion } from '../../functions/domain/exclusions/exclusion.ts';
import { compiledOf, type Hunt } from '../../functions/domain/hunting/hunt.ts';

/** Tables of a workspace that hunts and exclusions read, and what about that can't be told, in sentences. */
export interface TablesToRead {
  tables: string[];
  remarks: string[];
}

/** Where Sentinel keeps the rows of all watchlists. */
const WATCHLISTS = 'Watchlist';

/** What the app's identity must be able to read for these hunts, and nothing more. */
export function tablesToRead(hunts: readonly Hunt[], exclusions: readonly Exclusion[]): TablesToRead {
  const read = hunts.flatMap((hunt) =>
    compiledOf(hunt).tables.map(({ name }) => ({ name, file: hunt.file })),
  );
  const isTable = (name: string) => schemaOf('log-analytics').has(name) || /_CL$/.test(name);
  const watchlists =
    hunts.some((hunt) => compiledOf(hunt).asOfToday.some((what) => /watchlist/.test(what))) ||
    exclusions.some(({ any }) => any.flat().some(({ operator }) => operator === 'watchlist'));
  const tables = read.map(({ name }) => name).filter(isTable);
  const others = read.filter(({ name }) => !isTable(name));
  return {
    tables: [...new Set([...tables, ...(watchlists ? [WATCHLISTS] : [])])].toSorted(),
    remarks: [
      ...new Set(
        others.map(
          ({ name, file }) =>
            `${file}: ${name} is no table of Log Analytics that a list has; what it reads can't be told, so add that yourself`,
        ),
      ),
    ],
  };
}

/**
 * What azd is to be told of the tables, as NAME=VALUE: both settings, or none where somebody chose the tables. `HUNT_TABLES_OF_HUNTS` says what was last
 * made, so that a choice is known as one.
 */
export function azdSettings(
  { tables, remarks }: TablesToRead,
  env: Readonly<Record<string, string | undefined>>,
): { settings: string[]; remarks: string[] } {
  const { HUNT_TABLES: chosen, HUNT_TABLES_OF_HUNTS: made } = env;
  const value = JSON.stringify(tables);
  if (!chosen || chosen === made)
    return { settings: [`HUNT_TABLES=${value}`, `HUNT_TABLES_OF_HUNTS=${value}`], remarks };
  const missing = tables.filter((table) => !chosen.includes(`"${table}"`));
  const told =
    missing.length > 0
      ? [`HUNT_TABLES was set by hand and is left so, but it lacks what hunts read: ${missing.join(', ')}`]
      : [];
  return { settings: [], remarks: [...remarks, ...told] };
}
