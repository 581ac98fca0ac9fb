import type { DuckDBConnection } from '@duckdb/node-api';
import { documentedTables, documentedType } from '../documented-columns.ts';
import { type EventColumns, eventColumns } from './event-columns.ts';
import type { DayOrder } from './event-time.ts';
import type { RawTable } from './raw-table.ts';
import { textColumn } from './source-columns.ts';
import type { SourceColumn, TableCatalog, TablePart } from './tables.ts';

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

interface Taken {
  readonly table: string;
  readonly file: string;
  readonly raw: RawTable;
  readonly dates?: DayOrder | undefined;
}

/** Takes a file's rows into its table, or makes the table read them in place. */
export async function takeIn(
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
