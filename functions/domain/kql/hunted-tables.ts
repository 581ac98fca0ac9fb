import type { Hunt } from '../hunting/hunt.ts';
import { documentedTables } from './documented-columns.ts';
import { codeOf, mentions } from './kql-code.ts';

/** The tables of the hunt's metadata that its query names; exclusions and the time column act on these. */
export function huntedTables(hunt: Pick<Hunt, 'tables' | 'query'>): string[] {
  const code = codeOf(hunt.query);
  return hunt.tables.filter((table) => mentions(code, table));
}

/** Documented tables that the query names and the metadata doesn't. */
export function unlistedTables(hunt: Pick<Hunt, 'tables' | 'query'>): string[] {
  const code = codeOf(hunt.query);
  return documentedTables().filter((table) => !hunt.tables.includes(table) && mentions(code, table));
}
