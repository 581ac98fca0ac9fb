import defenderXdr from './schema/defender-xdr.json' with { type: 'json' };
import logAnalytics from './schema/log-analytics.json' with { type: 'json' };

const flavours: readonly Readonly<Record<string, Readonly<Record<string, string>>>>[] = [
  logAnalytics,
  defenderXdr,
];

/**
 * Column → KQL type of a table as Microsoft documents it, in either flavour; undefined for a table we have no list of.
 * Where the flavours disagree (`AdditionalFields` is a string in one and dynamic in the other) the type is `dynamic`.
 */
export function documentedColumns(table: string): ReadonlyMap<string, string> | undefined {
  const known = flavours.filter((tables) => Object.hasOwn(tables, table));
  if (known.length === 0) return undefined;
  const columns = new Map<string, string>();
  for (const [column, type] of known.flatMap((tables) => Object.entries(tables[table] ?? {}))) {
    columns.set(column, (columns.get(column) ?? type) === type ? type : 'dynamic');
  }
  return columns;
}

/** Every column of every documented table. */
export function allDocumentedColumns(): ReadonlySet<string> {
  return new Set(
    flavours.flatMap((tables) => Object.values(tables)).flatMap((columns) => Object.keys(columns)),
  );
}
