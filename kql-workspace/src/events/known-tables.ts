import { schemaOf } from '../documented-columns.ts';

/** The columns that a documented table has in either flavour, by their name without case and spaces. */
type Columns = ReadonlyMap<string, string>;

let known: ReadonlyMap<string, Columns> | undefined;
let namesWithoutCase: ReadonlyMap<string, string> | undefined;

/** Every documented table, of Log Analytics and of Defender, with its columns in both. */
export function knownTables(): ReadonlyMap<string, Columns> {
  if (known) return known;
  const tables = new Map<string, Map<string, string>>();
  for (const flavour of ['log-analytics', 'defender-xdr'] as const) {
    for (const [table, columns] of schemaOf(flavour)) {
      const all = tables.get(table) ?? new Map<string, string>();
      for (const { name } of columns) if (!all.has(plainName(name))) all.set(plainName(name), name);
      tables.set(table, all);
    }
  }
  known = tables;
  return tables;
}

/** The documented table of that name, whatever its case. */
export function knownTable(name: string): string | undefined {
  namesWithoutCase ??= new Map([...knownTables().keys()].map((table) => [table.toLowerCase(), table]));
  return namesWithoutCase.get(name.toLowerCase());
}

/** What names that mean the same have in common: people and programs change case and put spaces. */
export function plainName(name: string): string {
  return name.replace(/[\s_]/g, '').toLowerCase();
}
