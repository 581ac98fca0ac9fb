import { type Column, columnScalar } from '../translate/relation.ts';
import type { Scalar } from '../values/scalar-types.ts';
import { orEmpty, percentile } from './aggregate-calls.ts';
import { argument, type Call } from './call.ts';

/** Translates the aggregates that yield several columns; undefined when the call is none of them. */
export function translateWideAggregate(
  call: Call,
  groupedBy: ReadonlySet<string>,
): readonly Scalar[] | undefined {
  switch (call.name) {
    case 'arg_max':
    case 'argmax':
    case 'arg_min':
    case 'argmin':
      return argExtreme(call, call.name.endsWith('max') ? 'arg_max' : 'arg_min', groupedBy);
    case 'take_any':
    case 'any': {
      const columns = starColumns(call, groupedBy, 0);
      return call.nodes.length > 1 || call.nodes[0]?.kind === 'StarExpression' ? wideAny(columns) : undefined;
    }
    case 'percentiles':
      return call.nodes.slice(1).map((_node, index) => percentile(call, argument(call, index + 1)));
    default:
      return undefined;
  }
}

function starColumns(call: Call, groupedBy: ReadonlySet<string>, from: number): readonly Scalar[] {
  return call.nodes.slice(from).flatMap((node, index) => {
    if (node.kind !== 'StarExpression') return [argument(call, from + index)];
    const but = from === 0 ? undefined : call.nodes[0]?.symbol?.name;
    return (call.scope.row?.columns ?? [])
      .filter((column: Column) => !groupedBy.has(column.name) && column.name !== but)
      .map(columnScalar);
  });
}

/** The values of one row: picked together as a struct, then taken apart. */
function wideAny(values: readonly Scalar[]): readonly Scalar[] {
  return values.map((value, index) => orEmpty(`any_value(${structOf(values)}).f${index}`, value.type));
}

function argExtreme(
  call: Call,
  name: 'arg_max' | 'arg_min',
  groupedBy: ReadonlySet<string>,
): readonly Scalar[] {
  const key = argument(call, 0);
  const values = starColumns(call, groupedBy, 1);
  // Rows without a key don't compete; when there are only such, any of them stands for the group.
  const row = (index: number) =>
    `coalesce(${name}(${structOf(values)}, ${key.sql}), any_value(${structOf(values)})).f${index}`;
  const best = orEmpty(`${name === 'arg_max' ? 'max' : 'min'}(${key.sql})`, key.type);
  return [best, ...values.map((value, index) => orEmpty(row(index), value.type))];
}

function structOf(values: readonly Scalar[]): string {
  if (values.length === 0) return '{f: 0}';
  return `{${values.map(({ sql }, index) => `f${index}: ${sql}`).join(', ')}}`;
}
