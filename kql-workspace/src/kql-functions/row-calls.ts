import type { KqlNode } from '../language-service.ts';
import { boundType } from '../translate/nodes.ts';
import { UnsupportedKql } from '../translate/relation.ts';
import { convert } from '../values/convert.ts';
import { nullOf, type Scalar } from '../values/scalar-types.ts';
import { argument, type Call, type Functions, optionalArgument } from './call.ts';

/** Functions that look at neighbouring rows; the binder demands a serialized table in front of them. */
export const functionsOfRows: Functions = {
  next: (call) => neighbour(call, 'lead'),
  prev: (call) => neighbour(call, 'lag'),
  row_cumsum: (call) => {
    refuseRestart(call, 1);
    const type = boundType(call.node);
    const value = convert(argument(call, 0), type);
    const sum = `sum(${value.sql}) OVER (ROWS UNBOUNDED PRECEDING)`;
    return { sql: `CAST(${sum} AS ${type === 'real' ? 'DOUBLE' : 'BIGINT'})`, type, nullable: true };
  },
  row_number: (call) => {
    refuseRestart(call, 1);
    const start = optionalArgument(call, 0);
    const offset = start ? `${convert(start, 'long').sql} - 1` : '0';
    return { sql: `(row_number() OVER () + ${offset})`, type: 'long', nullable: false };
  },
};

/** True when one of these functions is called in the expression. */
export function usesRowFunctions(expression: KqlNode): boolean {
  return [...expression.walk()].some(
    (node) =>
      node.kind === 'FunctionCallExpression' && Object.hasOwn(functionsOfRows, node.symbol?.name ?? ''),
  );
}

function refuseRestart(call: Call, index: number): void {
  const node = call.nodes[index];
  if (node) throw new UnsupportedKql(`${call.name}() with a restart condition`, node);
}

function neighbour(call: Call, sqlName: 'lag' | 'lead'): Scalar {
  const type = boundType(call.node);
  const value = convert(argument(call, 0), type);
  const offset = optionalArgument(call, 1);
  const fallback = optionalArgument(call, 2);
  const otherwise = fallback ? convert(fallback, type) : nullOf(type);
  const distance = offset ? convert(offset, 'long').sql : '1';
  return {
    sql: `${sqlName}(${value.sql}, ${distance}, ${otherwise.sql}) OVER ()`,
    type,
    nullable: type !== 'string',
  };
}
