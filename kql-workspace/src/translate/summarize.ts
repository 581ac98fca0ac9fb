import { translateWideAggregate } from '../kql-functions/wide-aggregate-calls.ts';
import type { KqlNode } from '../language-service.ts';
import { convert } from '../values/convert.ts';
import type { Scalar } from '../values/scalar-types.ts';
import { excerpt, nameOf, need, refuseParts, scalarTypeOf } from './nodes.ts';
import { itemValue, type Operator, outputColumns } from './operator.ts';
import { type Relation, type Scope, select, UnsupportedKql } from './relation.ts';

/** `summarize`: the group's columns first, then the aggregates, named by the binder. */
export const summarize: Operator = (given, node, scope, translation) => {
  const by = node.child('ByClause');
  if (by) refuseParts(by, 'BinClause');
  const ordinalId = given.ordered ? translation.newId() : undefined;
  const input: Relation = ordinalId
    ? { ...given, from: select(given, `*, row_number() OVER () AS ${ordinalId}`) }
    : given;
  const row: Scope = { ...scope, row: input, ...(ordinalId ? { ordinalId } : {}) };
  const keyItems = by?.items('Expressions') ?? [];
  const keys = keyItems.map((item) => itemValue(item, row, translation).value);
  const groupedBy = new Set(keyItems.map((item) => (item.kind === 'NameReference' ? nameOf(item) : '')));
  const values = node
    .items('Aggregates')
    .flatMap((item) => aggregateValues(item, { ...row, aggregating: true }, groupedBy, translation));

  const output = outputColumns(node);
  const computed = [...keys, ...values];
  if (output.length !== computed.length) {
    throw new UnsupportedKql(
      `'${excerpt(node)}': ${computed.length} values for ${output.length} columns`,
      node,
    );
  }
  const columns = output.map((column, index) => {
    const value = convert(computed[index] as Scalar, scalarTypeOf(column.type, node));
    return { name: column.name, value, id: translation.newId() };
  });
  const selected = columns.map(({ value, id }) => `${value.sql} AS ${id}`);
  const groups = keys.map((_key, index) => index + 1);
  const rest = groups.length > 0 ? `GROUP BY ${groups.join(', ')}` : values.length === 0 ? 'LIMIT 1' : '';
  return {
    from: select(input, selected.length === 0 ? '1 AS none' : selected.join(', '), rest),
    columns: columns.map(({ name, value, id }) => ({ name, type: value.type, nullable: value.nullable, id })),
    ordered: false,
  };
};

function aggregateValues(
  item: KqlNode,
  scope: Scope,
  groupedBy: ReadonlySet<string>,
  translation: Parameters<Operator>[3],
): readonly Scalar[] {
  const expression = item.kind.endsWith('NamedExpression') ? need(item, 'Expression') : item;
  if (expression.kind === 'FunctionCallExpression') {
    const call = {
      name: nameOf(need(expression, 'Name')),
      node: expression,
      nodes: need(expression, 'ArgumentList').items('Expressions'),
      scope: { ...scope, aggregating: false },
      translation,
    };
    const wide = translateWideAggregate(call, groupedBy);
    if (wide) return wide;
  }
  return [translation.scalar(expression, scope)];
}
