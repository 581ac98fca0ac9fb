import type { Scalar } from '../values/scalar-types.ts';
import { sqlString } from '../values/sql-text.ts';
import { formatDatetime } from '../values/time-text.ts';
import type { ComparisonOperator } from './operations.ts';
import type { Relation } from './relation.ts';

/** One microsecond, the precision of SQL timestamps, in ticks. */
const MICROSECOND = 10n;

/**
 * A comparison of a datetime with a constant, made on the timestamp that the file holds: the same truth, in terms that
 * DuckDB can hold against the file's statistics to skip parts of it. Undefined when the value is no such column or the
 * other is no constant.
 */
export function comparedInFile(
  value: Scalar,
  operator: ComparisonOperator,
  bound: Scalar,
  row: Relation | undefined,
): string | undefined {
  const timestamp = row?.columns.find(({ id }) => id === value.sql)?.inFile;
  if (
    !timestamp ||
    (timestamp.kind !== 'timestamp' && timestamp.kind !== 'timestamptz') ||
    operator === '!=' ||
    bound.type !== 'datetime' ||
    typeof bound.constant !== 'bigint'
  ) {
    return undefined;
  }
  const down = bound.constant - (bound.constant % MICROSECOND);
  const isWhole = down === bound.constant;
  if (operator === '==' && !isWhole) return 'FALSE';
  // Between two microseconds `>=` and `<` mean the next one, `>` and `<=` the one before.
  const ticks = isWhole || operator === '>' || operator === '<=' ? down : down + MICROSECOND;
  const text = formatDatetime(ticks, 'trimmed').replace('T', ' ').replace('Z', '');
  const literal =
    timestamp.kind === 'timestamptz'
      ? `TIMESTAMPTZ ${sqlString(`${text}+00`)}`
      : `TIMESTAMP ${sqlString(text)}`;
  return `(${timestamp.id} ${operator === '==' ? '=' : operator} ${literal})`;
}
