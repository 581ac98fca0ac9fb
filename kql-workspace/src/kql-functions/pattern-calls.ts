import { BadConstant } from '../values/bad-constant.ts';
import { convert, toDynamic, toText } from '../values/convert.ts';
import { kustoPattern } from '../values/kusto-pattern.ts';
import { byRe2, groupsOf, MAX_WEIGHT } from '../values/regex-in-sql.ts';
import { toRe2 } from '../values/regex-syntax.ts';
import { type Scalar, stringLiteral } from '../values/scalar-types.ts';
import { sqlString } from '../values/sql-text.ts';
import { argument, type Call, type Functions } from './call.ts';
import { resultOf } from './in-javascript/js-function.ts';
import { asType } from './typeof-argument.ts';

/** Functions of regular expressions that RE2 does in SQL; patterns that only the data says go to `in-javascript`. */
export const functionsOfPatterns: Functions = {
  extract: (call) => {
    const [pattern, group, text] = [argument(call, 0), argument(call, 1), argument(call, 2)];
    return asType(
      {
        sql: extracted(call, toText(pattern), convert(group, 'long'), toText(text).sql),
        type: 'string',
        nullable: false,
      },
      call.nodes[3],
    );
  },
  extract_all: (call) => extractAll(call),
  extractall: (call) => extractAll(call),
  replace: (call) => replaced(call, argument(call, 2), argument(call, 0), argument(call, 1)),
  replace_regex: (call) => replaced(call, argument(call, 0), argument(call, 1), argument(call, 2)),
  trim: (call) => trimmed(call, 'both'),
  trim_end: (call) => trimmed(call, 'end'),
  trim_start: (call) => trimmed(call, 'start'),
};

/** RE2 of DuckDB's takes up to nine groups. */
const MAX_SQL_GROUP = 9n;

/** The text of a group of the first match; empty without one. */
function extracted(call: Call, pattern: Scalar, group: Scalar, text: string): string {
  const called = `coalesce(kql_extract(${pattern.sql}, ${group.sql}, ${text}, ${call.node.start}), '')`;
  if (typeof pattern.constant !== 'string' || typeof group.constant !== 'bigint') return called;
  const index = group.constant;
  if (index < 0n || index > groupsOf(pattern.constant)) return "''";
  if (index > MAX_SQL_GROUP) return called;
  return byRe2(pattern, text, (re2) => `regexp_extract(${text}, ${re2}, ${index})`, called);
}

/** The capture groups in the middle may be left out; JSON's null stands for all of them. */
function extractAll(call: Call): Scalar {
  const [pattern, groups, text] =
    call.nodes.length === 2
      ? [argument(call, 0), stringLiteral('null'), argument(call, 1)]
      : [argument(call, 0), toDynamic(argument(call, 1)), argument(call, 2)];
  if (typeof pattern.constant === 'string' && groupsOf(pattern.constant) === 0)
    throw new BadConstant(`extract_all() with the pattern '${pattern.constant}', which captures nothing`);
  const inSql = call.nodes.length === 2 ? allByRe2(pattern, toText(text).sql) : undefined;
  if (inSql !== undefined) return { sql: `to_json(${inSql})`, texts: inSql, type: 'dynamic', nullable: true };
  const sql = `kql_fn_extract_all(${toText(pattern).sql}, CAST(${groups.sql} AS VARCHAR), ${toText(text).sql}, ${call.node.start})`;
  return resultOf(sql, 'dynamic');
}

/** All matches of a pattern's one group as a SQL list, null without any; undefined where RE2 might see others. */
function allByRe2({ constant }: Scalar, text: string): string | undefined {
  if (typeof constant !== 'string' || kustoPattern(constant).test('')) return undefined;
  const { source, groups, asciiOnly, needsMarks, weight } = toRe2(constant);
  if (groups !== 1 || asciiOnly || needsMarks || weight > MAX_WEIGHT) return undefined;
  const all = `regexp_extract_all(${text}, ${sqlString(source)}, 1)`;
  return `list_transform([${all}], lambda found: CASE WHEN len(found) > 0 THEN list_transform(found, lambda one: coalesce(one, '')) END)[1]`;
}

function replaced(call: Call, given: Scalar, givenPattern: Scalar, givenRewrite: Scalar): Scalar {
  const [text, pattern, rewrite] = [toText(given), toText(givenPattern), toText(givenRewrite)];
  const called = `coalesce(kql_fn_replace_regex(${text.sql}, ${pattern.sql}, ${rewrite.sql}, ${call.node.start}), '')`;
  const { constant } = rewrite;
  const sql =
    typeof constant === 'string' && typeof pattern.constant === 'string'
      ? byRe2(
          pattern,
          text.sql,
          (re2) =>
            `regexp_replace(${text.sql}, ${re2}, ${sqlString(rewriteOf(constant, String(pattern.constant)))}, 'g')`,
          called,
        )
      : called;
  return { sql, type: 'string', nullable: false };
}

/** The rewrite as RE2's: it takes no group that the pattern hasn't, and no lone backslash. */
function rewriteOf(rewrite: string, pattern: string): string {
  const groups = groupsOf(pattern);
  return rewrite.replace(/\\(\d|\\)?/g, (all, group: string | undefined) => {
    if (group === undefined || group === '\\') return '\\\\';
    return Number(group) <= groups ? all : '';
  });
}

function trimmed(call: Call, sides: 'both' | 'start' | 'end'): Scalar {
  const [pattern, text] = [toText(argument(call, 0)), toText(argument(call, 1))];
  const called = `coalesce(kql_fn_${call.name}(${pattern.sql}, ${text.sql}, ${call.node.start}), '')`;
  const { constant } = pattern;
  if (typeof constant !== 'string') return { sql: called, type: 'string', nullable: false };
  const cut = (sql: string, source: string): string =>
    byRe2(stringLiteral(source), text.sql, (re2) => `regexp_replace(${sql}, ${re2}, '')`, called);
  const start = sides === 'end' ? text.sql : cut(text.sql, `\\A(?:${constant})+`);
  const sql = sides === 'start' ? start : cut(start, `(?:${constant})+\\z`);
  return { sql, type: 'string', nullable: false };
}
