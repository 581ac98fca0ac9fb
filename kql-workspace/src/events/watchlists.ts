import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { watchlistTable } from '../language-service.ts';
import { integerLiteral, type Scalar } from '../values/scalar-types.ts';
import { dateToTicks } from '../values/time-text.ts';
import { EventFileError } from './event-file-error.ts';
import { openCsv } from './open-csv.ts';
import type { RawTable } from './raw-table.ts';
import { textColumn } from './source-columns.ts';
import type { SourceColumn, TableCatalog } from './tables.ts';
import { unpack } from './unpack.ts';

/** A watchlist that was loaded. */
export interface LoadedWatchlist {
  readonly alias: string;
  readonly file: string;
}

/**
 * Takes in the watchlists of a folder, for `_GetWatchlist('ALIAS')`: each is a file `ALIAS.csv`, whose values are text, as
 * in Sentinel. The search key is the column `SearchKey`, else the first; a watchlist changed when its file did. Throws EventFileError.
 */
export async function loadWatchlists(
  connection: DuckDBConnection,
  catalog: TableCatalog,
  folder: string,
  scratch: string,
): Promise<readonly LoadedWatchlist[]> {
  const loaded: LoadedWatchlist[] = [];
  const names = readdirSync(folder).filter((name) => /\.csv$/i.test(name));
  for (const name of names.toSorted()) {
    const file = join(folder, name);
    const [plain, ...others] = await unpack(file, scratch);
    if (!plain || others.length > 0) throw new EventFileError(file, 'a watchlist is one CSV file');
    const { tables } = await openCsv(connection, plain, () => {});
    const [raw] = tables;
    if (!raw) throw new EventFileError(file, 'it has no rows');
    const alias = name.replace(/\.csv$/i, '');
    catalog.addPart(watchlistTable(alias), { from: raw.from, columns: columnsOf(raw, statSync(file).mtime) });
    loaded.push({ alias, file });
  }
  return loaded;
}

function columnsOf(raw: RawTable, changed: Date): ReadonlyMap<string, SourceColumn> {
  const given = raw.columns
    .filter(({ name }) => name !== '')
    .map((column) => [column.name, text(`coalesce(${textColumn(column)}, '')`)] as const);
  const [first] = given;
  if (!first) return new Map();
  const key = given.find(([name]) => name === 'SearchKey') ?? first;
  return new Map<string, SourceColumn>([
    ['_DTItemId', text(`CAST(rowid AS VARCHAR)`)],
    ['LastUpdatedTimeUTC', { value: integerLiteral(dateToTicks(changed), 'datetime') }],
    ['SearchKey', key[1]],
    ...given.filter(([name]) => name !== 'SearchKey'),
  ]);
}

function text(sql: string): { value: Scalar } {
  return { value: { sql, type: 'string', nullable: false } };
}
