import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { jsonPointer, sqlIdentifier, sqlString } from '../values/sql-text.ts';
import type { RawColumn } from './source-columns.ts';

/** A file that can't be used; the message names it and says what is wrong, in one line. */
export class EventFileError extends Error {
  override readonly name = 'EventFileError';

  constructor(file: string, what: string) {
    super(`${file}: ${what.replace(/\s+/g, ' ').trim()}`);
  }
}

/** A file as DuckDB sees it: something to select from, and its columns. */
export interface RawTable {
  readonly from: string;
  readonly columns: readonly RawColumn[];
  /** True for a file that is read query by query; the others lie in a table of their own, to be dropped. */
  readonly inPlace: boolean;
}

type FileFormat = 'csv' | 'json' | 'parquet';

/** The format that a file's name says, if it says one. */
export function formatOfName(name: string): FileFormat | undefined {
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

/**
 * Opens a file of events, whose format its name says or else its content. `check` may refuse it by its columns, before
 * its rows are read where that is possible. Throws EventFileError.
 */
export async function openEventFile(
  connection: DuckDBConnection,
  file: string,
  check: (columns: readonly RawColumn[]) => void,
): Promise<RawTable> {
  if (statSync(file).size === 0) throw new EventFileError(file, 'the file is empty');
  const start = firstCharacters(file);
  const format = formatOfName(file) ?? sniffFormat(start);
  try {
    if (format === 'csv') return await openCsv(connection, file, start, check);
    const opened =
      format === 'json' ? await openJson(connection, file, start) : await openParquet(connection, file);
    check(opened.columns);
    return opened;
  } catch (error) {
    if (error instanceof EventFileError) throw error;
    throw new EventFileError(file, `not readable as ${format}: ${reason(error)}`);
  }
}

/** DuckDB's reason, without its advice on how to read the file otherwise. */
function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [first] = message
    .replace(/^(Error: )?([A-Z]\w* )+Error: /, '')
    .split(/\n\n|\n?Possible |The search space/);
  return first ?? message;
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

let lastTable = 0;

async function openParquet(connection: DuckDBConnection, file: string): Promise<RawTable> {
  const from = `read_parquet(${sqlString(file)})`;
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${from}`);
  const columns = described.getRowObjects().map((row) => {
    const name = String(row.column_name);
    return { name, sql: sqlIdentifier(name), type: String(row.column_type) };
  });
  return { from, columns, inPlace: true };
}

/** CSV is read by its header alone, as text: nothing about it is guessed from samples. */
async function openCsv(
  connection: DuckDBConnection,
  file: string,
  start: string,
  check: (columns: readonly RawColumn[]) => void,
): Promise<RawTable> {
  const delimiter = delimiterOf(start);
  const columns = headerOf(start, delimiter).map((name, index) => ({
    // Log Analytics' portal writes the time zone behind the name of a datetime column.
    name: name.replace(/ \[UTC\]$/, ''),
    sql: `h${index}`,
    type: 'VARCHAR',
  }));
  check(columns);
  const types = columns.map(({ sql }) => `${sql}: 'VARCHAR'`).join(', ');
  const from = `raw_${++lastTable}`;
  await connection.run(
    `CREATE TABLE ${from} AS SELECT * FROM read_csv(${sqlString(file)}, auto_detect = false, header = true, columns = {${types}}, delim = ${sqlString(delimiter)}, quote = '"', escape = '"', max_line_size = 16777216, parallel = false)`,
  );
  return { from, columns, inPlace: false };
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
  const objects = `SELECT json FROM read_json_objects(${sqlString(file)}, format = ${sqlString(format)}, maximum_object_size = 67108864)`;
  const lines = `lines_${++lastTable}`;
  await connection.run(`CREATE TABLE ${lines} AS ${objects}`);
  return membersOf(connection, lines, file);
}

/** Rows given as objects, as if they came in a JSON file. */
export async function openObjects(
  connection: DuckDBConnection,
  rows: readonly object[],
  label: string,
): Promise<RawTable> {
  const json = JSON.stringify(rows, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  const lines = `lines_${++lastTable}`;
  const objects = `SELECT unnest(from_json($1::JSON, '["JSON"]')) AS json`;
  await connection.run(`CREATE TABLE ${lines} AS ${objects}`, [json]);
  return membersOf(connection, lines, label);
}

/** Takes JSON objects apart into a table with a column of JSON for each key, reading each object once. */
async function membersOf(connection: DuckDBConnection, lines: string, label: string): Promise<RawTable> {
  const odd = await connection.runAndReadAll(
    `SELECT count(*), min(json_type(json)) FROM ${lines} WHERE json_type(json) <> 'OBJECT'`,
  );
  const [count, type] = odd.getRows()[0] ?? [];
  if (count !== 0n) throw new EventFileError(label, `${count} of its rows are no JSON objects (${type})`);
  const found = await connection.runAndReadAll(
    `SELECT key FROM (SELECT unnest(json_keys(json)) AS key FROM ${lines}) GROUP BY key ORDER BY key`,
  );
  const keys = found.getRows().map(([key]) => String(key));
  // The fields of a SQL struct differ by more than case and have a name; other keys are read one by one.
  const fields = new Set(
    keys.filter((key, index) => {
      const first = keys.findIndex((other) => other.toLowerCase() === key.toLowerCase());
      return first === index && key !== '' && !key.includes('\0');
    }),
  );
  const structure = JSON.stringify(Object.fromEntries([...fields].map((key) => [key, 'JSON'])));
  const items = keys.map((key, index) => {
    const value = fields.has(key)
      ? `struct_extract(members, ${sqlString(key)})`
      : `json_extract(json, ${sqlString(jsonPointer(key))})`;
    return `${value} AS j${index}`;
  });
  const from = `raw_${++lastTable}`;
  const parsed = fields.size > 0 ? `from_json(json, ${sqlString(structure)})` : 'NULL';
  await connection.run(
    `CREATE TABLE ${from} AS SELECT ${items.length === 0 ? 'TRUE AS none' : items.join(', ')} FROM (SELECT json, ${parsed} AS members FROM ${lines})`,
  );
  await connection.run(`DROP TABLE ${lines}`);
  const columns = keys.map((name, index) => ({ name, sql: `j${index}`, type: 'json value' }));
  return { from, columns, inPlace: false };
}
