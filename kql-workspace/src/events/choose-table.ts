import { documentedType } from '../documented-columns.ts';
import { columnNames } from './event-columns.ts';
import { EventFileError } from './event-file-error.ts';
import type { DayOrder } from './event-time.ts';
import { knownTables } from './known-tables.ts';
import type { RawTable } from './raw-table.ts';
import type { RawColumn } from './source-columns.ts';
import { tablesOfColumns } from './table-of-columns.ts';
import { stem, tableOfPath } from './table-of-name.ts';
import type { PlainFile } from './unpack.ts';

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

/** A file, the path that it was found under, and the table that all of it belongs to, if that is certain. */
export interface FileSource {
  readonly root: string;
  readonly file: string;
  readonly table: string | undefined;
}

/** The table of a file: as was said, as its rows say, as it is named, as its columns show. */
export function tableOf(
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
export function refuseStrangers(table: string, file: string, columns: readonly RawColumn[]): void {
  if (sharesColumns(table, columns)) return;
  throw new EventFileError(file, `none of its columns is a column of ${table}: ${listed(columns)}`);
}

function listed(columns: readonly RawColumn[]): string {
  const names = columns.slice(0, 5).map(({ name }) => JSON.stringify(name));
  return names.join(', ') + (columns.length > 5 ? ', …' : '');
}
