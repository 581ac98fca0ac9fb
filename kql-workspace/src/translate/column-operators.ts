import type { KqlNode, NamedType } from '../language-service.ts';
import { convert } from '../values/convert.ts';
import type { Scalar } from '../values/scalar-types.ts';
import { sqlString } from '../values/sql-text.ts';
import { excerpt, scalarTypeOf } from './nodes.ts';
import { itemValues, namesOf, type Operator, outputColumns } from './operator.ts';
import {
  type Column,
  findColumn,
  formsOf,
  type NamedScalar,
  project,
  type Relation,
  select,
  UnsupportedKql,
} from './relation.ts';

/** The operators that add, drop, rename and list columns; rows stay as they are. */

export const extend: Operator = (input, node, scope, translation) => {
  const output = outputColumns(node);
  const taken = new Set(input.columns.map(({ name }) => name));
  const explicit = new Set(node.items('Expressions').flatMap(namesOf));
  const unnamed = output.filter(({ name }) => !taken.has(name) && !explicit.has(name));
  const added = new Map<string, Column>();
  const selected: string[] = [];
  for (const item of node.items('Expressions')) {
    const names = [...namesOf(item)];
    for (const computed of itemValues(item, { ...scope, row: input }, translation)) {
      // `extend Column` by itself changes nothing.
      if (names.length === 0 && computed.source && item.kind === 'NameReference') continue;
      const name = names.shift() ?? unnamed.shift()?.name;
      const column = output.find((candidate) => candidate.name === name);
      if (name === undefined || !column) throw new UnsupportedKql(`'${excerpt(item)}' in extend`, item);
      const { value, source } = named(computed, column, item);
      if (source) {
        added.set(name, { ...source, name });
        continue;
      }
      const id = translation.newId();
      const { items, forms } = formsOf(value, translation);
      selected.push(`${value.sql} AS ${id}`, ...items);
      added.set(name, { name, type: value.type, nullable: value.nullable, id, ...(forms && { forms }) });
    }
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
  const computed = items.flatMap((item) =>
    itemValues(item, { ...scope, row: input }, translation).map((value) => ({ item, value })),
  );
  if (computed.length !== output.length) throw new UnsupportedKql(`'${excerpt(node)}'`, node);
  const values = computed.map(({ item, value }, index) => {
    const column = output[index];
    if (!column) throw new UnsupportedKql(`'${excerpt(item)}'`, item);
    return named(value, column, item);
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

/** The input's columns of these names, in this order; rows stay as they are. */
export function pick(input: Relation, names: readonly string[], node: KqlNode): Relation {
  const columns = names.map((name) => {
    const column = findColumn(input, name);
    if (!column) throw new UnsupportedKql(`the column '${name}' here`, node);
    return column;
  });
  return { ...input, columns };
}

/** The value as the binder's type, where the two differ (an int literal in a column of longs). */
function typed(value: Scalar, column: NamedType, node: KqlNode): Scalar {
  return convert(value, scalarTypeOf(column.type, node));
}

function named(item: Omit<NamedScalar, 'name'>, column: NamedType, node: KqlNode): NamedScalar {
  const value = typed(item.value, column, node);
  return { name: column.name, value, source: value === item.value ? item.source : undefined };
}

/** `project-rename` keeps every column in its place. */
export const renameColumns: Operator = (input, node) => {
  const output = outputColumns(node);
  if (output.length !== input.columns.length) throw new UnsupportedKql(`'${excerpt(node)}'`, node);
  return {
    ...input,
    columns: input.columns.map((column, index) => ({ ...column, name: output[index]?.name ?? column.name })),
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
