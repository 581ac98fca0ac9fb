/** A value of a query result. Dynamic columns arrive as JSON text; a null of any type is `null`. */
export type Cell = string | number | boolean | Date | null;

/** A column of a query result; `type` is the service's name for it (`string`, `datetime`, `long`, `dynamic`, …). */
export interface Column {
  name: string;
  type: string;
}

/** A query result, parsed at the edge: cells stand under their column's name. */
export interface ResultTable {
  columns: Column[];
  rows: Record<string, Cell>[];
}
