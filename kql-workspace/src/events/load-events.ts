import { resolve } from 'node:path';
import { BIGINT, type DuckDBConnection, VARCHAR } from '@duckdb/node-api';
import { documentedTables, documentedType, INGESTION_COLUMN } from '../documented-columns.ts';
import { register } from '../values/sql-functions.ts';
import { columnNames, type EventColumns, eventColumns } from './event-columns.ts';
import { EventFileError } from './event-file-error.ts';
import { eventFilesAt, type NotRead } from './event-files.ts';
import { type DayOrder, eventTime } from './event-time.ts';
import { knownTables } from './known-tables.ts';
import { openEventFile } from './open-event-file.ts';
import { openObjects } from './open-json.ts';
import type { RawTable } from './raw-table.ts';
import { type RawColumn, textColumn } from './source-columns.ts';
import { tablesOfColumns } from './table-of-columns.ts';
import { stem, tableOfPath } from './table-of-name.ts';
import type { SourceColumn, TableCatalog, TablePart } from './tables.ts';
import { type PlainFile, unpack } from './unpack.ts';

/** What was loaded into a table from one file. */
export interface LoadedEvents {
  readonly table: string;
  readonly file: string;
  readonly rows: number;
  /** Whose names for the time the file uses: `Timestamp` alone is Defender's flavour, else it is Log Analytics'. */
  readonly flavour: 'log-analytics' | 'defender-xdr';
  /** The columns that the file brings. */
  readonly columns: readonly string[];
  /** Those of them that the table's documentation doesn't list. */
  readonly extraColumns: readonly string[];
  readonly warnings: readonly string[];
  /** False when something of the file was lost or may be wrong: the warnings say what. */
  readonly whole: boolean;
}

/** What there is to know for reading files. */
export interface ReadingOptions {
  /** The table of files that don't say theirs. */
  readonly table?: string | undefined;
  /** The order of day and month where a file leaves it open. */
  readonly dates?: DayOrder | undefined;
  /** Tables that come first where a file's columns fit several. */
  readonly preferred?: readonly string[];
  /** A folder for what is unpacked. */
  readonly scratch: string;
}

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

interface FileSource {
  readonly root: string;
  readonly file: string;
  readonly table: string | undefined;
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

/** The table of a file: as was said, as its rows say, as it is named, as its columns show. */
function tableOf(
  { root, file, table }: FileSource,
  { label }: PlainFile,
  { columns, says }: Pick<RawTable, 'columns' | 'says'>,
  options: ReadingOptions,
): string {
  if (table !== undefined) return table;
  if (says !== undefined) return says;
  // A name inside an archive says more than the archive's own.
  const named = tableOfPath(root, label) ?? tableOfPath(root, file);
  if (named !== undefined && sharesColumns(named, columns)) return named;
  const fits = tablesOfColumns(
    columns.map(({ name }) => name),
    options.preferred ?? [],
  );
  const [only, ...others] = fits;
  if (options.table !== undefined) return options.table;
  if (only !== undefined && others.length === 0) return only;
  const names = listed(columns);
  if (only === undefined) {
    if (named === undefined && /^[A-Za-z_]\w*$/.test(stem(label))) return stem(label);
    throw new EventFileError(
      label,
      `its columns are those of no table that is documented, and its name tells none: ${names}; say --table`,
    );
  }
  throw new EventFileError(
    label,
    `its columns are those of ${fits.slice(0, 4).join(', ')}${fits.length > 4 ? ', …' : ''}, and its name tells none: say --table`,
  );
}

function sharesColumns(table: string, columns: readonly RawColumn[]): boolean {
  if (!knownTables().has(table) || columns.length === 0) return true;
  return columnNames(table, columns).some((name) => documentedType(table, name) !== undefined);
}

/** A file that shares no column with its table's documentation is some other file. */
function refuseStrangers(table: string, file: string, columns: readonly RawColumn[]): void {
  if (sharesColumns(table, columns)) return;
  throw new EventFileError(file, `none of its columns is a column of ${table}: ${listed(columns)}`);
}

function listed(columns: readonly RawColumn[]): string {
  const names = columns.slice(0, 5).map(({ name }) => JSON.stringify(name));
  return names.join(', ') + (columns.length > 5 ? ', …' : '');
}

interface Taken {
  readonly table: string;
  readonly file: string;
  readonly raw: RawTable;
  readonly dates?: DayOrder | undefined;
}

async function takeIn(
  connection: DuckDBConnection,
  catalog: TableCatalog,
  { table, file, raw, dates }: Taken,
  remarks: readonly string[] = [],
  unread: readonly string[] = [],
): Promise<LoadedEvents> {
  const found = await eventColumns(connection, table, raw, dates);
  const columns = new Map(found.columns);
  const doubts = [...unread, ...found.doubts];
  const isDefender = columns.has('Timestamp') && !columns.has('TimeGenerated');
  const timestamp = columns.get('Timestamp');
  if (isDefender && timestamp) columns.set('TimeGenerated', timestamp);
  if (!columns.has('TimeGenerated') && raw.columns.length > 0) {
    doubts.push('it has neither TimeGenerated nor Timestamp, so its rows lie outside of any span of time');
  }
  const { part, lost } =
    raw.inPlace === undefined
      ? await store(connection, raw, columns, found.raw)
      : { part: { from: raw.from, columns }, lost: [] };
  catalog.addPart(table, part);
  const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${part.from}`);
  return {
    table,
    file,
    rows: Number(counted.getRows()[0]?.[0] ?? 0),
    flavour: isDefender ? 'defender-xdr' : 'log-analytics',
    columns: [...columns.keys()],
    extraColumns: documentedTables().has(table)
      ? [...columns.keys()].filter((name) => documentedType(table, name) === undefined)
      : [],
    warnings: [...remarks, ...doubts, ...lost],
    whole: doubts.length + lost.length === 0,
  };
}

/** Takes the rows in, converted; a value that doesn't fit its column's type becomes null and is counted. */
async function store(
  connection: DuckDBConnection,
  raw: RawTable,
  columns: ReadonlyMap<string, SourceColumn>,
  sources: EventColumns['raw'],
): Promise<{ readonly part: TablePart; readonly lost: readonly string[] }> {
  const from = `events_${raw.from}`;
  const entries = [...columns];
  const items = entries.map(([, { value }], index) => `${value.sql} AS c${index}`);
  await connection.run(
    `CREATE TABLE ${from} AS SELECT ${items.length === 0 ? 'TRUE AS none' : items.join(', ')} FROM ${raw.from}`,
  );
  const lost = await lostValues(connection, raw, entries, sources);
  await connection.run(`DROP TABLE ${raw.from}`);
  const part = {
    from,
    columns: new Map(
      entries.map(([name, { value }], index) => [name, { value: { ...value, sql: `c${index}` } }]),
    ),
  };
  return { part, lost };
}

/** Columns with values that were there as text and are null now, in a sentence each, with one of them. */
async function lostValues(
  connection: DuckDBConnection,
  raw: RawTable,
  entries: readonly (readonly [string, SourceColumn])[],
  sources: EventColumns['raw'],
): Promise<readonly string[]> {
  const checked = entries.flatMap(([name, { value }]) => {
    const source = sources.get(name);
    return source && value.type !== 'string' && value.type !== 'dynamic'
      ? [
          {
            name,
            type: value.type,
            lost: `${textColumn(source)} <> '' AND (${value.sql}) IS NULL`,
            text: textColumn(source),
          },
        ]
      : [];
  });
  if (checked.length === 0) return [];
  const items = checked.map(({ lost, text }) => `count(*) FILTER (${lost}), min(${text}) FILTER (${lost})`);
  const counted = await connection.runAndReadAll(`SELECT ${items.join(', ')} FROM ${raw.from}`);
  const cells = counted.getRows()[0] ?? [];
  return checked.flatMap(({ name, type }, index) => {
    const count = BigInt(String(cells[index * 2]));
    if (count === 0n) return [];
    const example = JSON.stringify(String(cells[index * 2 + 1]).slice(0, 60));
    return [
      `${count} values of ${name} are no ${type} and became null: ${example}${count > 1n ? ', …' : ''}`,
    ];
  });
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
