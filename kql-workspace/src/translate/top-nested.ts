import type { KqlNode } from '../language-service.ts';
import { convert } from '../values/convert.ts';
import { excerpt, need, scalarTypeOf } from './nodes.ts';
import { type Operator, outputColumns } from './operator.ts';
import { type Column, type Scope, type Translation, UnsupportedKql } from './relation.ts';
import { orderOf } from './row-operators.ts';

/**
 * `top-nested`: the values with the highest aggregates, and within the rows of each of them the values of the next
 * clause. Each clause adds a value and its aggregate.
 */
export const topNested: Operator = (input, node, scope, translation) => {
  const clauses = node.items('Clauses');
  const output = outputColumns(node);
  if (output.length !== clauses.length * 2) throw new UnsupportedKql(`'${excerpt(node)}'`, node);
  const row: Scope = { ...scope, row: input };
  const columns: Column[] = [];
  const values: string[] = [];
  let from = '';
  for (const [level, clause] of clauses.entries()) {
    const others = clause.child('WithOthersClause');
    if (others && others.text !== '') throw new UnsupportedKql(`'${excerpt(others)}' in top-nested`, others);
    const value = translation.scalar(expressionOf(need(clause, 'OfExpression')), row);
    const ordered = need(clause, 'ByExpression');
    const by = ordered.kind === 'OrderedExpression' ? need(ordered, 'Expression') : ordered;
    const aggregate = translation.scalar(expressionOf(by), { ...row, aggregating: true });
    const [valueColumn, aggregateColumn] = [value, aggregate].map((scalar, index): Column => {
      const column = output[level * 2 + index];
      const type = scalarTypeOf(column?.type ?? scalar.type, clause);
      return { name: column?.name ?? '', type, nullable: scalar.nullable, id: translation.newId() };
    });
    if (!valueColumn || !aggregateColumn) continue;
    const parents = columns.filter((_column, index) => index % 2 === 0).map(({ id }) => id);
    values.push(`${convert(value, valueColumn.type).sql} AS ${valueColumn.id}`);
    const groups = values.map((_value, index) => index + 1).join(', ');
    const grouped = `SELECT ${values.join(', ')}, ${convert(aggregate, aggregateColumn.type).sql} AS ${aggregateColumn.id} FROM ${input.from} GROUP BY ${groups}`;
    const order = orderOf(
      { sql: aggregateColumn.id, type: aggregateColumn.type, nullable: true },
      ordered.child('Ordering'),
      by,
    );
    const within = parents.length > 0 ? `PARTITION BY ${parents.map((id) => `g.${id}`).join(', ')} ` : '';
    const limit = limitOf(clause, scope, translation);
    const best =
      limit === undefined ? '' : ` QUALIFY row_number() OVER (${within}ORDER BY ${order}) <= ${limit}`;
    const same = parents.map((id) => `p.${id} IS NOT DISTINCT FROM g.${id}`).join(' AND ');
    from =
      level === 0
        ? `(SELECT * FROM (${grouped}) AS g${best})`
        : `(SELECT p.*, g.${valueColumn.id}, g.${aggregateColumn.id} FROM ${from} AS p JOIN (${grouped}) AS g ON ${same}${best})`;
    columns.push(valueColumn, aggregateColumn);
  }
  return { from, columns, ordered: false };
};

function expressionOf(node: KqlNode): KqlNode {
  return node.kind === 'SimpleNamedExpression' ? need(node, 'Expression') : node;
}

function limitOf(clause: KqlNode, scope: Scope, translation: Translation): string | undefined {
  const given = clause.child('Expression');
  return given && convert(translation.scalar(given, { bindings: scope.bindings }), 'long').sql;
}
