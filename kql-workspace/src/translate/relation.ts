import type { DeclaredColumns } from '../declared-columns.ts';
import type { ExternalFiles } from '../events/external-files.ts';
import type { KqlNode } from '../language-service.ts';
import { BadConstant } from '../values/bad-constant.ts';
import type { Scalar, ScalarType } from '../values/scalar-types.ts';

/**
 * How a file holds a value that Kusto sees differently: a SQL timestamp for a datetime, which the file has statistics
 * for (DuckDB can skip parts of it), a text that is null where Kusto's is empty, or the JSON of a dynamic value as it
 * is written there.
 */
export type InFileKind = 'timestamp' | 'timestamptz' | 'text' | 'json';

/** A column of a relation: its Kusto name and type, and the generated SQL identifier that it has there. */
export interface Column {
  readonly name: string;
  readonly type: ScalarType;
  readonly id: string;
  readonly nullable: boolean;
  /** The value as every file of the table holds it, under an identifier of its own. */
  readonly inFile?: { readonly id: string; readonly kind: InFileKind };
  /** Other forms of a dynamic value (see `Scalar`), under identifiers of their own. */
  readonly forms?: Forms;
}

/** Forms of a dynamic value that stand in columns beside it. */
export type Forms = Pick<Scalar, 'json' | 'asText' | 'texts'>;

/** A table in the making: something to select from, and the columns that it has. */
export interface Relation {
  /** A table name or a parenthesised SELECT. */
  readonly from: string;
  readonly columns: readonly Column[];
  /** The identifier of the hidden column with the time of ingestion, as long as rows are still the table's own. */
  readonly ingestionId?: string;
  /** The name that `as` or a view gave it, for `withsource`. */
  readonly name?: string;
  /** What `as` named on the way here: operators behind it may use the names. */
  readonly named?: Bindings;
  /** True when the order of rows means something (after `sort`, `top`, `serialize`). */
  readonly ordered: boolean;
}

/** What a name means that the query itself declares. */
export type Binding =
  | { readonly kind: 'scalar'; readonly value: Scalar }
  | { readonly kind: 'table'; readonly relation: Relation }
  | { readonly kind: 'function'; readonly declaration: KqlNode; readonly bindings: Bindings };

export type Bindings = ReadonlyMap<string, Binding>;

/** What names mean at some place in the query. */
export interface Scope {
  readonly bindings: Bindings;
  /** The row at hand, where there is one. */
  readonly row?: Relation;
  /** The two sides of a join, within its `on`. */
  readonly sides?: { readonly left: Relation; readonly right: Relation };
  /** Within the query of `mv-apply` or `partition`: the rows that its first operator works on. */
  readonly piped?: Relation;
  /** True where aggregate functions may stand. */
  readonly aggregating?: boolean;
  /** While aggregating rows whose order means something: the identifier of their ordinal. */
  readonly ordinalId?: string;
}

/** What the parts of the translation share; it also breaks the circle between scalars and tables. */
export interface Translation {
  /** The clock of this query, in ticks. */
  readonly now: bigint;
  /** A fresh identifier. */
  newId(): string;
  /** A table of the workspace with the request's time span applied, or undefined when there is none. */
  table(name: string): Relation | undefined;
  readonly tableNames: readonly string[];
  /** Gives the relation a name within the SQL statement, so that it can be used many times. */
  share(relation: Relation, mode: 'inline' | 'materialize'): Relation;
  /** Local files in the place of what queries fetch from the network. */
  readonly external: ExternalFiles;
  /** The texts that a SELECT of one column yields, asked for the sake of a node, so that they can stand in the statement themselves. */
  texts(select: string, node: KqlNode): readonly string[];
  scalar(node: KqlNode, scope: Scope): Scalar;
  /** A value that needs no row, for a name that may be used many times. */
  scalarOnce(node: KqlNode, scope: Scope): Scalar;
  tabular(node: KqlNode, scope: Scope): Relation;
}

/** The query asks for something that the workspace doesn't do; `offset` is its place in the query's text. */
export class UnsupportedKql extends Error {
  override readonly name = 'UnsupportedKql';
  readonly offset: number;

  constructor(what: string, node: KqlNode) {
    super(`the embedded workspace does not support ${what}`);
    this.offset = node.start;
  }
}

/** What `translate` gives; a constant that doesn't work is refused at the node's place. */
export function located<T>(node: KqlNode, translate: () => T): T {
  try {
    return translate();
  } catch (error) {
    if (error instanceof BadConstant) throw new UnsupportedKql(error.message, node);
    throw error;
  }
}

/**
 * Which columns there are only the data says. `columnsOf` makes them of what `sql` yields; declared in the query at
 * `offset`, as `: (*, name: type, …)`, they are known.
 */
export class UnknownColumns extends Error {
  override readonly name = 'UnknownColumns';
  readonly sql: string;
  readonly offset: number;
  readonly columnsOf: (rows: readonly (readonly unknown[])[]) => DeclaredColumns;

  constructor(sql: string, offset: number, columnsOf: UnknownColumns['columnsOf']) {
    super('columns that only the data knows');
    this.sql = sql;
    this.offset = offset;
    this.columnsOf = columnsOf;
  }
}

/** The statement is to hold texts that only the data says; `sql` yields them. */
export class UnknownTexts extends Error {
  override readonly name = 'UnknownTexts';
  readonly sql: string;
  readonly offset: number;

  constructor(sql: string, offset: number) {
    super('texts that only the data knows');
    this.sql = sql;
    this.offset = offset;
  }
}

/** The column as a scalar expression. */
export function columnScalar(column: Column): Scalar {
  const { id, type, nullable, inFile, forms } = column;
  return {
    sql: id,
    type,
    nullable,
    ...(inFile?.kind === 'text' && { textOrNull: inFile.id }),
    ...(inFile?.kind === 'json' && { json: inFile.id, path: '$' }),
    ...forms,
    ...(forms?.json !== undefined && { path: '$' }),
  };
}

/** The forms of a value that is to be a column, and what to select for them. */
export function formsOf(
  value: Scalar,
  translation: Translation,
): { readonly items: readonly string[]; readonly forms?: Forms } {
  const kept = (['json', 'asText', 'texts'] as const).flatMap((form) => {
    const sql = value[form];
    return sql === undefined || (form === 'json' && value.path !== '$')
      ? []
      : [{ form, sql, id: translation.newId() }];
  });
  return {
    items: kept.map(({ sql, id }) => `${sql} AS ${id}`),
    ...(kept.length > 0 && { forms: Object.fromEntries(kept.map(({ form, id }) => [form, id])) }),
  };
}

/** The column of the name; Kusto's names differ by case. */
export function findColumn(relation: Relation, name: string): Column | undefined {
  return relation.columns.find((column) => column.name === name);
}

/** The relation with one more SELECT around it. */
export function select(relation: Relation, items: string, rest = ''): string {
  return `(SELECT ${items} FROM ${relation.from}${rest === '' ? '' : ` ${rest}`})`;
}

/** The same rows under fresh identifiers, so that they can stand beside another use of the same relation. */
export function withFreshIds(relation: Relation, translation: Translation): Relation {
  const columns = relation.columns.map(({ name, type, nullable }) => ({
    name,
    type,
    nullable,
    id: translation.newId(),
  }));
  const items = relation.columns.map((column, index) => `${column.id} AS ${columns[index]?.id}`);
  return {
    from: select(relation, items.length === 0 ? '1 AS none' : items.join(', ')),
    columns,
    ordered: relation.ordered,
  };
}

/** A column to be: its name and its value. */
export interface NamedScalar {
  readonly name: string;
  readonly value: Scalar;
  /** The column that the value just repeats, if it does. */
  readonly source?: Column | undefined;
}

/** The relation with exactly these columns, each computed from the relation's row. */
export function project(
  relation: Relation,
  items: readonly NamedScalar[],
  translation: Translation,
  rest = '',
): Relation {
  const listed = new Set<string>();
  const columns = items.map(({ name, value, source }) => {
    const id = source ? source.id : translation.newId();
    const made = source
      ? { items: Object.values(source.forms ?? {}), forms: source.forms }
      : formsOf(value, translation);
    listed.add(source ? id : `${value.sql} AS ${id}`);
    if (source?.inFile) listed.add(source.inFile.id);
    for (const item of made.items) listed.add(item);
    return {
      name,
      type: value.type,
      nullable: value.nullable,
      id,
      ...(source?.inFile && { inFile: source.inFile }),
      ...(made.forms && { forms: made.forms }),
    };
  });
  if (relation.ingestionId) listed.add(relation.ingestionId);
  return {
    ...relation,
    from: select(relation, listed.size === 0 ? '1 AS none' : [...listed].join(', '), rest),
    columns,
  };
}
