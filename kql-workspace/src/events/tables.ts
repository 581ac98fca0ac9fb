import { documentedTables, INGESTION_COLUMN } from '../documented-columns.ts';
import { type DatabaseSchema, isNamedTable, mayUseWildcards } from '../language-service.ts';
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
  columns: readonly { readonly name: string; readonly type: ScalarType }[];
  parts: TablePart[];
}

/** A span of time in ticks, both ends included. */
export interface TimeSpan {
  readonly start: bigint;
  readonly end: bigint;
}

/**
 * The columns whose value stands for the time of ingestion, the first that has one; without it a row's own time does.
 * `_IngestionTime` is the workspace's own, for events that arrive late: no query sees it.
 */
const INGESTION_COLUMNS = [INGESTION_COLUMN, '_TimeReceived', 'TimeGenerated'];

/** A table that every workspace has. */
const ALWAYS_THERE = 'Usage';

/** The tables of a workspace: every documented one, empty until rows come, and whatever files bring besides. */
export class TableCatalog {
  /** The tables that have rows or columns of their own. */
  private readonly tables = new Map<string, WorkspaceTable>();
  private everything: DatabaseSchema | undefined;
  private readonly ofWildcards = new Map<string, DatabaseSchema>();

  private get all(): DatabaseSchema {
    this.everything ??= new Map([
      ...documentedTables(),
      ...[...this.tables].map(([name, { columns }]) => [name, columns] as const),
    ]);
    return this.everything;
  }

  /**
   * The tables to bind the query against; the same object until a column or table comes. To a bare wildcard (`union *`,
   * `search`) only those are there that have been given rows, besides those that the query names.
   */
  schemaFor(query: string): DatabaseSchema {
    if (!mayUseWildcards(query)) return this.all;
    const words = [...new Set(query.match(/[\w*]+/g))].filter((word) => /\w/.test(word));
    const patterns = words
      .filter((word) => word.includes('*'))
      .map((word) => new RegExp(`^${word.replaceAll('*', '.*')}$`));
    const named = [...this.all.keys()].filter(
      (name) =>
        this.tables.has(name) || words.includes(name) || patterns.some((pattern) => pattern.test(name)),
    );
    const names = named.some(isNamedTable) ? named : [...named, ALWAYS_THERE];
    const key = names.join('\n');
    const known = this.ofWildcards.get(key) ?? new Map(names.map((name) => [name, this.columnsOf(name)]));
    this.ofWildcards.set(key, known);
    return known;
  }

  private columnsOf(name: string): WorkspaceTable['columns'] {
    return this.tables.get(name)?.columns ?? documentedTables().get(name) ?? [];
  }

  /** Adds rows to a table, which is made if need be, and columns that it didn't have. */
  addPart(name: string, part: TablePart): void {
    const table = this.tables.get(name) ?? { columns: this.columnsOf(name), parts: [] };
    const known = new Set(table.columns.map((column) => column.name));
    const added = [...part.columns].filter(([column]) => !known.has(column) && column !== INGESTION_COLUMN);
    if (added.length > 0) {
      table.columns = [
        ...table.columns,
        ...added.map(([column, { value }]) => ({ name: column, type: value.type })),
      ];
    }
    if (added.length > 0 || !this.tables.has(name)) {
      this.everything = undefined;
      this.ofWildcards.clear();
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
    if (!this.all.has(name)) return undefined;
    const table = this.tables.get(name) ?? { columns: this.columnsOf(name), parts: [] };
    const ingestionId = newId();
    const columns: Column[] = table.columns.map((column) => {
      const id = newId();
      const inFiles = table.parts.map((part) => part.columns.get(column.name)?.inFile);
      const kind = inFiles[0]?.kind;
      const alike = kind && inFiles.every((inFile) => inFile?.kind === kind);
      const fits = column.type === (kind === 'text' ? 'string' : kind === 'json' ? 'dynamic' : 'datetime');
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
  const times = INGESTION_COLUMNS.flatMap((name) => part.columns.get(name) ?? []);
  const ingestion = times.map(({ value }) => convert(value, 'datetime').sql);
  const sql = ingestion.length === 0 ? nullOf('datetime').sql : `coalesce(${ingestion.join(', ')})`;
  return selected([...items, [ingestionId, sql]], kept, `FROM ${part.from}`);
}

function emptySelect(columns: readonly Column[], ingestionId: string, kept: (id: string) => boolean): string {
  const items = columns.map(({ type, id }): Item => [id, `CAST(NULL AS ${SQL_TYPES[type]})`]);
  return selected([...items, [ingestionId, 'CAST(NULL AS BIGINT)']], kept, 'WHERE FALSE');
}
