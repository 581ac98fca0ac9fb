import type { Hunt } from '../hunting/hunt.ts';
import { huntedTables } from '../kql/hunted-tables.ts';
import { appliesTo, type Exclusion, exclusionsFor } from './exclusion.ts';

/** What an exclusion would do today. */
export interface ExclusionEffect {
  /** The hunts that it acts on, and on which of their tables. */
  hunts: { id: string; name: string; tables: string[] }[];
  /** What of it does nothing, and why, in sentences. */
  idle: string[];
}

export function effectOf(exclusion: Exclusion, hunts: readonly Hunt[], now: Date): ExclusionEffect {
  const named = hunts.filter((hunt) => exclusion.hunts.includes(hunt.id.toLowerCase()));
  const sorted = named.map((hunt) => ({ hunt, ...exclusionsFor(hunt, [exclusion], now) }));
  return {
    hunts: sorted
      .filter(({ applied }) => applied.length > 0)
      .map(({ hunt }) => ({
        id: hunt.id,
        name: hunt.name,
        tables: huntedTables(hunt).filter((table) => appliesTo(exclusion, table, hunt)),
      })),
    idle: [...new Set(sorted.flatMap(({ leftOut }) => leftOut.map(({ reason }) => reason)))],
  };
}
