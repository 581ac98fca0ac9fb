import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance, VARCHAR } from '@duckdb/node-api';
import { type Insertion, insertionAt, originalOffset, withInsertions } from '../declared-columns.ts';
import type { NotRead } from '../events/event-files.ts';
import { type ExternalFiles, openExternalFiles } from '../events/external-files.ts';
import {
  type AppendOptions,
  appendEvents,
  type EventSource,
  loadEvents,
  registerEventFunctions,
} from '../events/load-events.ts';
import { loadStandInTables } from '../events/stand-in-tables.ts';
import { TableCatalog, type TimeSpan } from '../events/tables.ts';
import type { LoadedEvents } from '../events/take-in.ts';
import { loadWatchlists } from '../events/watchlists.ts';
import { isNamedTable, ParserFailure } from '../language-service.ts';
import { firstError, parse, positionOf } from '../parse.ts';
import { UnknownColumns, UnknownTexts, UnsupportedKql } from '../translate/relation.ts';
import { type SqlQuery, translateQuery } from '../translate/translate-query.ts';
import { register, registerSqlFunctions } from '../values/sql-functions.ts';
import { sqlString } from '../values/sql-text.ts';
import { type EngineOptions, QueryError, type QueryResult, type Reading } from './query-engine.ts';
import { RunningQueries } from './running-queries.ts';

/** How to run a query in this process. */
export interface RunHere {
  /** What `now()` means, in ticks. */
  readonly at: bigint;
  readonly span?: TimeSpan | undefined;
  readonly rowLimit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An engine in this process; `query-engine.ts` describes its methods. */
export interface EngineHere extends Reading {
  run(query: string, options: RunHere): Promise<QueryResult>;
  explain(query: string, at: bigint): Promise<string>;
  append(table: string, rows: readonly object[], options?: AppendOptions): Promise<void>;
  close(): Promise<void>;
}

/** How often a query may ask the data before it is translated. */
const MAX_ATTEMPTS = 50;

/** What DuckDB may hold in memory before it spills to disk. */
const MEMORY_LIMIT = '4GB';

/** Log Analytics' limit of rows in an answer. */
const ROW_LIMIT = 500_000;

/**
 * Opens an engine over files (see `loadEvents`). Once they are loaded DuckDB has no access to anything outside but
 * the Parquet files that it reads in place, whatever SQL it is given. Throws EventFileError.
 */
export async function openEngineHere(
  files: readonly (readonly [table: string, paths: readonly string[]])[],
  { memoryLimit = MEMORY_LIMIT, events, watchlists, external, ...reading }: EngineOptions,
  scratch: string,
): Promise<EngineHere> {
  const spill = mkdtempSync(join(scratch, 'engine-'));
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
      ...files.flatMap(([table, paths]) => paths.map((path) => ({ path, table }))),
    ];
    for (const source of sources) {
      const read = await loadEvents(connection, catalog, source, { ...reading, scratch: spill });
      loaded.push(...read.loaded);
      notRead.push(...read.notRead);
      inPlace.push(...read.inPlace);
    }
    if (watchlists !== undefined) await loadWatchlists(connection, catalog, watchlists, spill);
    const externalFiles = await openExternalFiles(external, spill);
    if (external !== undefined) await loadStandInTables(connection, catalog, external, spill);
    register(connection, 'kql_geo_info', {
      parameters: [VARCHAR],
      returns: VARCHAR,
      call: externalFiles.geo ?? (() => undefined),
    });
    register(connection, 'kql_external', {
      parameters: [VARCHAR, VARCHAR],
      returns: VARCHAR,
      call: externalFiles.rows,
    });
    await connection.run(`SET allowed_paths = [${inPlace.map(sqlString).join(', ')}]`);
    await connection.run('SET enable_external_access = false');
    await connection.run('SET lock_configuration = true');
    return engineOver(running, connection, catalog, externalFiles, { loaded, notRead }, close);
  } catch (error) {
    await close();
    throw error;
  }
}

function engineOver(
  running: RunningQueries,
  connection: DuckDBConnection,
  catalog: TableCatalog,
  external: ExternalFiles,
  read: Reading,
  close: () => Promise<void>,
): EngineHere {
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
    const position = (offset: number) => positionOf(query, originalOffset(offset, declared));
    const bound = refusedAt(position, () => parse(text, schema));
    const error = firstError(text, bound, position);
    if (error) throw new QueryError(error.phase, error.diagnostic);
    return refusedAt(position, () =>
      translateQuery(bound.root, {
        now: at,
        tableNames: [...schema.keys()].filter(isNamedTable),
        texts,
        external,
        table: (name, newId, kept) => catalog.relation(name, newId, span, kept),
      }),
    );
  };
  /** Asks the data; within a query that runs for each row of another, there is nothing yet to be asked. */
  const ask = async (
    { sql, offset }: UnknownTexts | UnknownColumns,
    signal: AbortSignal | undefined,
    position: (offset: number) => { line: number; column: number },
  ) => {
    try {
      return await running.execute(sql, signal);
    } catch (error) {
      if (!(error instanceof QueryError && error.diagnostic.message.startsWith('Binder Error'))) throw error;
      throw refusal(
        'the embedded workspace does not support what depends on the data inside of partition or mv-apply',
        position(offset),
      );
    }
  };
  const translate = async (
    query: string,
    { at, span, signal }: RunHere,
  ): Promise<SqlQuery & { position: (offset: number) => { line: number; column: number } }> => {
    let declared: readonly Insertion[] = [];
    const texts: (readonly string[])[] = [];
    for (let attempt = 0; ; attempt++) {
      try {
        const inserted = declared;
        const position = (offset: number) => positionOf(query, originalOffset(offset, inserted));
        return { ...translateOnce(query, at, span, declared, texts), position };
      } catch (error) {
        if (attempt >= MAX_ATTEMPTS || !(error instanceof UnknownTexts || error instanceof UnknownColumns))
          throw error;
        const before = declared;
        const position = (offset: number) => positionOf(query, originalOffset(offset, before));
        const found = await ask(error, signal, position);
        if (error instanceof UnknownTexts) texts.push(found.map(([text]) => String(text)));
        else {
          const columns = refusedAt(position, () => error.columnsOf(found));
          declared = [...declared, insertionAt(error.offset, columns)];
        }
      }
    }
  };
  return {
    ...read,
    explain: async (query, at) => (await translate(query, { at })).sql,
    append: async (table, rows, appendOptions) => {
      if (rows.length > 0) await appendEvents(connection, catalog, table, rows, appendOptions);
    },
    run: async (query, options) => {
      const { sql, columns, settings, position } = await translate(query, options);
      const rowLimit = settings.rowLimit ?? options.rowLimit ?? ROW_LIMIT;
      const most = Math.min(rowLimit + 1, settings.takeAtMost ?? Number.POSITIVE_INFINITY);
      const limit = Number.isFinite(most) ? ` LIMIT ${most}` : '';
      const result = await running.execute(`${sql}${limit}`, options.signal, position);
      return { columns, rows: result.slice(0, rowLimit), truncated: result.length > rowLimit };
    },
    close,
  };
}

/** What `translate` gives; what the workspace does not do is refused at its place. */
function refusedAt<T>(position: (offset: number) => ReturnType<typeof positionOf>, translate: () => T): T {
  try {
    return translate();
  } catch (error) {
    if (!(error instanceof UnsupportedKql || error instanceof ParserFailure)) throw error;
    throw refusal(error.message, position(error.offset));
  }
}

function refusal(message: string, place: { line: number; column: number }): QueryError {
  return new QueryError('unsupported', { code: 'unsupported', severity: 'Error', message, ...place });
}
