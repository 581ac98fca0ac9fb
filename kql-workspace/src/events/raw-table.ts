import type { RawColumn } from './source-columns.ts';

/** Rows of a file as DuckDB sees them: something to select from, and its columns. */
export interface RawTable {
  readonly from: string;
  readonly columns: readonly RawColumn[];
  /** Set for a file that is read query by query; the others lie in a table of their own, to be dropped. */
  readonly inPlace?: string;
  /** What the rows themselves say their table is called. */
  readonly says?: string;
}

/** What a file holds, and what of it could not be taken. */
export interface Opened {
  readonly tables: readonly RawTable[];
  readonly unread: readonly string[];
}

let last = 0;

/** A name that no other table has. */
export function freshName(prefix: string): string {
  return `${prefix}_${++last}`;
}
