import { documentedTables } from '../documented-columns.ts';
import type { DatabaseSchema } from '../language-service.ts';
import { type Column, columnScalar, type InFileKind, type Relation, select } from '../translate/relation.ts';
import { comparedInFile } from '../translate/skip-by-time.ts';
import { convert } from '../values/convert.ts';
import { integerLiteral, nullOf, type Scalar, type ScalarType, SQL_TYPES } from '../values/scalar-types.ts';

/** A column as one source of a table has it. */
export interface SourceColumn {
  readonly value: Scalar;
  /** The value as the file holds it, where Kusto sees it differently. */
  readonly inFile?: { readonly sql: string; readonly kind: InFileKind };
}

/** One source of a table's rows: a file that is read in place, or rows that were taken in. */
export interface TablePart {
  readonly from: string;
  readonly columns: ReadonlyMap<string, SourceColumn>;
}

interface WorkspaceTable {
  columns: { readonly name: string; readonly type: ScalarType }[];
  parts: TablePart[];
}

/** A span of time in ticks, both ends included. */
export interface TimeSpan {
  readonly start: bigint;
  readonly end: bigint;
}

/** The column whose value stands for the time of ingestion; without it a row's own time does. */
const INGESTION_COLUMN = '_TimeReceived';

/** The tables of a workspace: every documented one, empty until rows come, and whatever files bring besides. */
export class TableCatalog {
  private readonly tables = new Map<string, WorkspaceTable>();
  private currentSchema: DatabaseSchema | undefined;

  constructor() {
    for (const [name, columns] of documentedTables())
      this.tables.set(name, { columns: [...columns], parts: [] });
  }

  get names(): readonly string[] {
    return [...this.tables.keys()];
  }

  /** The tables as the binder wants them; a new object whenever a column or table came. */
  get schema(): DatabaseSchema {
    this.currentSchema ??= new Map([...this.tables].map(([name, { columns }]) => [name, columns]));
    return this.currentSchema;
  }

  /** Adds rows to a table, which is made if need be, and columns that it didn't have. */
  addPart(name: string, part: TablePart): void {
    const table = this.tables.get(name) ?? { columns: [], parts: [] };
    const known = new Set(table.columns.map((column) => column.name));
    const added = [...part.columns].filter(([column]) => !known.has(column));
    if (added.length > 0 || !this.tables.has(name)) {
      table.columns = [
        ...table.columns,
        ...added.map(([column, { value }]) => ({ name: column, type: value.type })),
      ];
      this.currentSchema = undefined;
    }
    table.parts.push(part);
    this.tables.set(name, table);
  }

  /** A table's rows within the span, as a relation with fresh identifiers; what isn't `kept` is not selected. */
  relation(
    name: string,
    newId: () => string,
    span: TimeSpan | undefined,
    kept: (id: string) => boolean,
  ): Relation | undefined {
    const table = this.tables.get(name);
    if (!table) return undefined;
    const ingestionId = newId();
    const columns: Column[] = table.columns.map((column) => {
      const id = newId();
      const inFiles = table.parts.map((part) => part.columns.get(column.name)?.inFile);
      const kind = inFiles[0]?.kind;
      const alike = kind && inFiles.every((inFile) => inFile?.kind === kind);
      const fits = column.type === (kind === 'text' ? 'string' : 'datetime');
      return {
        ...column,
        id,
        nullable: column.type !== 'string',
        ...(alike && fits ? { inFile: { id: `${id}_in_file`, kind } } : {}),
      };
    });
    const selects = table.parts.map((part) => partSelect(part, columns, ingestionId, kept));
    if (selects.length === 0) selects.push(emptySelect(columns, ingestionId, kept));
    const all: Relation = {
      name,
      from: `(${selects.join(' UNION ALL ')})`,
      columns,
      ingestionId,
      ordered: false,
    };
    const time = columns.find((column) => column.name === 'TimeGenerated' && column.type === 'datetime');
    return span && time ? { ...all, from: select(all, '*', `WHERE ${within(time, span, all)}`) } : all;
  }
}

function within(time: Column, { start, end }: TimeSpan, row: Relation): string {
  const value = columnScalar(time);
  const from = comparedInFile(value, '>=', integerLiteral(start, 'datetime'), row);
  const to = comparedInFile(value, '<=', integerLiteral(end, 'datetime'), row);
  return from && to ? `${from} AND ${to}` : `${time.id} BETWEEN ${start} AND ${end}`;
}

/** A column to be: its identifier and what it is. */
type Item = readonly [id: string, sql: string];

function selected(items: readonly Item[], kept: (id: string) => boolean, from: string): string {
  const listed = items.filter(([id]) => kept(id)).map(([id, sql]) => `${sql} AS ${id}`);
  return `SELECT ${listed.length === 0 ? 'TRUE AS none' : listed.join(', ')} ${from}`;
}

function partSelect(
  part: TablePart,
  columns: readonly Column[],
  ingestionId: string,
  kept: (id: string) => boolean,
): string {
  const items = columns.flatMap(({ name, type, id, inFile }): Item[] => {
    const source = part.columns.get(name);
    const value = source ? convert(source.value, type) : nullOf(type);
    return inFile && source?.inFile
      ? [
          [id, value.sql],
          [inFile.id, source.inFile.sql],
        ]
      : [[id, value.sql]];
  });
  const received = part.columns.get(INGESTION_COLUMN) ?? part.columns.get('TimeGenerated');
  const ingestion = received ? convert(received.value, 'datetime') : nullOf('datetime');
  return selected([...items, [ingestionId, ingestion.sql]], kept, `FROM ${part.from}`);
}

function emptySelect(columns: readonly Column[], ingestionId: string, kept: (id: string) => boolean): string {
  const items = columns.map(({ type, id }): Item => [id, `CAST(NULL AS ${SQL_TYPES[type]})`]);
  return selected([...items, [ingestionId, 'CAST(NULL AS BIGINT)']], kept, 'WHERE FALSE');
}
