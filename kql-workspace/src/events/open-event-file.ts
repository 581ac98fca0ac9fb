import { extname } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { sqlIdentifier, sqlString } from '../values/sql-text.ts';
import { EventFileError } from './event-file-error.ts';
import { openCsv } from './open-csv.ts';
import { openJson } from './open-json.ts';
import type { Opened } from './raw-table.ts';
import type { RawColumn } from './source-columns.ts';
import type { PlainFile } from './unpack.ts';

type FileFormat = 'csv' | 'json' | 'parquet';

const FORMATS: Readonly<Record<string, FileFormat>> = {
  '.csv': 'csv',
  '.json': 'json',
  '.jsonl': 'json',
  '.ndjson': 'json',
  '.parquet': 'parquet',
  '.tsv': 'csv',
};

/** The format that a file's name says, if it says one. */
export function formatOfName(name: string): FileFormat | undefined {
  return FORMATS[extname(name.replace(/\.gz$/i, '')).toLowerCase()];
}

/**
 * Opens a file of events, whose format its name says or else its content. `check` may refuse it by its columns, before
 * its rows are read where that is possible. Throws EventFileError.
 */
export async function openEventFile(
  connection: DuckDBConnection,
  file: PlainFile,
  check: (columns: readonly RawColumn[]) => void,
): Promise<Opened> {
  const format = formatOf(file);
  try {
    switch (format) {
      case 'csv':
        return await openCsv(connection, file, check);
      case 'json':
        return await openJson(connection, file);
      case 'parquet':
        return await openParquet(connection, file.path);
    }
  } catch (error) {
    if (error instanceof EventFileError) throw error;
    throw new EventFileError(file.label, `not readable as ${format}: ${reason(error)}`);
  }
}

function formatOf({ label, start }: PlainFile): FileFormat {
  const named = formatOfName(label);
  const isJson = /^\uFEFF?\s*(\[\s*[[{\]]|\{\s*["}])/.test(start);
  if (named === 'csv' && isJson) return 'json';
  if (named) return named;
  if (start === '' || start.startsWith('PAR1')) return 'parquet';
  return isJson ? 'json' : 'csv';
}

/** DuckDB's reason, without its advice on how to read the file otherwise. */
function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [first] = message
    .replace(/^(Error: )?([A-Z]\w* )+Error: /, '')
    .split(/\n\n|\n?Possible |The search space/);
  return first ?? message;
}

async function openParquet(connection: DuckDBConnection, path: string): Promise<Opened> {
  const from = `read_parquet(${sqlString(path)})`;
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${from}`);
  const columns = described.getRowObjects().map((row) => {
    const name = String(row.column_name);
    return { name, sql: sqlIdentifier(name), type: String(row.column_type) };
  });
  return { tables: [{ from, columns, inPlace: path }], unread: [] };
}
