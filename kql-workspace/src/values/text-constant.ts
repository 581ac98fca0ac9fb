import { boolLiteral, integerLiteral, realLiteral, type Scalar, type ScalarType } from './scalar-types.ts';
import { sqlString } from './sql-text.ts';
import { parseDatetime, parseTimespan } from './time-text.ts';

/**
 * A text that the query spells out beside a value of another type (`IsLocalAdmin == "True"`, `EventID in ("4624")`), as
 * that type; undefined where it says no such value, so that it equals none.
 */
export function asConstantOf(type: ScalarType, { type: given, constant }: Scalar): Scalar | undefined {
  if (given !== 'string' || typeof constant !== 'string') return undefined;
  const text = constant.trim();
  switch (type) {
    case 'bool':
      return /^(true|false)$/i.test(text) ? boolLiteral(/^true$/i.test(text)) : undefined;
    case 'int':
    case 'long': {
      if (!/^[+-]?\d+$/.test(text)) return undefined;
      const value = BigInt(text.replace('+', ''));
      return BigInt.asIntN(64, value) === value ? integerLiteral(value, 'long') : undefined;
    }
    case 'real':
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? realLiteral(Number(text)) : undefined;
    case 'datetime':
    case 'timespan': {
      const ticks = type === 'datetime' ? parseDatetime(text) : parseTimespan(text);
      return ticks === undefined ? undefined : integerLiteral(ticks, type);
    }
    case 'guid': {
      const guid = text.toLowerCase();
      return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(guid)
        ? { sql: sqlString(guid), type, nullable: false, constant: guid }
        : undefined;
    }
    default:
      return undefined;
  }
}
