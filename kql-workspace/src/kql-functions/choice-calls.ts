import { boundType } from '../translate/nodes.ts';
import { columnScalar, findColumn, UnsupportedKql } from '../translate/relation.ts';
import { convert, toText } from '../values/convert.ts';
import { boolLiteral, nullOf, type Scalar } from '../values/scalar-types.ts';
import { allArguments, argument, type Call, constantArgument, type Functions } from './call.ts';

/** Functions that test for null and emptiness or choose between values. */
export const functionsOfChoice: Functions = {
  not: (call) => negated(convert(argument(call, 0), 'bool')),
  isempty: (call) => isEmpty(argument(call, 0)),
  isnotempty: (call) => negated(isEmpty(argument(call, 0))),
  notempty: (call) => negated(isEmpty(argument(call, 0))),
  isnull: (call) => isNull(argument(call, 0)),
  isnotnull: (call) => negated(isNull(argument(call, 0))),
  notnull: (call) => negated(isNull(argument(call, 0))),
  coalesce: (call) => coalesce(call),
  iff: (call) => choose(call),
  iif: (call) => choose(call),
  case: (call) => choose(call),
  column_ifexists: (call) => columnIfExists(call),
  columnifexists: (call) => columnIfExists(call),
};

function negated({ sql, nullable }: Scalar): Scalar {
  return { sql: `(NOT ${sql})`, type: 'bool', nullable };
}

function isEmpty(value: Scalar): Scalar {
  const text = toText(value);
  return { sql: `(${text.sql} = '')`, type: 'bool', nullable: false };
}

/** A string is never null, so `isnull` of one is false. */
function isNull(value: Scalar): Scalar {
  return value.nullable
    ? { sql: `(${value.sql} IS NULL)`, type: 'bool', nullable: false }
    : boolLiteral(false);
}

/** The first value that isn't null; for strings the first that isn't empty. */
function coalesce(call: Call): Scalar {
  const type = boundType(call.node);
  const values = allArguments(call).map((value) => convert(value, type));
  if (type === 'string') {
    const parts = values.map(({ sql }) => `CASE WHEN ${sql} <> '' THEN ${sql} END`);
    return { sql: `coalesce(${parts.join(', ')}, '')`, type, nullable: false };
  }
  return {
    sql: `coalesce(${values.map(({ sql }) => sql).join(', ')})`,
    type,
    nullable: values.every(({ nullable }) => nullable),
  };
}

/** `iff(test, then, else)` and `case(test, then, …, else)`; a null test counts as false. */
function choose(call: Call): Scalar {
  const type = boundType(call.node);
  const values = allArguments(call);
  const otherwise = convert(values.at(-1) ?? nullOf(type), type);
  const branches: string[] = [];
  let nullable = otherwise.nullable;
  for (let index = 0; index + 1 < values.length; index += 2) {
    const [test, then] = [values[index], values[index + 1]];
    if (!test || !then) break;
    const result = convert(then, type);
    nullable ||= result.nullable;
    const condition = convert(test, 'bool');
    branches.push(`WHEN ${condition.whenTrue ?? condition.sql} THEN ${result.sql}`);
  }
  return { sql: `CASE ${branches.join(' ')} ELSE ${otherwise.sql} END`, type, nullable };
}

function columnIfExists(call: Call): Scalar {
  const name = constantArgument(call, 0, 'string');
  if (!call.scope.row) throw new UnsupportedKql(`${call.name}() outside of a table's row`, call.node);
  const column = findColumn(call.scope.row, name);
  return column ? columnScalar(column) : argument(call, 1);
}
