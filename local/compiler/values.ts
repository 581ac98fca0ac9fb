import type { CompiledHunt, Moment, Reach } from '../../functions/domain/hunting/compiled-hunt.ts';

/** One use of a table in a query, and what of it the query looks at. */
export interface Leaf {
  table: string;
  kind: CompiledHunt['tables'][number]['kind'];
  /** Whether a `let` with the table's name catches this use. */
  shadowed: boolean;
  /** Which rows are read at all. */
  needs: Reach;
  /** Which rows can bring a result: bounds after an aggregation narrow this alone. */
  covers: Reach;
  /** A bound that can't be derived, in words; the first one. */
  unknown?: string;
}

/** What is known of a scalar expression before the query runs. */
export type Value =
  | { kind: 'moment'; moment: Moment }
  | { kind: 'timespan'; ms: number }
  | { kind: 'number'; value: number }
  | { kind: 'text'; value: string }
  /** The row's own time, plus a shift; `wide`: rounded down to so much; `aggregated`: the first or last of several rows. */
  | { kind: 'time'; leaves: readonly Leaf[]; shiftMs: number; wideMs: number; aggregated: boolean }
  /** How long before a moment the row's time is, in units. */
  | { kind: 'age'; until: Moment; of: Extract<Value, { kind: 'time' }>; unitMs: number; sign: 1 | -1 }
  /** Another time that stands in the row. */
  | { kind: 'stamp'; leaves: readonly Leaf[]; name: string }
  /** What an aggregation counted or collected: it depends on the span. */
  | { kind: 'aggregate' }
  /** What an aggregation chose from one of several rows. */
  | { kind: 'picked' }
  /** Whatever else stands in the row. */
  | { kind: 'data' }
  /** It may be any time at all. */
  | { kind: 'unknown' };

export const DATA: Value = { kind: 'data' };
export const UNKNOWN: Value = { kind: 'unknown' };

/** A table as an operator sees it. */
export interface Flow {
  /** Those whose rows make the table's rows. */
  leaves: readonly Leaf[];
  /** What is known of columns; of others, that they are data. */
  columns: ReadonlyMap<string, Value>;
  /** It counts, limits or compares after an aggregation. */
  counts: boolean;
}

export const NO_ROWS: Flow = { leaves: [], columns: new Map(), counts: false };
