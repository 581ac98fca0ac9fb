import type { CompiledHunt, Moment, Reach } from '../../functions/domain/hunting/compiled-hunt.ts';

/** One use of a table in a query, and what of it the query looks at. */
export interface Leaf {
  table: string;
  kind: CompiledHunt['tables'][number]['kind'];
  /** Whether a `let` with the table's name catches this use. */
  shadowed: boolean;
  /** The query goes on where there is no such table. */
  optional: boolean;
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
  /** The row's own time, plus a shift; `aggregated`: the first or last of several rows. */
  | { kind: 'time'; leaves: readonly Leaf[]; shiftMs: number; rounded?: Rounding; aggregated: boolean }
  /** How long before a moment the row's time is, in units. */
  | { kind: 'age'; until: Moment; of: Extract<Value, { kind: 'time' }>; unitMs: number; sign: 1 | -1 }
  /**
   * Made of the row's time in a way that bounds nothing: an hour of the day, a text, how long something took. `told`: with the run's time too, so a condition
   * on it bounds the time somehow.
   */
  | { kind: 'timely'; leaves: readonly Leaf[]; told: boolean; aggregated: boolean }
  /** Another time that stands in the row. */
  | { kind: 'stamp'; leaves: readonly Leaf[]; name: string }
  /** What an aggregation counted or collected: it depends on the span. `within`: of rows in these reaches alone, as `countif` does. */
  | { kind: 'aggregate'; within?: ReadonlyMap<Leaf, Reach> }
  /** What an aggregation chose from one of several rows. */
  | { kind: 'picked' }
  /** Whatever else stands in the row. */
  | { kind: 'data' }
  /** It may be any time at all. `ofRun`: another one at each run; `fixed`: made of constants; `counted`: a query's number. */
  | { kind: 'unknown'; ofRun?: true; fixed?: true; counted?: true };

/** Rounded down to the beginning of a day, an hour, …; `innerMs`: of the time plus this. */
export type Rounding = { innerMs: number } & (
  | { op: 'floor'; to: 'day' | 'week' | 'month' | 'year' }
  | { op: 'bin'; ms: number }
);

export const DATA: Value = { kind: 'data' };
export const UNKNOWN: Value = { kind: 'unknown' };
/** Made of the run's time, or by chance. */
export const OF_RUN: Value = { kind: 'unknown', ofRun: true };

/** A table as an operator sees it. */
export interface Flow {
  /** Those whose rows make the table's rows. */
  leaves: readonly Leaf[];
  /** What is known of columns; of others, that they are data. */
  columns: ReadonlyMap<string, Value>;
  /** It counts, limits or compares after an aggregation. */
  counts: boolean;
  /** A row of it is made of two events or more, which can lie apart. */
  pairs?: boolean;
}

export const NO_ROWS: Flow = { leaves: [], columns: new Map(), counts: false };
