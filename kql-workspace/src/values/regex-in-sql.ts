import { kustoPattern } from './kusto-pattern.ts';
import { toRe2 } from './regex-syntax.ts';
import type { Scalar } from './scalar-types.ts';
import { sqlString } from './sql-text.ts';

/** Classes of all scripts are large in RE2's byte-wise automata, which have a limit. */
export const MAX_WEIGHT = 60;

/**
 * A call of DuckDB's RE2 where the pattern is a constant that it reads as Kusto does, else the call of `otherwise`,
 * which is slower and reads all. `call` is given the pattern as SQL. Throws BadConstant for a pattern that is none.
 */
export function byRe2(
  pattern: Scalar,
  text: string,
  call: (pattern: string) => string,
  otherwise: string,
): string {
  if (typeof pattern.constant !== 'string') return otherwise;
  kustoPattern(pattern.constant);
  const { source, asciiOnly, needsMarks, weight } = toRe2(pattern.constant);
  if (needsMarks || weight > MAX_WEIGHT) return otherwise;
  const direct = call(sqlString(source));
  return asciiOnly
    ? `CASE WHEN strlen(${text}) = length(${text}) THEN ${direct} ELSE ${otherwise} END`
    : direct;
}

/** How many groups a constant pattern captures. */
export function groupsOf(pattern: string): number {
  return toRe2(pattern).groups;
}
