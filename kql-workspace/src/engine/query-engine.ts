import type { ReadingOptions } from '../events/choose-table.ts';
import type { NotRead } from '../events/event-files.ts';
import type { AppendOptions } from '../events/load-events.ts';
import type { TimeSpan } from '../events/tables.ts';
import type { LoadedEvents } from '../events/take-in.ts';
import type { Diagnostic } from '../parse.ts';
import type { ScalarType } from '../values/scalar-types.ts';

/** A cell as it comes from DuckDB: ticks and longs are bigints, dynamic is JSON text. */
export type Cell = string | number | bigint | boolean | null;

/** A query's answer. */
export interface QueryResult {
  readonly columns: readonly { readonly name: string; readonly type: ScalarType }[];
  readonly rows: readonly (readonly Cell[])[];
  /** True when more rows would have come than the limit allows. */
  readonly truncated: boolean;
}

/** Why a query has no answer. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
  /** `syntax` and `semantic` are Microsoft's word; `unsupported` is the workspace's own limit; `stopped` was asked for. */
  readonly kind: 'syntax' | 'semantic' | 'unsupported' | 'execution' | 'stopped';
  readonly diagnostic: Diagnostic;

  constructor(kind: QueryError['kind'], diagnostic: Diagnostic) {
    super(`${diagnostic.message} (line ${diagnostic.line}, column ${diagnostic.column})`);
    this.kind = kind;
    this.diagnostic = diagnostic;
  }
}

/** How to run a query. */
export interface RunOptions {
  /** Rows of tables with TimeGenerated are taken from this span alone. */
  readonly span?: TimeSpan;
  readonly rowLimit?: number;
  /** Stops the query when it fires, whatever it does. */
  readonly signal?: AbortSignal;
}

/** What came of the files that an engine was opened over. */
export interface Reading {
  readonly loaded: readonly LoadedEvents[];
  /** Files that are not read, and why. */
  readonly notRead: readonly NotRead[];
}

/** The engine: tables of events, and KQL over them. */
export interface QueryEngine extends Reading {
  run(query: string, options?: RunOptions): Promise<QueryResult>;
  /** The SQL that a query becomes. */
  explain(query: string): Promise<string>;
  append(table: string, rows: readonly object[], options?: AppendOptions): Promise<void>;
  /** Stops the queries that still run, and ends. */
  close(): Promise<void>;
}

/** How an engine is opened. */
export interface EngineOptions extends Omit<ReadingOptions, 'scratch'> {
  readonly memoryLimit?: string;
  /** A file or a folder of events that tell themselves which tables they belong to. */
  readonly events?: string | undefined;
  /** A folder of watchlists, see `loadWatchlists`. */
  readonly watchlists?: string | undefined;
  /** A folder of what stands for things outside of the workspace, see `openExternalFiles`. */
  readonly external?: string | undefined;
}
