import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { documentedTables, documentedType } from './documented-columns.ts';
import { type RawColumn, sourceColumn, textColumn } from './source-columns.ts';
import { sqlIdentifier, sqlString } from './sql-text.ts';
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

/** A file that can't be used; the message names it and says what is wrong, in one line. */
export class EventFileError extends Error {
  override readonly name = 'EventFileError';

  constructor(file: string, what: string) {
    super(`${file}: ${what.replace(/\s+/g, ' ').trim()}`);
  }
}

type FileFormat = 'csv' | 'json' | 'parquet';

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
  for (const file of eventFiles(path)) loaded.push(await loadFile(connection, catalog, table, file));
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

function formatOfName(name: string): FileFormat | undefined {
  const formats: Readonly<Record<string, FileFormat>> = {
    '.csv': 'csv',
    '.json': 'json',
    '.jsonl': 'json',
    '.ndjson': 'json',
    '.parquet': 'parquet',
    '.tsv': 'csv',
  };
  return formats[extname(name.replace(/\.gz$/, '')).toLowerCase()];
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

async function loadFile(
  connection: DuckDBConnection,
  catalog: TableCatalog,
  table: string,
  file: string,
): Promise<LoadedEvents> {
  if (statSync(file).size === 0) throw new EventFileError(file, 'the file is empty');
  const start = firstCharacters(file);
  const format = formatOfName(file) ?? sniffFormat(start);
  try {
    const raw = await openRaw(connection, file, format, start);
    return await takeIn(connection, catalog, table, file, format, raw);
  } catch (error) {
    if (error instanceof EventFileError) throw error;
    throw new EventFileError(file, `not readable as ${format}: ${reason(error)}`);
  }
}

function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (
    message.replace(/^([A-Z]\w* )+Error: /, '').split(/\n\n|\n?Possible |The search space/)[0] ?? message
  );
}

function firstCharacters(file: string): string {
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(65_536);
    const length = readSync(descriptor, buffer, 0, buffer.length, 0);
    return buffer.toString('utf8', 0, length).replace(/^\uFEFF/, '');
  } finally {
    closeSync(descriptor);
  }
}

function sniffFormat(start: string): FileFormat {
  if (start.startsWith('PAR1')) return 'parquet';
  return /^\s*[[{]/.test(start) ? 'json' : 'csv';
}

/** A file as DuckDB sees it: something to select from, and its columns. */
interface RawTable {
  readonly from: string;
  readonly columns: readonly RawColumn[];
}

let lastPart = 0;

async function openRaw(
  connection: DuckDBConnection,
  file: string,
  format: FileFormat,
  start: string,
): Promise<RawTable> {
  if (format === 'json') return openJson(connection, file, start);
  if (format === 'csv') return openCsv(file, start);
  const from = `read_parquet(${sqlString(file)})`;
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${from}`);
  const columns = described.getRowObjects().map((row) => {
    const name = String(row.column_name);
    return { name, sql: sqlIdentifier(name), type: String(row.column_type) };
  });
  return { from, columns };
}

/** CSV is read by its header alone, as text: nothing about it is guessed from samples. */
function openCsv(file: string, start: string): RawTable {
  const delimiter = delimiterOf(start);
  const columns = headerOf(start, delimiter).map((name, index) => ({
    // Log Analytics' portal writes the time zone behind the name of a datetime column.
    name: name.replace(/ \[UTC\]$/, ''),
    sql: `h${index}`,
    type: 'VARCHAR',
  }));
  const types = columns.map(({ sql }) => `${sql}: 'VARCHAR'`).join(', ');
  const from = `read_csv(${sqlString(file)}, auto_detect = false, header = true, columns = {${types}}, delim = ${sqlString(delimiter)}, quote = '"', escape = '"', max_line_size = 16777216, parallel = false)`;
  return { from, columns };
}

function headerOf(start: string, delimiter: string): readonly string[] {
  const [line = ''] = start.split(/\r?\n/);
  const cells = line.match(new RegExp(`("(?:[^"]|"")*"|[^${delimiter}]*)(?:${delimiter}|$)`, 'g')) ?? [];
  const names = cells.map((cell) => cell.replace(new RegExp(`${delimiter}$`), ''));
  // The pattern also matches the nothing behind the last cell.
  const header = line.endsWith(delimiter) ? names : names.slice(0, -1);
  return header.map((name) =>
    name
      .replace(/^"(.*)"$/, '$1')
      .replaceAll('""', '"')
      .trim(),
  );
}

function delimiterOf(start: string): string {
  const header = start.split(/\r?\n/)[0] ?? '';
  const counts = [',', ';', '\t'].map((candidate) => ({ candidate, count: header.split(candidate).length }));
  return counts.toSorted((a, b) => b.count - a.count)[0]?.candidate ?? ',';
}

async function openJson(connection: DuckDBConnection, file: string, start: string): Promise<RawTable> {
  const format = /^\s*\[/.test(start) ? 'array' : 'newline_delimited';
  const from = `json_lines_${++lastPart}`;
  await connection.run(
    `CREATE TABLE ${from} AS SELECT json FROM read_json_objects(${sqlString(file)}, format = ${sqlString(format)}, maximum_object_size = 67108864)`,
  );
  return { from, columns: await jsonColumns(connection, from, file) };
}

/** The members of JSON objects, as columns. */
async function jsonColumns(
  connection: DuckDBConnection,
  from: string,
  file: string,
): Promise<readonly RawColumn[]> {
  const odd = await connection.runAndReadAll(
    `SELECT count(*), min(json_type(json)) FROM ${from} WHERE json_type(json) <> 'OBJECT'`,
  );
  const [count, type] = odd.getRows()[0] ?? [];
  if (count !== 0n) throw new EventFileError(file, `${count} of its rows are no JSON objects (${type})`);
  const keys = await connection.runAndReadAll(
    `SELECT key FROM (SELECT unnest(json_keys(json)) AS key FROM ${from}) GROUP BY key ORDER BY key`,
  );
  return keys.getRows().map(([key]) => ({ name: String(key), sql: 'json', type: 'json member' }));
}

async function takeIn(
  connection: DuckDBConnection,
  catalog: TableCatalog,
  table: string,
  file: string,
  format: FileFormat,
  raw: RawTable,
): Promise<LoadedEvents> {
  const documented = raw.columns.filter(({ name }) => documentedType(table, name) !== undefined);
  const isDocumented = documentedTables().has(table);
  if (isDocumented && documented.length === 0 && raw.columns.length > 0) {
    throw new EventFileError(file, `none of its columns is a column of ${table}: ${listed(raw.columns)}`);
  }
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
  const part =
    format === 'parquet' ? { from: raw.from, columns } : await store(connection, raw, columns, warnings);
  catalog.addPart(table, part);
  const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${part.from}`);
  return {
    table,
    file,
    rows: Number(counted.getRows()[0]?.[0] ?? 0),
    flavour: isDefender ? 'defender-xdr' : 'log-analytics',
    extraColumns: isDocumented
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
  const from = `events_${++lastPart}`;
  const entries = [...columns];
  const items = entries.map(([, { value }], index) => `${value.sql} AS c${index}`);
  await connection.run(
    `CREATE TABLE ${from} AS SELECT ${items.length === 0 ? 'TRUE AS none' : items.join(', ')} FROM ${raw.from}`,
  );
  for (const [index, [name, { value }]] of entries.entries()) {
    const source = raw.columns.find((column) => column.name === name);
    if (value.type === 'string' || !source) continue;
    const text = textColumn(source);
    const counts = await connection.runAndReadAll(
      `SELECT (SELECT count(*) FROM ${raw.from} WHERE ${text} <> '') - (SELECT count(c${index}) FROM ${from})`,
    );
    const lost = counts.getRows()[0]?.[0];
    if (typeof lost === 'bigint' && lost > 0n && value.type !== 'dynamic') {
      warnings.push(`${lost} values of ${name} are no ${value.type} and became null`);
    }
  }
  if (raw.from.startsWith('json_lines_')) await connection.run(`DROP TABLE ${raw.from}`);
  return {
    from,
    columns: new Map(
      entries.map(([name, { value }], index) => [name, { value: { ...value, sql: `c${index}` } }]),
    ),
  };
}

/** Adds rows given as objects, as if they came in a JSON file. */
export async function appendEvents(
  connection: DuckDBConnection,
  catalog: TableCatalog,
  table: string,
  rows: readonly object[],
): Promise<LoadedEvents> {
  const from = `json_lines_${++lastPart}`;
  const json = JSON.stringify(rows, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  await connection.run(`CREATE TABLE ${from} AS SELECT unnest(from_json($1::JSON, '["JSON"]')) AS json`, [
    json,
  ]);
  const name = `rows appended to ${table}`;
  const columns = await jsonColumns(connection, from, name);
  return takeIn(connection, catalog, table, basename(name), 'json', { from, columns });
}
