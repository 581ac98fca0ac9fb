import type { CompiledHunt } from '../../functions/domain/hunting/compiled-hunt.ts';
import type { Hunt } from '../../functions/domain/hunting/hunt.ts';
import { documentedColumns } from '../../functions/domain/kql/documented-columns.ts';
import { codeOf, mentions } from '../../functions/domain/kql/kql-code.ts';

/** Columns that the query names and a table lacks: many public hunts use `AccountUpn` on tables that document only `InitiatingProcessAccountUpn`. */
export function suppliedColumns(hunt: Pick<Hunt, 'tables' | 'query'>): CompiledHunt['supplied'] {
  if (!mentions(codeOf(hunt.query), 'AccountUpn')) return [];
  return hunt.tables
    .filter((table) => {
      const columns = documentedColumns(table);
      return columns?.has('InitiatingProcessAccountUpn') === true && !columns.has('AccountUpn');
    })
    .map((table) => ({ table, column: 'AccountUpn', from: 'InitiatingProcessAccountUpn' }));
}
