import { usesRowFunctions } from '../kql-functions/row-calls.ts';
import type { KqlNode } from '../language-service.ts';
import { convert } from '../values/convert.ts';
import type { Scalar } from '../values/scalar-types.ts';
import { extend } from './column-operators.ts';
import { excerpt, need } from './nodes.ts';
import { itemValues, type Operator, outputColumns } from './operator.ts';
import { columnScalar, type Scope, select, type Translation, UnsupportedKql } from './relation.ts';
import { translateCondition } from './translate-condition.ts';

/** The operators that choose, order and count rows. */

export const where: Operator = (input, node, scope, translation) => {
  const condition = translateCondition(need(node, 'Condition'), { ...scope, row: input }, translation);
  // A condition on neighbouring rows (`prev()`, `row_number()`) comes after they are known.
  const clause = usesRowFunctions(need(node, 'Condition')) ? 'QUALIFY' : 'WHERE';
  return { ...input, from: select(input, '*', `${clause} ${condition}`) };
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

function orderingOf(key: KqlNode, scope: Scope, translation: Translation): string {
  const expression = key.kind === 'OrderedExpression' ? need(key, 'Expression') : key;
  return orderOf(translation.scalar(expression, scope), key.child('Ordering'), expression);
}

/** Kusto sorts downwards unless told otherwise; nulls come last downwards and first upwards. */
export function orderOf(value: Scalar, ordering: KqlNode | undefined, expression: KqlNode): string {
  const ascending = ordering?.child('AscOrDescKeyword')?.text === 'asc';
  const nulls = ordering?.child('NullsClause')?.child('FirstOrLastKeyword')?.text;
  // The binder lets it pass in `top`, and refuses it in `sort`.
  if (value.type === 'dynamic')
    throw new UnsupportedKql(
      `an order of dynamic values ('${excerpt(expression)}'); convert them first`,
      expression,
    );
  const position = nulls ?? (ascending ? 'first' : 'last');
  const order = `${value.sql} ${ascending ? 'ASC' : 'DESC'} NULLS ${position === 'first' ? 'FIRST' : 'LAST'}`;
  if (value.type !== 'real') return order;
  // NaN stands beside the nulls, whichever way the numbers go.
  const rank = `CASE WHEN ${value.sql} IS NULL THEN 0 WHEN isnan(${value.sql}) THEN 1 ELSE 2 END`;
  return `${rank} ${position === 'first' ? 'ASC' : 'DESC'}, ${order}`;
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
      : items
          .flatMap((item) => itemValues(item, { ...scope, row: input }, translation))
          .map(({ value }, index) => ({ name: output[index]?.name ?? '', value }));
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
