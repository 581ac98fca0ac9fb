import { kustoPattern } from '../values/kusto-pattern.ts';
import { MAX_WEIGHT } from '../values/regex-in-sql.ts';
import { toRe2 } from '../values/regex-syntax.ts';
import { sqlString } from '../values/sql-text.ts';
import type { ParsePart } from './parse-pattern.ts';

/** How SQL parses a text: what is selected first, and from that whether it matched and what each column captured. */
export interface ParsedInSql {
  readonly select: string;
  readonly matched: string;
  readonly captured: readonly string[];
}

/**
 * The `parse` operator by DuckDB's RE2, where it reads the pattern as Kusto does; undefined elsewhere. `id` is what the
 * selection is to be called.
 */
export function parsedByRe2(
  text: string,
  pattern: string,
  parts: readonly ParsePart[],
  id: string,
): ParsedInSql | undefined {
  const { source, groups, asciiOnly, needsMarks, weight } = toRe2(pattern);
  if (asciiOnly || needsMarks || weight > MAX_WEIGHT) return undefined;
  const all = [...source.matchAll(/\(\?P<parsed_(\d+)>/g)];
  const columns = parts.filter(({ kind }) => kind === 'column');
  // Groups that the query itself writes would have to be told from the columns'.
  if (all.length !== groups || groups !== columns.length) return undefined;
  // A match with nothing in it could not be told from none.
  if (kustoPattern(pattern).test('')) return undefined;
  const names = ['whole', ...columns.map((_column, index) => `g${index}`)];
  const listed = names.map((name) => `'${name}'`).join(', ');
  return {
    select: `regexp_extract(${text}, ${sqlString(`(${source})`)}, [${listed}])`,
    matched: `${id}.whole <> ''`,
    captured: columns.map((_column, index) => `${id}.g${index}`),
  };
}
