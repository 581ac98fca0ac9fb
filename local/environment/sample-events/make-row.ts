import { schemaOf } from 'kql-workspace/documented-columns.ts';

/** Where the rows lie: advanced hunting in Defender (`Timestamp`) or a Sentinel workspace (`TimeGenerated`). */
export type Flavour = 'defender-xdr' | 'log-analytics';
export type Table = 'DeviceNetworkEvents' | 'DeviceProcessEvents';
export type Value = string | number | boolean | null;
/** A row with every documented column of its table and no other, in the documented order. Dates are ISO 8601. */
export type Row = Record<string, Value>;

/** In the order of the documents. */
const columnsOf = (flavour: Flavour, table: Table): string[] =>
  (schemaOf(flavour).get(table) ?? []).map(({ name }) => name);

/** The columns that the two flavours do not share. */
const workspaceColumns: Row = {
  TenantId: '00000000-0000-0000-0000-000000000000',
  SourceSystem: 'Azure',
  MachineGroup: 'macos',
  _BilledSize: 1404,
  _IsBillable: 'True',
};

/**
 * A row of the table, of what is known of the event: columns that nothing is said of are null.
 * @throws Error for a column that the table has in neither flavour
 */
export function makeRow(
  table: Table,
  flavour: Flavour,
  { at, ...facts }: { at: Date } & Record<string, Value | Date>,
): Row {
  const known = new Set([...columnsOf('log-analytics', table), ...columnsOf('defender-xdr', table)]);
  const unknown = Object.keys(facts).find((column) => !known.has(column));
  if (unknown) throw new Error(`${table} has no column ${unknown}`);

  const all: Record<string, Value | Date> = {
    Timestamp: at,
    TimeGenerated: at,
    Type: table,
    ...workspaceColumns,
    ...facts,
  };
  return Object.fromEntries(
    columnsOf(flavour, table).map((column) => {
      const value = all[column] ?? null;
      return [column, value instanceof Date ? value.toISOString() : value];
    }),
  );
}
