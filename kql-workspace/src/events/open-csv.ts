import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { sqlString } from '../values/sql-text.ts';
import { splitTimeline, TIMELINE_COLUMN } from './device-timeline.ts';
import { freshName, type Opened } from './raw-table.ts';
import type { RawColumn } from './source-columns.ts';
import type { PlainFile } from './unpack.ts';

/**
 * CSV is read by its header alone, as text: nothing about it is guessed from samples. `check` may refuse it by its
 * columns, before its rows are read.
 */
export async function openCsv(
  connection: DuckDBConnection,
  file: PlainFile,
  check: (columns: readonly RawColumn[]) => void,
): Promise<Opened> {
  const { length, separator } = preambleOf(file.start);
  const path = length === 0 ? file.path : await withoutPreamble(file, length);
  const start = file.start.slice(length);
  const delimiter = separator ?? delimiterOf(start);
  const columns = headerOf(start, delimiter).map((name, index) => ({
    name,
    sql: `h${index}`,
    type: 'VARCHAR',
  }));
  const isTimeline = columns.some(({ name }) => name === TIMELINE_COLUMN);
  if (!isTimeline) check(columns);
  const types = columns.map(({ sql }) => `${sql}: 'VARCHAR'`).join(', ');
  const from = freshName('raw');
  await connection.run(
    `CREATE TABLE ${from} AS SELECT * FROM read_csv(${sqlString(path)}, auto_detect = false, header = true, columns = {${types}}, delim = ${sqlString(delimiter)}, quote = '"', escape = '"', max_line_size = 16777216, parallel = false)`,
  );
  const table = { from, columns };
  return isTimeline ? splitTimeline(connection, table) : { tables: [table], unread: [] };
}

/** What stands before the header: empty lines, Excel's `sep=;`, PowerShell's `#TYPE …`. */
function preambleOf(start: string): { readonly length: number; readonly separator?: string } {
  const [preamble = ''] = /^(\uFEFF?[ \t]*(sep=.|#TYPE .*)?\r?\n)*/i.exec(start) ?? [];
  const separator = /^\uFEFF?sep=(.)/im.exec(preamble)?.[1];
  return { length: preamble.length, ...(separator && { separator }) };
}

async function withoutPreamble(file: PlainFile, length: number): Promise<string> {
  const bytes = Buffer.byteLength(file.start.slice(0, length));
  const path = `${file.scratch}/${freshName('csv')}`;
  await pipeline(createReadStream(file.path, { start: bytes }), createWriteStream(path));
  return path;
}

function headerOf(start: string, delimiter: string): readonly string[] {
  const [line = ''] = start.replace(/^\uFEFF/, '').split(/\r?\n/);
  const separator = delimiter.replace(/[\\^$.*+?()[\]{}|]/, '\\$&');
  const cells = line.match(new RegExp(`("(?:[^"]|"")*"|[^${separator}]*)(?:${separator}|$)`, 'g')) ?? [];
  const names = cells.map((cell) => cell.replace(new RegExp(`${separator}$`), ''));
  // The pattern also matches the nothing behind the last cell.
  const header = line.endsWith(delimiter) ? names : names.slice(0, -1);
  return header.map((name) =>
    name
      .trim()
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
