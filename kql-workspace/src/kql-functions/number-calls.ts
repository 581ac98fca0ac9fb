import { boundType } from '../translate/nodes.ts';
import { convert } from '../values/convert.ts';
import { integerLiteral, type Scalar } from '../values/scalar-types.ts';
import { allArguments, argument, type Call, type Functions, optionalArgument } from './call.ts';

/** A function of reals that SQL has under some name; outside of its domain (`sqrt(-1)`) it is null, and of NaN it is NaN. */
function real(sqlName: string, domain?: (argument: string) => string) {
  return (call: Call): Scalar => {
    const value = convert(argument(call, 0), 'real');
    const plain = `${sqlName}(${value.sql})`;
    return domain
      ? {
          sql: `CASE WHEN isnan(${value.sql}) THEN ${value.sql} WHEN ${domain(value.sql)} THEN ${plain} END`,
          type: 'real',
          nullable: true,
        }
      : { sql: plain, type: 'real', nullable: value.nullable };
  };
}

/** A function of angles, for which SQL has no answer where there is no such angle. */
function ofAngle(sqlName: string) {
  return (call: Call): Scalar => {
    const value = convert(argument(call, 0), 'real');
    const sql = `CASE WHEN isfinite(${value.sql}) THEN ${sqlName}(${value.sql}) WHEN ${value.sql} IS NOT NULL THEN CAST('NaN' AS DOUBLE) END`;
    return { sql, type: 'real', nullable: value.nullable };
  };
}

/** A logarithm: of 0 it is the negative infinity, of what is less it is null. */
function logarithm(sqlName: string) {
  return (call: Call): Scalar => {
    const value = convert(argument(call, 0), 'real');
    const sql = `CASE WHEN ${value.sql} > 0 THEN ${sqlName}(${value.sql}) WHEN ${value.sql} = 0 THEN CAST('-Infinity' AS DOUBLE) END`;
    return { sql, type: 'real', nullable: true };
  };
}

function bitwise(operator: string) {
  return (call: Call): Scalar => {
    const [left, right] = [convert(argument(call, 0), 'long'), convert(argument(call, 1), 'long')];
    const nullable = left.nullable || right.nullable;
    return { sql: `(${left.sql} ${operator} ${right.sql})`, type: 'long', nullable };
  };
}

function test(sqlName: string) {
  return (call: Call): Scalar => {
    const value = convert(argument(call, 0), 'real');
    return { sql: `${sqlName}(${value.sql})`, type: 'bool', nullable: value.nullable };
  };
}

/** A function whose result has the type that the binder says. */
function typed(write: (value: string) => string) {
  return (call: Call): Scalar => {
    const type = boundType(call.node);
    const value = convert(argument(call, 0), type);
    return {
      sql: `CAST(${write(value.sql)} AS ${type === 'real' ? 'DOUBLE' : 'BIGINT'})`,
      type,
      nullable: value.nullable,
    };
  };
}

/** Functions of numbers. */
export const functionsOfNumbers: Functions = {
  abs: typed((value) => `abs(${value})`),
  acos: real('acos', (value) => `${value} BETWEEN -1 AND 1`),
  asin: real('asin', (value) => `${value} BETWEEN -1 AND 1`),
  atan: real('atan'),
  atan2: (call) => pair(call, 'atan2'),
  binary_and: bitwise('&'),
  binary_not: (call) => {
    const value = convert(argument(call, 0), 'long');
    return { sql: `(~${value.sql})`, type: 'long', nullable: value.nullable };
  },
  binary_or: bitwise('|'),
  binary_shift_left: (call) => shift(call, 'left'),
  binary_shift_right: (call) => shift(call, 'right'),
  binary_xor: (call) => {
    const [left, right] = [convert(argument(call, 0), 'long'), convert(argument(call, 1), 'long')];
    return { sql: `xor(${left.sql}, ${right.sql})`, type: 'long', nullable: left.nullable || right.nullable };
  },
  bitset_count_ones: (call) => {
    const value = convert(argument(call, 0), 'long');
    return { sql: `CAST(bit_count(${value.sql}) AS BIGINT)`, type: 'long', nullable: value.nullable };
  },
  ceiling: typed((value) => `ceil(${value})`),
  cos: ofAngle('cos'),
  cot: ofAngle('1.0 / tan'),
  degrees: real('degrees'),
  exp: real('exp'),
  exp10: (call) => {
    const value = convert(argument(call, 0), 'real');
    return { sql: `pow(10.0, ${value.sql})`, type: 'real', nullable: value.nullable };
  },
  exp2: (call) => {
    const value = convert(argument(call, 0), 'real');
    return { sql: `pow(2.0, ${value.sql})`, type: 'real', nullable: value.nullable };
  },
  isfinite: test('isfinite'),
  isinf: test('isinf'),
  isnan: test('isnan'),
  log: logarithm('ln'),
  log10: logarithm('log10'),
  log2: logarithm('log2'),
  max_of: (call) => extreme(call, 'greatest'),
  min_of: (call) => extreme(call, 'least'),
  pi: () => ({ sql: 'pi()', type: 'real', nullable: false }),
  pow: (call) => pair(call, 'pow'),
  radians: real('radians'),
  rand: (call) => {
    const limit = optionalArgument(call, 0);
    return limit
      ? {
          sql: `CAST(floor(random() * ${convert(limit, 'real').sql}) AS DOUBLE)`,
          type: 'real',
          nullable: limit.nullable,
        }
      : { sql: 'random()', type: 'real', nullable: false };
  },
  round: (call) => {
    const type = boundType(call.node);
    const value = convert(argument(call, 0), 'real');
    const digits = convert(optionalArgument(call, 1) ?? integerLiteral(0n, 'long'), 'long');
    const rounded: Scalar = {
      sql: `round(${value.sql}, CAST(${digits.sql} AS INTEGER))`,
      type: 'real',
      nullable: value.nullable || digits.nullable,
    };
    return convert(rounded, type);
  },
  sign: (call) => {
    const value = convert(argument(call, 0), 'real');
    return convert(
      { sql: `CAST(sign(${value.sql}) AS BIGINT)`, type: 'long', nullable: value.nullable },
      boundType(call.node),
    );
  },
  sin: ofAngle('sin'),
  sqrt: real('sqrt', (value) => `${value} >= 0`),
  tan: ofAngle('tan'),
};

function pair(call: Call, sqlName: string): Scalar {
  const [left, right] = [convert(argument(call, 0), 'real'), convert(argument(call, 1), 'real')];
  return {
    sql: `${sqlName}(${left.sql}, ${right.sql})`,
    type: 'real',
    nullable: left.nullable || right.nullable,
  };
}

/** A shift by more than the width wraps around, as the processor does it. */
function shift(call: Call, direction: 'left' | 'right'): Scalar {
  const [value, by] = [convert(argument(call, 0), 'long'), convert(argument(call, 1), 'long')];
  const sql = `kql_shift_${direction}(${value.sql}, ${by.sql})`;
  return { sql, type: 'long', nullable: value.nullable || by.nullable };
}

/** Nulls don't compete; the result is null when all are. */
function extreme(call: Call, sqlName: 'greatest' | 'least'): Scalar {
  const type = boundType(call.node);
  const values = allArguments(call).map((value) => convert(value, type));
  const nullable = values.every((value) => value.nullable);
  return { sql: `${sqlName}(${values.map(({ sql }) => sql).join(', ')})`, type, nullable };
}
