/** A cell as it is kept: a datetime is its milliseconds since 1970, a dynamic object or list its JSON as the service gives it; a null of any type is `null`. */
export type Cell = string | number | boolean | null;

/** A column of a query result; `type` is the service's name for it (`string`, `datetime`, `long`, `dynamic`, …). */
export interface Column {
  name: string;
  type: string;
}

/** A query result, parsed at the edge. Each row has a cell for each column, in their order: half a million rows fit into a small app that way. */
export interface ResultTable {
  columns: Column[];
  rows: Cell[][];
}

/** A value of a row that stands by itself; a dynamic one is JSON text. */
export type Value = Cell | Date;

export type Row = Record<string, Value>;

/** One row as an object: for the few that are shown. */
export function toRow(columns: readonly Column[], cells: readonly Cell[]): Row {
  return Object.fromEntries(
    columns.map(({ name, type }, index) => [name, toValue(cells[index] ?? null, type)]),
  );
}

/** One row as JSON has it: a datetime is ISO 8601. */
export function toJsonRow(columns: readonly Column[], cells: readonly Cell[]): Record<string, Cell> {
  const row: Record<string, Cell> = {};
  for (let place = 0; place < columns.length; place++) {
    const { name, type } = columns[place] as Column;
    const value = toValue(cells[place] ?? null, type);
    row[name] = value instanceof Date ? value.toISOString() : value;
  }
  return row;
}

/** All rows of a small answer as objects. */
export function toRows({ columns, rows }: ResultTable): Row[] {
  return rows.map((cells) => toRow(columns, cells));
}

function toValue(cell: Cell, type: string): Value {
  if (type === 'datetime' && typeof cell === 'number') return new Date(cell);
  if (type === 'dynamic' && typeof cell === 'string') return evenlySpaced(cell);
  return cell;
}

/** JSON without the white space that a service may put in it. */
function evenlySpaced(text: string): string {
  if (!/^[[{][\s\S]*\s/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

/** Where each column stands, by its name. */
export function placesOf(columns: readonly Column[]): ReadonlyMap<string, number> {
  return new Map(columns.map(({ name }, index) => [name, index]));
}
