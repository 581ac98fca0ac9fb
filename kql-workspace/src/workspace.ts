import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { type Insertion, insertionAt, originalOffset, withInsertions } from './declared-columns.ts';
import type { NotRead } from './events/event-files.ts';
import {
  type AppendOptions,
  appendEvents,
  type EventSource,
  type LoadedEvents,
  loadEvents,
  type ReadingOptions,
  registerEventFunctions,
} from './events/load-events.ts';
import { TableCatalog, type TimeSpan } from './events/tables.ts';
import { loadWatchlists } from './events/watchlists.ts';
import { isNamedTable } from './language-service.ts';
import { type Diagnostic, firstError, parse, positionOf } from './parse.ts';
import { UnknownColumns, UnknownTexts, UnsupportedKql } from './translate/relation.ts';
import { type SqlQuery, translateQuery } from './translate/translate-query.ts';
import type { ScalarType } from './values/scalar-types.ts';
import { registerSqlFunctions } from './values/sql-functions.ts';
import { sqlString } from './values/sql-text.ts';

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
  /** Stops the query when it fires. */
  readonly signal?: AbortSignal;
}

/** The engine: tables of events, and KQL over them. */
export interface QueryEngine {
  readonly loaded: readonly LoadedEvents[];
  /** Files that are not read, and why. */
  readonly notRead: readonly NotRead[];
  run(query: string, options?: RunOptions): Promise<QueryResult>;
  /** The SQL that a query becomes. */
  explain(query: string): Promise<string>;
  append(table: string, rows: readonly object[], options?: AppendOptions): Promise<void>;
  /** Stops the queries that still run, and ends. */
  close(): Promise<void>;
}

/** How often a query may ask the data before it is translated. */
const MAX_ATTEMPTS = 50;

/** What DuckDB may hold in memory before it spills to disk. */
const MEMORY_LIMIT = '4GB';

/** Log Analytics' limit of rows in an answer. */
const ROW_LIMIT = 500_000;

/** How an engine is opened. */
export interface EngineOptions extends Omit<ReadingOptions, 'scratch'> {
  readonly memoryLimit?: string;
  /** A file or a folder of events that tell themselves which tables they belong to. */
  readonly events?: string | undefined;
  /** A folder of watchlists, see `loadWatchlists`. */
  readonly watchlists?: string | undefined;
}

/**
 * Opens an engine over files (see `loadEvents`). Once they are loaded DuckDB has no access to anything outside but
 * the Parquet files that it reads in place, whatever SQL it is given. Throws EventFileError.
 */
export async function openEngine(
  files: ReadonlyMap<string, readonly string[]>,
  now: () => bigint,
  { memoryLimit = MEMORY_LIMIT, events, watchlists, ...reading }: EngineOptions = {},
): Promise<QueryEngine> {
  const spill = mkdtempSync(join(tmpdir(), 'workspace-'));
  const instance = await DuckDBInstance.create(':memory:', {
    temp_directory: spill,
    memory_limit: memoryLimit,
  });
  const connection = await instance.connect();
  const running = new RunningQueries(instance);
  const close = async (): Promise<void> => {
    await running.stop();
    connection.closeSync();
    instance.closeSync();
    rmSync(spill, { recursive: true, force: true });
  };
  try {
    registerSqlFunctions(connection);
    registerEventFunctions(connection);
    const catalog = new TableCatalog();
    const loaded: LoadedEvents[] = [];
    const notRead: NotRead[] = [];
    const inPlace: string[] = [];
    const sources: readonly EventSource[] = [
      ...(events === undefined ? [] : [{ path: events }]),
      ...[...files].flatMap(([table, paths]) => paths.map((path) => ({ path, table }))),
    ];
    for (const source of sources) {
      const read = await loadEvents(connection, catalog, source, { ...reading, scratch: spill });
      loaded.push(...read.loaded);
      notRead.push(...read.notRead);
      inPlace.push(...read.inPlace);
    }
    if (watchlists !== undefined) await loadWatchlists(connection, catalog, watchlists, spill);
    await connection.run(`SET allowed_paths = [${inPlace.map(sqlString).join(', ')}]`);
    await connection.run('SET enable_external_access = false');
    await connection.run('SET lock_configuration = true');
    return engineOver(running, connection, catalog, { loaded, notRead }, now, close);
  } catch (error) {
    await close();
    throw error;
  }
}

function engineOver(
  running: RunningQueries,
  connection: DuckDBConnection,
  catalog: TableCatalog,
  read: Pick<QueryEngine, 'loaded' | 'notRead'>,
  now: () => bigint,
  close: () => Promise<void>,
): QueryEngine {
  /** `declared` are the insertions that make up for columns which only the data knows. */
  const translateOnce = (
    query: string,
    at: bigint,
    span: TimeSpan | undefined,
    declared: readonly Insertion[],
    texts: readonly (readonly string[])[],
  ): SqlQuery => {
    const text = withInsertions(query, declared);
    const schema = catalog.schemaFor(text);
    const bound = parse(text, schema);
    const position = (offset: number) => positionOf(query, originalOffset(offset, declared));
    const error = firstError(text, bound, position);
    if (error) throw new QueryError(error.phase, error.diagnostic);
    try {
      return translateQuery(bound.root, {
        now: at,
        tableNames: [...schema.keys()].filter(isNamedTable),
        texts,
        table: (name, newId, kept) => catalog.relation(name, newId, span, kept),
      });
    } catch (error) {
      if (!(error instanceof UnsupportedKql)) throw error;
      const { message } = error;
      throw new QueryError('unsupported', {
        code: 'unsupported',
        severity: 'Error',
        message,
        ...position(error.offset),
      });
    }
  };
  const translate = async (query: string, { span, signal }: RunOptions): Promise<SqlQuery> => {
    // One clock for all attempts.
    const at = now();
    let declared: readonly Insertion[] = [];
    const texts: (readonly string[])[] = [];
    for (let attempt = 0; ; attempt++) {
      try {
        return translateOnce(query, at, span, declared, texts);
      } catch (error) {
        if (attempt >= MAX_ATTEMPTS) throw error;
        if (error instanceof UnknownTexts) {
          const found = await running.execute(error.sql, signal);
          texts.push(found.map(([text]) => String(text)));
        } else if (error instanceof UnknownColumns) {
          const found = await running.execute(error.sql, signal);
          declared = [...declared, insertionAt(error.offset, found)];
        } else throw error;
      }
    }
  };
  return {
    ...read,
    explain: async (query) => (await translate(query, {})).sql,
    append: async (table, rows, appendOptions) => {
      if (rows.length > 0) await appendEvents(connection, catalog, table, rows, appendOptions);
    },
    run: async (query, options = {}) => {
      const { sql, columns, settings } = await translate(query, options);
      const rowLimit = settings.rowLimit ?? options.rowLimit ?? ROW_LIMIT;
      const most = Math.min(rowLimit + 1, settings.takeAtMost ?? Number.POSITIVE_INFINITY);
      const limit = Number.isFinite(most) ? ` LIMIT ${most}` : '';
      const result = await running.execute(`${sql}${limit}`, options.signal);
      return { columns, rows: result.slice(0, rowLimit), truncated: result.length > rowLimit };
    },
    close,
  };
}

/** Each query has a connection of its own, so that queries run side by side and can be stopped one by one. */
class RunningQueries {
  private readonly instance: DuckDBInstance;
  private readonly all = new Map<DuckDBConnection, Promise<unknown>>();

  constructor(instance: DuckDBInstance) {
    this.instance = instance;
  }

  async execute(sql: string, signal?: AbortSignal): Promise<readonly (readonly Cell[])[]> {
    const connection = await this.instance.connect();
    const stop = (): void => connection.interrupt();
    signal?.addEventListener('abort', stop);
    try {
      signal?.throwIfAborted();
      const reading = connection.runAndReadAll(sql);
      this.all.set(connection, reading);
      const reader = await reading;
      return reader.getRows().map((row) => row.map(cellOf));
    } catch (error) {
      const kind = signal?.aborted ? 'stopped' : 'execution';
      const message = error instanceof Error ? error.message : String(error);
      throw new QueryError(kind, { code: kind, severity: 'Error', message, line: 1, column: 1 });
    } finally {
      signal?.removeEventListener('abort', stop);
      this.all.delete(connection);
      connection.closeSync();
    }
  }

  /** Stops every query and waits until none runs. */
  async stop(): Promise<void> {
    for (const connection of this.all.keys()) connection.interrupt();
    await Promise.allSettled(this.all.values());
  }
}

function cellOf(value: unknown): Cell {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'bigint':
    case 'boolean':
      return value;
    default:
      return value === null ? null : String(value);
  }
}
