import { DuckDBListValue, DuckDBTimestampValue } from '@duckdb/node-api';
import { formatDatetime, UNIX_EPOCH_TICKS } from 'kql-workspace/values/time-text.ts';
import type { QueryResult } from 'kql-workspace/workspace.ts';

/** Both answers as sorted lines, so that the order of rows says nothing; every cell counts. */
export function linesOfAnswer({ columns, rows }: QueryResult): readonly string[] {
  return rows
    .map((row) =>
      JSON.stringify(
        row.map((cell, index) => {
          const type = columns[index]?.type;
          if (typeof cell === 'bigint')
            return type === 'datetime' ? formatDatetime(cell, 'trimmed') : String(cell);
          if (type === 'dynamic' && typeof cell === 'string') return plain(JSON.parse(cell));
          return plain(cell);
        }),
      ),
    )
    .toSorted();
}

/** The rows that DuckDB gives for SQL written by hand, as the same lines. */
export function linesOfRows(rows: readonly (readonly unknown[])[]): readonly string[] {
  return rows.map((row) => JSON.stringify(row.map(plain))).toSorted();
}

/** Numbers to 12 digits: sums of reals depend on the order of rows. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toPrecision(12);
  if (value instanceof DuckDBTimestampValue)
    return formatDatetime(value.micros * 10n + UNIX_EPOCH_TICKS, 'trimmed');
  if (value instanceof DuckDBListValue) return value.items.map(plain);
  if (Array.isArray(value)) return value.map(plain);
  return value;
}

/** Where two answers part, or undefined when they are the same. */
export function difference(ours: readonly string[], theirs: readonly string[]): string | undefined {
  const at = ours.findIndex((line, index) => line !== theirs[index]);
  if (at < 0 && ours.length === theirs.length) return undefined;
  const place = at < 0 ? ours.length : at;
  return `${ours.length} rows by KQL, ${theirs.length} by SQL; first ${ours[place]} and ${theirs[place]}`;
}
