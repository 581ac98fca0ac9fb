import type { Hunt } from '../hunting/hunt.ts';
import { codeOf, mentions } from './kql-code.ts';

/** The tables of the hunt's metadata that its query names; exclusions and the time column act on these. */
export function huntedTables(hunt: Pick<Hunt, 'tables' | 'query'>): string[] {
  const code = codeOf(hunt.query);
  return hunt.tables.filter((table) => mentions(code, table));
}
