import type { KqlNode } from '../language-service.ts';
import { BadConstant } from '../values/bad-constant.ts';
import { asDatetime, convert } from '../values/convert.ts';
import { integerLiteral, nullOf, realLiteral, type Scalar, type ScalarType } from '../values/scalar-types.ts';
import { asConstantOf } from '../values/text-constant.ts';
import { isDatetime, MAX_DATETIME_TICKS } from '../values/time-text.ts';
import { UnsupportedKql } from './relation.ts';

export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';

const comparisons: Readonly<Record<string, ComparisonOperator>> = {
  EqualExpression: '==',
  NotEqualExpression: '!=',
  LessThanExpression: '<',
  LessThanOrEqualExpression: '<=',
  GreaterThanExpression: '>',
  GreaterThanOrEqualExpression: '>=',
};

/** The comparison that a syntax kind is, if it is one. */
export function comparisonOf(syntaxKind: string): ComparisonOperator | undefined {
  return comparisons[syntaxKind];
}

const numbers: readonly ScalarType[] = ['bool', 'int', 'long', 'decimal', 'real'];

/** The type in which two values are compared or calculated with. */
export function commonType(left: ScalarType, right: ScalarType): ScalarType {
  if (left === right) return left;
  if (left === 'dynamic') return right;
  if (right === 'dynamic') return left;
  const [l, r] = [numbers.indexOf(left), numbers.indexOf(right)];
  if (l >= 0 && r >= 0) return numbers[Math.max(l, r, numbers.indexOf('int'))] ?? 'real';
  return left === 'string' || right === 'string' ? 'string' : left;
}

/** Why two dynamic values are not compared: the service refuses it as well, and their text says nothing of their order. */
export const TWO_DYNAMICS = 'a comparison of two dynamic values; convert them first';

/**
 * A comparison. Kusto's `==` and `!=` are null only when both sides are; the others as soon as one is. Where null
 * counts as false anyway, the SQL may be simpler. NaN equals nothing and is neither less nor more. Throws BadConstant.
 */
export function comparison(
  operator: ComparisonOperator,
  leftGiven: Scalar,
  rightGiven: Scalar,
  context: 'exact' | 'null is false' = 'exact',
): Scalar {
  const leftValue = asConstantOf(rightGiven.type, leftGiven) ?? leftGiven;
  const rightValue = asConstantOf(leftGiven.type, rightGiven) ?? rightGiven;
  const type = commonType(leftValue.type, rightValue.type);
  if (type === 'dynamic') throw new BadConstant(TWO_DYNAMICS);
  const [left, right] = [convert(leftValue, type), convert(rightValue, type)];
  const compared = compare(operator, left, right, context);
  if (type !== 'real') return compared;
  // DuckDB takes NaN for a number that equals itself and is greater than all others.
  const nan = [left, right].filter(({ constant }) => typeof constant !== 'number' || Number.isNaN(constant));
  const isNan = nan.map(({ sql }) => `coalesce(isnan(${sql}), FALSE)`);
  if (isNan.length === 0) return compared;
  if (operator === '!=') return { ...compared, sql: `(${compared.sql} OR ${isNan.join(' OR ')})` };
  return { ...compared, sql: `(${compared.sql} AND NOT (${isNan.join(' OR ')}))` };
}

function compare(
  operator: ComparisonOperator,
  left: Scalar,
  right: Scalar,
  context: 'exact' | 'null is false',
): Scalar {
  const bothMayBeNull = left.nullable && right.nullable;
  const never: Scalar = { sql: '', type: 'bool', nullable: false };
  if (operator !== '==' && operator !== '!=') {
    const sql = `(${left.sql} ${operator} ${right.sql})`;
    return { sql, type: 'bool', nullable: left.nullable || right.nullable };
  }
  // In terms of the file's own text, DuckDB can use the file's statistics.
  if (
    operator === '==' &&
    context === 'null is false' &&
    left.textOrNull &&
    right.constant &&
    left.type === 'string'
  ) {
    return { ...never, sql: `(${left.textOrNull} = ${right.sql})` };
  }
  if (!left.nullable && !right.nullable) {
    return { ...never, sql: `(${left.sql} ${operator === '==' ? '=' : '<>'} ${right.sql})` };
  }
  if (operator === '==' && context === 'null is false') {
    return { sql: `(${left.sql} = ${right.sql})`, type: 'bool', nullable: true };
  }
  const distinct = `(${left.sql} IS ${operator === '==' ? 'NOT ' : ''}DISTINCT FROM ${right.sql})`;
  return bothMayBeNull && context === 'exact'
    ? {
        sql: `CASE WHEN ${left.sql} IS NOT NULL OR ${right.sql} IS NOT NULL THEN ${distinct} END`,
        type: 'bool',
        nullable: true,
      }
    : { ...never, sql: distinct };
}

/** `+ - * / %` by Kusto's rules; the result's type is the binder's. */
export function arithmetic(
  operator: '+' | '-' | '*' | '/' | '%',
  left: Scalar,
  right: Scalar,
  node: KqlNode,
): Scalar {
  const result = resultTypeOf(operator, left.type, right.type, node);
  const nullable = left.nullable || right.nullable;
  if (
    typeof left.constant === 'bigint' &&
    typeof right.constant === 'bigint' &&
    operator !== '/' &&
    operator !== '%'
  ) {
    const [a, b] = [left.constant, right.constant];
    const value = operator === '+' ? a + b : operator === '-' ? a - b : a * b;
    if (result === 'datetime' && !isDatetime(value)) return nullOf('datetime');
    if (value >= -(2n ** 63n) && value < 2n ** 63n && isInteger(result)) return integerLiteral(value, result);
  }
  if (result === 'timespan' && (operator === '*' || operator === '/')) return scaled(operator, left, right);
  const ticks = isTicks(left.type) || isTicks(right.type);
  if (ticks && result === 'real') {
    const [a, b] = [convert(left, 'long'), convert(right, 'long')].map((side) => convert(side, 'real'));
    return { sql: `(${a?.sql} / ${b?.sql})`, type: 'real', nullable };
  }
  const operandType = ticks ? 'long' : result;
  const [a, b] = [convert(left, operandType), convert(right, operandType)];
  const mayBeNull = nullable || a.nullable || b.nullable;
  if (operator === '/' && result !== 'real' && result !== 'decimal') {
    return { sql: `(${a.sql} // ${b.sql})`, type: result, nullable: true };
  }
  if (operator === '%') {
    // Kusto's remainder is never negative: -14 % 12 is 10, and so is -14 % -12.
    const sql = `((${a.sql} % ${b.sql}) + CASE WHEN (${a.sql} % ${b.sql}) < 0 THEN abs(${b.sql}) ELSE 0 END)`;
    return { sql, type: result, nullable: true };
  }
  const sql = `(${a.sql} ${operator} ${b.sql})`;
  if (result === 'datetime')
    return shifted(operator, a, b) ?? asDatetime({ sql, type: result, nullable: true });
  return { sql, type: result, nullable: mayBeNull };
}

/** A datetime and a span that the query spells out: whether it stays within the years 1 to 9999 shows beforehand. */
function shifted(operator: string, value: Scalar, { constant, sql }: Scalar): Scalar | undefined {
  if (typeof constant !== 'bigint' || (operator !== '+' && operator !== '-')) return undefined;
  const by = operator === '+' ? constant : -constant;
  const fits = by < 0n ? `${value.sql} >= ${-by}` : `${value.sql} <= ${MAX_DATETIME_TICKS - by}`;
  return {
    sql: `CASE WHEN ${fits} THEN ${value.sql} ${operator} ${sql} END`,
    type: 'datetime',
    nullable: true,
  };
}

function isTicks(type: ScalarType): boolean {
  return type === 'datetime' || type === 'timespan';
}

function isInteger(type: ScalarType): type is 'long' | 'int' | 'datetime' | 'timespan' {
  return type === 'long' || type === 'int' || isTicks(type);
}

/** A timespan times or divided by a number. */
function scaled(operator: '*' | '/', left: Scalar, right: Scalar): Scalar {
  const [span, number] = left.type === 'timespan' ? [left, right] : [right, left];
  const nullable = left.nullable || right.nullable || operator === '/';
  if (number.type === 'long' || number.type === 'int') {
    const sql = `(${span.sql} ${operator === '*' ? '*' : '//'} ${convert(number, 'long').sql})`;
    return { sql, type: 'timespan', nullable };
  }
  const sql = `TRY_CAST(trunc(CAST(${span.sql} AS DOUBLE) ${operator} ${convert(number, 'real').sql}) AS BIGINT)`;
  return { sql, type: 'timespan', nullable: true };
}

function resultTypeOf(operator: string, left: ScalarType, right: ScalarType, node: KqlNode): ScalarType {
  if (left === 'dynamic' && right === 'dynamic') {
    throw new UnsupportedKql(
      `arithmetic between two dynamic values ('${node.text}'); convert them first`,
      node,
    );
  }
  const [l, r] = [left === 'dynamic' ? right : left, right === 'dynamic' ? left : right];
  if (l === 'datetime' && r === 'datetime' && operator === '-') return 'timespan';
  if (l === 'datetime' || r === 'datetime') return 'datetime';
  if (l === 'timespan' && r === 'timespan') return operator === '/' ? 'real' : 'timespan';
  if (l === 'timespan' || r === 'timespan') return 'timespan';
  const type = commonType(l, r);
  return type === 'int' || type === 'bool' ? 'long' : type;
}

/** The unary minus. */
export function negation(value: Scalar, node: KqlNode): Scalar {
  if (typeof value.constant === 'number') return realLiteral(-value.constant);
  if (typeof value.constant === 'bigint' && isInteger(value.type)) {
    return integerLiteral(-value.constant, value.type === 'int' ? 'long' : value.type);
  }
  if (value.type === 'dynamic' || value.type === 'string') {
    throw new UnsupportedKql(`the minus sign before a ${value.type} value`, node);
  }
  return {
    sql: `(-${value.sql})`,
    type: value.type === 'int' ? 'long' : value.type,
    nullable: value.nullable,
  };
}
