import { usesRowFunctions } from '../kql-functions/row-calls.ts';
import type { KqlNode, NamedType } from '../language-service.ts';
import { convert } from '../values/convert.ts';
import type { Scalar } from '../values/scalar-types.ts';
import { sqlString } from '../values/sql-text.ts';
import { excerpt, nameOf, need, scalarTypeOf } from './nodes.ts';
import {
  type Column,
  columnScalar,
  findColumn,
  type NamedScalar,
  project,
  type Relation,
  type Scope,
  select,
  type Translation,
  UnsupportedKql,
} from './relation.ts';
import { translateCondition } from './translate-condition.ts';

/** An operator after a bar: from the table before it to the table after it. */
export type Operator = (input: Relation, node: KqlNode, scope: Scope, translation: Translation) => Relation;

/** The columns that the binder says the operator yields. */
export function outputColumns(node: KqlNode): readonly NamedType[] {
  const result = node.resultType;
  if (result?.kind !== 'table') throw new UnsupportedKql(`'${excerpt(node)}' as a table`, node);
  return result.columns;
}

/** The input's columns of these names, in this order; rows stay as they are. */
export function pick(input: Relation, names: readonly string[], node: KqlNode): Relation {
  const columns = names.map((name) => {
    const column = findColumn(input, name);
    if (!column) throw new UnsupportedKql(`the column '${name}' here`, node);
    return column;
  });
  return { ...input, columns };
}

/** The value of an item of `project`, `extend` or `by`, and the column it repeats, if that is all it does. */
export function itemValue(item: KqlNode, scope: Scope, translation: Translation): Omit<NamedScalar, 'name'> {
  if (item.kind === 'CompoundNamedExpression') {
    throw new UnsupportedKql(`several names for one value ('${excerpt(item)}')`, item);
  }
  const expression = item.kind === 'SimpleNamedExpression' ? need(item, 'Expression') : item;
  const value = translation.scalar(expression, scope);
  const source = scope.row?.columns.find((column) => column.id === value.sql);
  return { value, source };
}

/** The value as the binder's type, where the two differ (an int literal in a column of longs). */
function typed(value: Scalar, column: NamedType, node: KqlNode): Scalar {
  return convert(value, scalarTypeOf(column.type, node));
}

function named(item: Omit<NamedScalar, 'name'>, column: NamedType, node: KqlNode): NamedScalar {
  const value = typed(item.value, column, node);
  return { name: column.name, value, source: value === item.value ? item.source : undefined };
}

export const where: Operator = (input, node, scope, translation) => {
  const condition = translateCondition(need(node, 'Condition'), { ...scope, row: input }, translation);
  // A condition on neighbouring rows (`prev()`, `row_number()`) comes after they are known.
  const clause = usesRowFunctions(need(node, 'Condition')) ? 'QUALIFY' : 'WHERE';
  return { ...input, from: select(input, '*', `${clause} ${condition}`) };
};

export const extend: Operator = (input, node, scope, translation) => {
  const output = outputColumns(node);
  const taken = new Set(input.columns.map(({ name }) => name));
  const explicit = new Set(
    node
      .items('Expressions')
      .flatMap((item) => (item.kind === 'SimpleNamedExpression' ? [nameOf(need(item, 'Name'))] : [])),
  );
  const unnamed = output.filter(({ name }) => !taken.has(name) && !explicit.has(name));
  const added = new Map<string, Column>();
  const selected: string[] = [];
  for (const item of node.items('Expressions')) {
    const isNamed = item.kind === 'SimpleNamedExpression';
    const computed = itemValue(item, { ...scope, row: input }, translation);
    // `extend Column` by itself changes nothing.
    if (!isNamed && computed.source && item.kind === 'NameReference') continue;
    const name = isNamed ? nameOf(need(item, 'Name')) : unnamed.shift()?.name;
    const column = output.find((candidate) => candidate.name === name);
    if (name === undefined || !column) throw new UnsupportedKql(`'${excerpt(item)}' in extend`, item);
    const { value, source } = named(computed, column, item);
    if (source) {
      added.set(name, { ...source, name });
      continue;
    }
    const id = translation.newId();
    selected.push(`${value.sql} AS ${id}`);
    added.set(name, { name, type: value.type, nullable: value.nullable, id });
  }
  const columns = output.map((column) => {
    const found = added.get(column.name) ?? findColumn(input, column.name);
    if (!found) throw new UnsupportedKql(`the column '${column.name}' of '${excerpt(node)}'`, node);
    return found;
  });
  const from = selected.length === 0 ? input.from : select(input, ['*', ...selected].join(', '));
  return { ...input, from, columns };
};

export const projectColumns: Operator = (input, node, scope, translation) => {
  const output = outputColumns(node);
  const items = node.items('Expressions');
  if (items.length !== output.length) throw new UnsupportedKql(`'${excerpt(node)}'`, node);
  const values = items.map((item, index) => {
    const column = output[index];
    if (!column) throw new UnsupportedKql(`'${excerpt(item)}'`, item);
    return named(itemValue(item, { ...scope, row: input }, translation), column, item);
  });
  return project(input, values, translation);
};

/** `project-away`, `project-keep` and `project-reorder`: the binder says which columns stay, in which order. */
export const pickColumns: Operator = (input, node) =>
  pick(
    input,
    outputColumns(node).map(({ name }) => name),
    node,
  );

/** `project-rename` keeps every column in its place. */
export const renameColumns: Operator = (input, node) => {
  const output = outputColumns(node);
  if (output.length !== input.columns.length) throw new UnsupportedKql(`'${excerpt(node)}'`, node);
  return {
    ...input,
    columns: input.columns.map((column, index) => ({ ...column, name: output[index]?.name ?? column.name })),
  };
};

export const take: Operator = (input, node, scope, translation) => {
  const limit = translation.scalar(need(node, 'Expression'), { bindings: scope.bindings });
  return { ...input, from: select(input, '*', `LIMIT ${convert(limit, 'long').sql}`) };
};

export const sort: Operator = (input, node, scope, translation) => {
  const keys = node.items('Expressions').map((key) => orderingOf(key, { ...scope, row: input }, translation));
  return { ...input, from: select(input, '*', `ORDER BY ${keys.join(', ')}`), ordered: true };
};

export const top: Operator = (input, node, scope, translation) => {
  const limit = translation.scalar(need(node, 'Expression'), { bindings: scope.bindings });
  const key = orderingOf(need(node, 'ByExpression'), { ...scope, row: input }, translation);
  const from = select(input, '*', `ORDER BY ${key} LIMIT ${convert(limit, 'long').sql}`);
  return { ...input, from, ordered: true };
};

/** Kusto sorts downwards unless told otherwise; nulls come last downwards and first upwards. */
function orderingOf(key: KqlNode, scope: Scope, translation: Translation): string {
  const expression = key.kind === 'OrderedExpression' ? need(key, 'Expression') : key;
  const ordering = key.child('Ordering');
  const ascending = ordering?.child('AscOrDescKeyword')?.text === 'asc';
  const nulls = ordering?.child('NullsClause')?.child('FirstOrLastKeyword')?.text;
  const value = translation.scalar(expression, scope);
  const position = nulls ?? (ascending ? 'first' : 'last');
  return `${value.sql} ${ascending ? 'ASC' : 'DESC'} NULLS ${position === 'first' ? 'FIRST' : 'LAST'}`;
}

export const countRows: Operator = (input, node, _scope, translation) => {
  const [column] = outputColumns(node);
  const id = translation.newId();
  return {
    from: select(input, `count(*) AS ${id}`),
    columns: [{ name: column?.name ?? 'Count', type: 'long', nullable: false, id }],
    ordered: false,
  };
};

export const distinct: Operator = (input, node, scope, translation) => {
  const output = outputColumns(node);
  const items = node.items('Expressions');
  const values =
    items.length === 1 && items[0]?.kind === 'StarExpression'
      ? input.columns.map((column) => ({ name: column.name, value: columnScalar(column) }))
      : items.map((item, index) => ({
          name: output[index]?.name ?? nameOf(item),
          value: itemValue(item, { ...scope, row: input }, translation).value,
        }));
  const ids = values.map(() => translation.newId());
  const selected = values.map(({ value }, index) => `${value.sql} AS ${ids[index]}`);
  return {
    from: select(input, `DISTINCT ${selected.join(', ')}`),
    columns: values.map(({ name, value }, index) => ({
      name,
      type: value.type,
      nullable: value.nullable,
      id: ids[index] ?? '',
    })),
    ordered: false,
  };
};

/** `serialize` fixes the order of rows, and may add columns like `extend`. */
export const serialize: Operator = (input, node, scope, translation) => ({
  ...extend(input, node, scope, translation),
  ordered: true,
});

/** `sample`: some rows, picked at random. */
export const sample: Operator = (input, node, scope, translation) => {
  const limit = translation.scalar(need(node, 'Expression'), { bindings: scope.bindings });
  return {
    ...input,
    from: select(input, '*', `ORDER BY random() LIMIT ${convert(limit, 'long').sql}`),
    ordered: false,
  };
};

/** `sample-distinct N of Column`. */
export const sampleDistinct: Operator = (input, node, scope, translation) => {
  const limit = translation.scalar(need(node, 'Expression'), { bindings: scope.bindings });
  const value = translation.scalar(need(node, 'OfExpression'), { ...scope, row: input });
  const [column] = outputColumns(node);
  const id = translation.newId();
  const from = `(SELECT DISTINCT ${value.sql} AS ${id} FROM ${input.from} LIMIT ${convert(limit, 'long').sql})`;
  return {
    from,
    columns: [{ name: column?.name ?? '', type: value.type, nullable: value.nullable, id }],
    ordered: false,
  };
};

/** The names that `getschema` has for types. */
const dotNetTypes: Readonly<Record<Scalar['type'], string>> = {
  bool: 'System.SByte',
  datetime: 'System.DateTime',
  decimal: 'System.Data.SqlTypes.SqlDecimal',
  dynamic: 'System.Object',
  guid: 'System.Guid',
  int: 'System.Int32',
  long: 'System.Int64',
  real: 'System.Double',
  string: 'System.String',
  timespan: 'System.TimeSpan',
};

export const getSchema: Operator = (input, _node, _scope, translation) => {
  const columns: Column[] = (
    [
      ['ColumnName', 'string'],
      ['ColumnOrdinal', 'long'],
      ['DataType', 'string'],
      ['ColumnType', 'string'],
    ] as const
  ).map(([name, type]) => ({ name, type, nullable: false, id: translation.newId() }));
  const rows = input.columns.map(
    ({ name, type }, index) =>
      `(${sqlString(name)}, CAST(${index} AS BIGINT), ${sqlString(dotNetTypes[type])}, ${sqlString(type)})`,
  );
  return {
    from: `(SELECT * FROM (VALUES ${rows.join(', ')}) AS t(${columns.map(({ id }) => id).join(', ')}))`,
    columns,
    ordered: true,
  };
};
