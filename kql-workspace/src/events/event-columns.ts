import type { DuckDBConnection } from '@duckdb/node-api';
import { documentedType } from '../documented-columns.ts';
import { dayOrderOf, type OrderFound } from './day-order.ts';
import { TIMELINE_NAMES } from './device-timeline.ts';
import type { DayOrder } from './event-time.ts';
import { knownTables, plainName } from './known-tables.ts';
import type { RawTable } from './raw-table.ts';
import { isText, type RawColumn, sourceColumn, typeOf } from './source-columns.ts';
import type { SourceColumn } from './tables.ts';

/** A file's columns as its table has them. */
export interface EventColumns {
  readonly columns: ReadonlyMap<string, SourceColumn>;
  readonly raw: ReadonlyMap<string, RawColumn>;
  /** What is worth knowing, and what may be wrong. */
  readonly remarks: readonly string[];
  readonly doubts: readonly string[];
}

/** The portals write a time zone behind the name of a time: `TimeGenerated [UTC]`, `[Local Time]`. */
const ZONE = / \[(UTC[^\]]*|Local Time|[A-Za-z_]+\/[A-Za-z_/]+)\]$/;

/** The names that a file's columns have in its table, whatever their case and spaces. */
export function columnNames(table: string, columns: readonly RawColumn[]): readonly string[] {
  const known = knownTables().get(table);
  return columns.map(({ name: given }) => {
    const name = given.replace(ZONE, '');
    const plain = plainName(name);
    return known?.get(plain) ?? known?.get(plainName(TIMELINE_NAMES[plain] ?? '')) ?? timeName(plain) ?? name;
  });
}

/** Every table has a time, also one that isn't documented. */
function timeName(plain: string): string | undefined {
  return plain === 'timegenerated' ? 'TimeGenerated' : plain === 'timestamp' ? 'Timestamp' : undefined;
}

/** Gives a file's columns their names and types in the table, and finds out how its dates are written. */
export async function eventColumns(
  connection: DuckDBConnection,
  table: string,
  { from, columns: given }: RawTable,
  dates: DayOrder | undefined,
): Promise<EventColumns> {
  const remarks: string[] = [];
  const doubts: string[] = [];
  const raw = new Map<string, RawColumn>();
  const names = columnNames(table, given);
  for (const [index, column] of given.entries()) {
    const name = names[index] ?? '';
    if (name === '') continue;
    if (raw.has(name)) {
      doubts.push(`the column ${name} comes twice; the first one counts`);
      continue;
    }
    raw.set(name, column);
  }
  const types = new Map<string, Awaited<ReturnType<typeof typeOf>>>();
  const orders = new Map<string, OrderFound>();
  for (const [name, column] of raw) {
    const type = await typeOf(connection, from, column, documentedType(table, name));
    types.set(name, type);
    if (type !== 'datetime' || !isText(column)) continue;
    orders.set(name, await dayOrderOf(connection, from, column));
    const zone = ZONE.exec(column.name)?.[1];
    if (zone !== undefined && zone !== 'UTC')
      doubts.push(
        `the column ${column.name} is in the local time of whoever exported it, and is read as UTC: export it in UTC`,
      );
  }
  const inFile = fileOrder([...orders.values()]);
  const columns = new Map<string, SourceColumn>();
  for (const [name, column] of raw) {
    const found = orders.get(name);
    const order = found && columnOrder(found, inFile, dates);
    if (found && order && 'doubt' in order) doubts.push(`${name}: ${order.doubt}`);
    const type = types.get(name);
    columns.set(name, sourceColumn(column, type ?? 'string', order?.order ?? 'mdy'));
  }
  return { columns, raw, remarks, doubts };
}

/** One program writes all dates of a file in one order. */
function fileOrder(found: readonly OrderFound[]): DayOrder | undefined {
  const proven = new Set(found.filter(({ by }) => by === 'proven').map(({ order }) => order));
  const [only] = proven;
  return proven.size === 1 ? only : undefined;
}

function columnOrder(
  { by, order, example }: OrderFound,
  inFile: DayOrder | undefined,
  asked: DayOrder | undefined,
): { readonly order: DayOrder; readonly doubt?: string } | undefined {
  if (by === 'no dates in numbers') return undefined;
  if (by === 'proven' && order) return { order };
  if (by === 'contradiction')
    return { order: asked ?? 'mdy', doubt: 'some of its dates have the day first, others the month' };
  const known = asked ?? inFile ?? order;
  if (known) return { order: known };
  return {
    order: 'mdy',
    doubt: `"${example}" may have the day or the month first, and no value tells; it is read as month, day: say --dates dmy or --dates mdy`,
  };
}
