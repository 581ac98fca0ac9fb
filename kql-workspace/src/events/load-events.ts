import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { documentedTables, documentedType, INGESTION_COLUMN } from '../documented-columns.ts';
import {
  EventFileError,
  formatOfName,
  openEventFile,
  openObjects,
  type RawTable,
} from './open-event-file.ts';
import { type RawColumn, sourceColumn, textColumn } from './source-columns.ts';
import type { SourceColumn, TableCatalog, TablePart } from './tables.ts';

/** What was loaded into a table from one file. */
export interface LoadedEvents {
  readonly table: string;
  readonly file: string;
  readonly rows: number;
  /** Whose names for the time the file uses: `Timestamp` alone is Defender's flavour, else it is Log Analytics'. */
  readonly flavour: 'log-analytics' | 'defender-xdr';
  /** Columns of the file that the table's documentation doesn't list. */
  readonly extraColumns: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Loads files into their tables: CSV as Defender's and Azure's portals export it, a JSON array, NDJSON (one JSON
 * object a line) or Parquet; a folder is all the event files in it. Parquet is read in place, query by query; the
 * others are taken in. Throws EventFileError.
 */
export async function loadEvents(
  connection: DuckDBConnection,
  catalog: TableCatalog,
  table: string,
  path: string,
): Promise<readonly LoadedEvents[]> {
  const loaded: LoadedEvents[] = [];
  for (const file of eventFiles(path)) {
    const raw = await openEventFile(connection, file, (columns) => refuseStrangers(table, file, columns));
    loaded.push(await takeIn(connection, catalog, table, file, raw));
  }
  return loaded;
}

/** The tables that a folder has files or folders for: `DeviceNetworkEvents.csv`, `DeviceInfo/`, … */
export function tablesInFolder(folder: string): ReadonlyMap<string, readonly string[]> {
  if (!existsSync(folder)) throw new EventFileError(folder, 'no such folder');
  if (!statSync(folder).isDirectory()) throw new EventFileError(folder, 'not a folder');
  const documented = new Map([...documentedTables().keys()].map((name) => [name.toLowerCase(), name]));
  const tables = new Map<string, string[]>();
  for (const entry of readdirSync(folder, { withFileTypes: true }).toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const given = entry.name.split('.')[0] ?? '';
    const isEvents = entry.isDirectory() || formatOfName(entry.name) !== undefined;
    if (!isEvents || !/^[A-Za-z_]\w*$/.test(given)) continue;
    const name = documented.get(given.toLowerCase()) ?? given;
    tables.set(name, [...(tables.get(name) ?? []), join(folder, entry.name)]);
  }
  return tables;
}

function eventFiles(path: string): readonly string[] {
  if (!existsSync(path)) throw new EventFileError(path, 'no such file or folder');
  if (!statSync(path).isDirectory()) return [path];
  const files = readdirSync(path)
    .filter((name) => formatOfName(name) !== undefined)
    .toSorted()
    .map((name) => join(path, name));
  if (files.length === 0)
    throw new EventFileError(path, 'the folder has no CSV, JSON, NDJSON or Parquet file');
  return files;
}

/** A file that shares no column with its table's documentation is some other file. */
function refuseStrangers(table: string, file: string, columns: readonly RawColumn[]): void {
  const isKnown = columns.some(({ name }) => documentedType(table, name) !== undefined);
  if (isKnown || columns.length === 0 || !documentedTables().has(table)) return;
  throw new EventFileError(file, `none of its columns is a column of ${table}: ${listed(columns)}`);
}

let lastTable = 0;

async function takeIn(
  connection: DuckDBConnection,
  catalog: TableCatalog,
  table: string,
  file: string,
  raw: RawTable,
): Promise<LoadedEvents> {
  const warnings: string[] = [];
  const columns = new Map<string, SourceColumn>();
  for (const column of raw.columns) {
    if (column.name === '') continue;
    if (columns.has(column.name)) {
      warnings.push(`the column ${column.name} comes twice; the first one counts`);
      continue;
    }
    columns.set(
      column.name,
      await sourceColumn(connection, raw.from, column, documentedType(table, column.name)),
    );
  }
  const isDefender = columns.has('Timestamp') && !columns.has('TimeGenerated');
  const timestamp = columns.get('Timestamp');
  if (isDefender && timestamp) columns.set('TimeGenerated', timestamp);
  if (!columns.has('TimeGenerated') && raw.columns.length > 0) {
    warnings.push('it has neither TimeGenerated nor Timestamp, so its rows lie outside of any span of time');
  }
  const part = raw.inPlace ? { from: raw.from, columns } : await store(connection, raw, columns, warnings);
  catalog.addPart(table, part);
  const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${part.from}`);
  return {
    table,
    file,
    rows: Number(counted.getRows()[0]?.[0] ?? 0),
    flavour: isDefender ? 'defender-xdr' : 'log-analytics',
    extraColumns: documentedTables().has(table)
      ? [...columns.keys()].filter((name) => documentedType(table, name) === undefined)
      : [],
    warnings,
  };
}

function listed(columns: readonly RawColumn[]): string {
  const names = columns.slice(0, 5).map(({ name }) => JSON.stringify(name));
  return names.join(', ') + (columns.length > 5 ? ', …' : '');
}

/** Takes the rows in, converted; a value that doesn't fit its column's type becomes null and is counted. */
async function store(
  connection: DuckDBConnection,
  raw: RawTable,
  columns: ReadonlyMap<string, SourceColumn>,
  warnings: string[],
): Promise<TablePart> {
  const from = `events_${++lastTable}`;
  const entries = [...columns];
  const items = entries.map(([, { value }], index) => `${value.sql} AS c${index}`);
  await connection.run(
    `CREATE TABLE ${from} AS SELECT ${items.length === 0 ? 'TRUE AS none' : items.join(', ')} FROM ${raw.from}`,
  );
  const lost = await countLost(connection, raw, entries, from);
  warnings.push(
    ...lost.map(({ name, type, count }) => `${count} values of ${name} are no ${type} and became null`),
  );
  await connection.run(`DROP TABLE ${raw.from}`);
  return {
    from,
    columns: new Map(
      entries.map(([name, { value }], index) => [name, { value: { ...value, sql: `c${index}` } }]),
    ),
  };
}

/** How many values of each column were there as text and are null now. */
async function countLost(
  connection: DuckDBConnection,
  raw: RawTable,
  entries: readonly (readonly [string, SourceColumn])[],
  stored: string,
): Promise<readonly { readonly name: string; readonly type: string; readonly count: bigint }[]> {
  const checked = entries.flatMap(([name, { value }], index) => {
    const source = raw.columns.find((column) => column.name === name);
    return source && value.type !== 'string' && value.type !== 'dynamic'
      ? [{ name, type: value.type, text: textColumn(source), id: `c${index}` }]
      : [];
  });
  if (checked.length === 0) return [];
  const given = checked.map(({ text }) => `count(*) FILTER (${text} <> '')`).join(', ');
  const kept = checked.map(({ id }) => `count(${id})`).join(', ');
  const [before, after] = [
    await connection.runAndReadAll(`SELECT ${given} FROM ${raw.from}`),
    await connection.runAndReadAll(`SELECT ${kept} FROM ${stored}`),
  ].map((reader) => reader.getRows()[0] ?? []);
  return checked
    .map(({ name, type }, index) => ({
      name,
      type,
      count: BigInt(String(before?.[index])) - BigInt(String(after?.[index])),
    }))
    .filter(({ count }) => count > 0n);
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
  const label = `rows appended to ${table}`;
  const given = ingestedAt
    ? rows.map((row) => ({ ...row, [INGESTION_COLUMN]: ingestedAt.toISOString() }))
    : rows;
  return takeIn(connection, catalog, table, label, await openObjects(connection, given, label));
}
