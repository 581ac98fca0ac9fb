import { createHash } from 'node:crypto';
import { appliesTo, type Exclusion } from '../exclusions/exclusion.ts';
import { hidingFilters } from '../exclusions/exclusion-predicate.ts';
import type { Hunt } from '../hunting/hunt.ts';
import { huntedTables } from './hunted-tables.ts';

/** The exclusions that act on a table of the hunt, each as its id and a fingerprint of its predicate: `id:fingerprint`, in order of the ids. */
export function exclusionSetOf(exclusions: readonly Exclusion[], hunt: Hunt): string[] {
  const tables = huntedTables(hunt);
  return exclusions
    .flatMap((exclusion) => {
      const acting = tables.filter((table) => appliesTo(exclusion, table, hunt));
      if (acting.length === 0) return [];
      const text = acting.map((table) =>
        [table, ...hidingFilters([exclusion], table, hunt).map((line) => line.text)].join('\n'),
      );
      const digest = createHash('sha256').update(text.join('\n\n')).digest('base64url');
      return [`${exclusion.id}:${digest.slice(0, 12)}`];
    })
    .sort();
}
