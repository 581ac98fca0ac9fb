import type { DatabaseSchema } from './language-service.ts';
import defenderXdr from './schema/defender-xdr.json' with { type: 'json' };
import logAnalytics from './schema/log-analytics.json' with { type: 'json' };
import { type ScalarType, toScalarType } from './values/scalar-types.ts';

/** Tables of one's own: column → Kusto type. */
type Tables = Readonly<Record<string, Readonly<Record<string, string>>>>;
type Flavour = 'log-analytics' | 'defender-xdr';

interface Column {
  readonly name: string;
  readonly type: ScalarType;
}

/** The lists in `schema/`: a table's columns in documented order, each `name:type`, or the name alone of a string. */
const lists: Readonly<Record<Flavour, Readonly<Record<string, string>>>> = {
  'log-analytics': logAnalytics,
  'defender-xdr': defenderXdr,
};

function columnsOf(list: string): readonly Column[] {
  return list.split(' ').map((column) => {
    const [name = '', type = 'string'] = column.split(':');
    return { name, type: toScalarType(type) };
  });
}

const documented = new Map<Flavour, ReadonlyMap<string, readonly Column[]>>();
const ownSchemas = new WeakMap<Tables, DatabaseSchema>();

function tablesOf(flavour: Flavour): ReadonlyMap<string, readonly Column[]> {
  const known = documented.get(flavour);
  if (known) return known;
  const tables = new Map(
    Object.entries(lists[flavour]).map(([table, list]) => [table, columnsOf(list)] as const),
  );
  documented.set(flavour, tables);
  return tables;
}

/** The tables of a documented flavour, or the given ones, as the binder wants them; the same object every time. */
export function schemaOf(schema: Flavour | Tables): DatabaseSchema {
  if (typeof schema === 'string') return tablesOf(schema);
  const known = ownSchemas.get(schema);
  if (known) return known;
  const built = new Map(
    Object.entries(schema).map(([table, columns]) => [
      table,
      Object.entries(columns).map(([name, type]) => ({ name, type: toScalarType(type) })),
    ]),
  );
  ownSchemas.set(schema, built);
  return built;
}

let workspaceTables: ReadonlyMap<string, readonly Column[]> | undefined;

/**
 * Every table that is documented: Log Analytics' with its columns, and those that only Defender has, which get a
 * `TimeGenerated` beside their `Timestamp`, as their exports do.
 */
export function documentedTables(): ReadonlyMap<string, readonly Column[]> {
  if (workspaceTables) return workspaceTables;
  const tables = new Map(tablesOf('log-analytics'));
  for (const [table, columns] of tablesOf('defender-xdr')) {
    if (tables.has(table)) continue;
    const hasTime = columns.some(({ name }) => name === 'TimeGenerated');
    tables.set(table, hasTime ? columns : [{ name: 'TimeGenerated', type: 'datetime' }, ...columns]);
  }
  workspaceTables = tables;
  return tables;
}

/** A column that events may have to say when they were ingested, for `ingestion_time()`. */
export const INGESTION_COLUMN = '_IngestionTime';

/** The documented type of a column: Log Analytics' word first, else Defender's; undefined when neither has it. */
export function documentedType(table: string, column: string): ScalarType | undefined {
  if (column === INGESTION_COLUMN) return 'datetime';
  for (const flavour of ['log-analytics', 'defender-xdr'] as const) {
    const found = tablesOf(flavour)
      .get(table)
      ?.find(({ name }) => name === column);
    if (found) return found.type;
  }
  return undefined;
}
