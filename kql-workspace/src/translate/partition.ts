import { excerpt, need, refuseParts } from './nodes.ts';
import type { Operator } from './operator.ts';
import { type Column, type Relation, select, UnsupportedKql } from './relation.ts';

/** `partition by Column (query)`: the query runs over the rows of each value by itself. */
export const partition: Operator = (given, node, scope, translation) => {
  refuseParts(node, 'Scope');
  const operand = need(node, 'Operand');
  if (operand.kind !== 'PartitionSubquery') throw new UnsupportedKql(`'${excerpt(node)}'`, node);
  const input = translation.share(given, 'inline');
  const key = translation.scalar(need(node, 'ByExpression'), { ...scope, row: input });
  const keyId = translation.newId();
  const columns: Column[] = input.columns.map((column) => ({ ...column, id: translation.newId() }));
  // One column may stand under several names; each gets an identifier of its own.
  const items = columns.map(({ id }, index) => `${input.columns[index]?.id} AS ${id}`);
  const rows: Relation = {
    from: select(input, items.join(', '), `WHERE ${key.sql} IS NOT DISTINCT FROM ${keyId}`),
    columns: columns.map(({ name, type, nullable, id }) => ({ name, type, nullable, id })),
    ordered: given.ordered,
  };
  const result = translation.tabular(need(operand, 'Subquery'), { bindings: scope.bindings, piped: rows });
  const keys = `(SELECT DISTINCT ${key.sql} AS ${keyId} FROM ${input.from})`;
  return {
    from: `(SELECT ${result.columns.map(({ id }) => id).join(', ')} FROM ${keys} AS k, LATERAL ${result.from} AS p)`,
    columns: result.columns,
    ordered: false,
  };
};
