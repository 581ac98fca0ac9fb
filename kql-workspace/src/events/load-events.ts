import { resolve } from 'node:path';
import { BIGINT, type DuckDBConnection, VARCHAR } from '@duckdb/node-api';
import { INGESTION_COLUMN } from '../documented-columns.ts';
import { register } from '../values/sql-functions.ts';
import { type FileSource, type ReadingOptions, refuseStrangers, tableOf } from './choose-table.ts';
import { EventFileError } from './event-file-error.ts';
import { eventFilesAt, type NotRead } from './event-files.ts';
import { eventTime } from './event-time.ts';
import { openEventFile } from './open-event-file.ts';
import { openObjects } from './open-json.ts';
import type { RawTable } from './raw-table.ts';
import type { TableCatalog } from './tables.ts';
import { type LoadedEvents, takeIn } from './take-in.ts';
import { unpack } from './unpack.ts';

/** A path with events, and the table that all of it belongs to, if that is certain. */
export interface EventSource {
  readonly path: string;
  readonly table?: string | undefined;
}

/** What was read of a path, and what was not. */
export interface Reading {
  readonly loaded: readonly LoadedEvents[];
  readonly notRead: readonly NotRead[];
  /** Files that go on being read, query by query. */
  readonly inPlace: readonly string[];
}

/** Registers what SQL needs to read events. */
export function registerEventFunctions(connection: DuckDBConnection): void {
  register(connection, 'event_time', {
    parameters: [VARCHAR, VARCHAR],
    returns: BIGINT,
    call: (text: string, order: string) => eventTime(text, order === 'dmy' ? 'dmy' : 'mdy'),
  });
}

/**
 * Loads a file or a folder of files into their tables. Which table a file belongs to is told by its rows, its name, its
 * folder or its columns. Parquet is read in place, query by query; the others are taken in. A file of a folder that
 * can't be read is named among the others; a path without any that can throws EventFileError.
 */
export async function loadEvents(
  connection: DuckDBConnection,
  catalog: TableCatalog,
  source: EventSource,
  options: ReadingOptions,
): Promise<Reading> {
  const path = resolve(source.path);
  const { files, notRead } = eventFilesAt(path);
  const reading = { loaded: [] as LoadedEvents[], notRead: [...notRead], inPlace: [] as string[] };
  for (const file of files) {
    const one = await loadFile(connection, catalog, { root: path, file, table: source.table }, options).catch(
      (error: unknown) => {
        if (!(error instanceof EventFileError) || file === path) throw error;
        return { loaded: [], notRead: [{ file, why: error.reason, matters: true }], inPlace: [] };
      },
    );
    reading.loaded.push(...one.loaded);
    reading.notRead.push(...one.notRead);
    reading.inPlace.push(...one.inPlace);
  }
  if (reading.loaded.length > 0) return reading;
  const [first, ...others] = reading.notRead;
  if (first === undefined) throw new EventFileError(path, 'the folder holds no file');
  const more = others.length > 0 ? `, and ${others.length} more` : '';
  throw new EventFileError(path, `no file of the folder can be read: ${first.file}: ${first.why}${more}`);
}

async function loadFile(
  connection: DuckDBConnection,
  catalog: TableCatalog,
  source: FileSource,
  options: ReadingOptions,
): Promise<Reading> {
  const loaded: LoadedEvents[] = [];
  const inPlace: string[] = [];
  for (const plain of await unpack(source.file, options.scratch)) {
    const choose = (raw: Pick<RawTable, 'columns' | 'says'>): string => tableOf(source, plain, raw, options);
    const { tables, unread } = await openEventFile(connection, plain, (columns) =>
      refuseStrangers(choose({ columns }), plain.label, columns),
    );
    for (const [index, raw] of tables.entries()) {
      const table = choose(raw);
      refuseStrangers(table, plain.label, raw.columns);
      const own = index === 0 ? unread : [];
      loaded.push(
        await takeIn(
          connection,
          catalog,
          { table, file: plain.label, raw, dates: options.dates },
          plain.remarks,
          own,
        ),
      );
      if (raw.inPlace !== undefined) inPlace.push(raw.inPlace);
    }
    if (tables.length === 0) throw new EventFileError(plain.label, unread.join('; ') || 'it has no rows');
  }
  return { loaded, notRead: [], inPlace };
}

/** How rows are appended. */
export interface AppendOptions {
  /** What `ingestion_time()` says of the rows; default their own `_IngestionTime`, else their own time. */
  readonly ingestedAt?: Date;
}

/** Adds rows given as objects, as if they came in a JSON file. */
export async function appendEvents(
  connection: DuckDBConnection,
  catalog: TableCatalog,
  table: string,
  rows: readonly object[],
  { ingestedAt }: AppendOptions = {},
): Promise<LoadedEvents> {
  const file = `rows appended to ${table}`;
  const given = ingestedAt
    ? rows.map((row) => ({ ...row, [INGESTION_COLUMN]: ingestedAt.toISOString() }))
    : rows;
  const raw = await openObjects(connection, given, file);
  return takeIn(connection, catalog, { table, file, raw });
}
