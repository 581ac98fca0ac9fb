import { documentedTables } from 'kql-workspace/documented-columns.ts';
import type { CompiledHunt } from '../../functions/domain/hunting/compiled-hunt.ts';
import type { Hunt } from '../../functions/domain/hunting/hunt.ts';
import { codeOf, mentions } from '../../functions/domain/kql/kql-code.ts';

/** Columns that the query names and a table lacks: many public hunts use `AccountUpn` on tables that document only `InitiatingProcessAccountUpn`. */
export function suppliedColumns(hunt: Pick<Hunt, 'tables' | 'query'>): CompiledHunt['supplied'] {
  const code = codeOf(hunt.query);
  if (!mentions(code, 'AccountUpn')) return [];
  const named = hunt.tables.length > 0 ? hunt.tables : [...documentedTables().keys()];
  return named
    .filter((table) => hunt.tables.length > 0 || mentions(code, table))
    .filter((table) => {
      const columns = documentedTables().get(table) ?? [];
      const has = (column: string) => columns.some(({ name }) => name === column);
      return has('InitiatingProcessAccountUpn') && !has('AccountUpn');
    })
    .map((table) => ({ table, column: 'AccountUpn', from: 'InitiatingProcessAccountUpn' }));
}
