import { BadConstant } from '../values/bad-constant.ts';
import { convert, toText } from '../values/convert.ts';
import { byRe2 } from '../values/regex-in-sql.ts';
import { boolLiteral, type Scalar } from '../values/scalar-types.ts';
import { re2Escape, sqlString } from '../values/sql-text.ts';
import { TWO_DYNAMICS } from './operations.ts';

/**
 * Kusto's string operators. A term is a maximal run of letters and digits (of any script); `has` and its kin look
 * for a needle that begins and ends at the edge of a term.
 */

/** How a string operator's name breaks down: `!has_cs` is the negated, case-sensitive `has`. */
export interface StringOperator {
  readonly shape: 'has' | 'hasprefix' | 'hassuffix' | 'contains' | 'startswith' | 'endswith' | 'equals';
  readonly caseSensitive: boolean;
  readonly negated: boolean;
}

const shapes: Readonly<Record<string, StringOperator['shape']>> = {
  Has: 'has',
  HasPrefix: 'hasprefix',
  HasSuffix: 'hassuffix',
  Contains: 'contains',
  StartsWith: 'startswith',
  EndsWith: 'endswith',
};

/** Reads Microsoft's name of the syntax (`NotHasPrefixCsExpression`, `BangTildeExpression`); undefined when it is none. */
export function stringOperatorOf(syntaxKind: string): StringOperator | undefined {
  if (syntaxKind === 'EqualTildeExpression' || syntaxKind === 'BangTildeExpression') {
    return { shape: 'equals', caseSensitive: false, negated: syntaxKind === 'BangTildeExpression' };
  }
  const [, not, name = '', cs] = /^(Not)?(.+?)(Cs)?Expression$/.exec(syntaxKind) ?? [];
  const shape = shapes[name];
  return shape ? { shape, caseSensitive: cs !== undefined, negated: not !== undefined } : undefined;
}

const NOT_A_TERM_CHARACTER = '[^\\pL\\pN]';

function isTermCharacter(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}]/u.test(character);
}

/** The RE2 pattern of `has` for one needle: edges count only where the needle's own edge is a term character. */
function termPattern(needle: string, edges: 'both' | 'start' | 'end'): string {
  const characters = [...needle];
  const start = edges !== 'end' && isTermCharacter(characters[0]) ? `(?:^|${NOT_A_TERM_CHARACTER})` : '';
  const end = edges !== 'start' && isTermCharacter(characters.at(-1)) ? `(?:$|${NOT_A_TERM_CHARACTER})` : '';
  return `${start}${re2Escape(needle)}${end}`;
}

/** A test of a text against the pattern of a needle (or several) that isn't empty; null never, because strings aren't. */
function matches(text: Scalar, pattern: string, caseSensitive: boolean): string {
  return tested(
    text,
    (sql) => `regexp_matches(${sql}, ${sqlString(`${caseSensitive ? '' : '(?i)'}${pattern}`)})`,
  );
}

/** A test that the empty text fails, so that a null in the file fails it too and needs no look. */
function tested(text: Scalar, test: (sql: string) => string): string {
  return text.textOrNull === undefined ? test(text.sql) : `coalesce(${test(text.textOrNull)}, FALSE)`;
}

/** The operator applied to two values; operands that aren't strings count as their text. Throws BadConstant. */
export function stringPredicate(operator: StringOperator, left: Scalar, right: Scalar): Scalar {
  if (left.type === 'dynamic' && right.type === 'dynamic') throw new BadConstant(TWO_DYNAMICS);
  const sql = positive(operator, toText(left), toText(right));
  return { sql: operator.negated ? `(NOT ${sql})` : sql, type: 'bool', nullable: false };
}

function positive({ shape, caseSensitive }: StringOperator, text: Scalar, needle: Scalar): string {
  if (needle.constant === '') return shape === 'equals' ? `(${text.sql} = '')` : 'TRUE';
  if (shape === 'has' || shape === 'hasprefix' || shape === 'hassuffix') {
    const edges = shape === 'has' ? 'both' : shape === 'hasprefix' ? 'start' : 'end';
    return typeof needle.constant === 'string'
      ? matches(text, termPattern(needle.constant, edges), caseSensitive)
      : `CASE WHEN ${lacks(text.sql, needle.sql, caseSensitive)} THEN FALSE ELSE kql_has(${text.sql}, ${needle.sql}, ${sqlString(edges)}, ${caseSensitive ? 'TRUE' : 'FALSE'}) END`;
  }
  const fold = (sql: string): string => (caseSensitive ? sql : `lower(${sql})`);
  const other =
    typeof needle.constant === 'string' && !caseSensitive ? lowered(needle.constant) : fold(needle.sql);
  const test = (sql: string): string => {
    switch (shape) {
      case 'contains':
        return `contains(${fold(sql)}, ${other})`;
      case 'startswith':
        return `starts_with(${fold(sql)}, ${other})`;
      case 'endswith':
        return `ends_with(${fold(sql)}, ${other})`;
      case 'equals':
        return `(${fold(sql)} = ${other})`;
    }
  };
  return needle.constant === undefined ? test(text.sql) : tested(text, test);
}

/** True only where the needle is nowhere in the text, so that nobody need look for its edges. */
function lacks(text: string, needle: string, caseSensitive: boolean): string {
  if (caseSensitive) return `NOT contains(${text}, ${needle})`;
  // Beyond ASCII a letter may have several others for its other case.
  const isAscii = [text, needle].map((sql) => `strlen(${sql}) = length(${sql})`).join(' AND ');
  return `${isAscii} AND NOT contains(lower(${text}), lower(${needle}))`;
}

function lowered(text: string): string {
  return `lower(${sqlString(text)})`;
}

/**
 * `has_any` or `has_all` over needles that the query spells out: one pattern for `has_any`, so that the text is
 * read once however many needles there are.
 */
export function hasConstants(mode: 'any' | 'all', left: Scalar, needles: readonly string[]): Scalar {
  const text = toText(left);
  if (needles.length === 0) return boolLiteral(mode === 'all');
  if (needles.includes('')) {
    const others = needles.filter((needle) => needle !== '');
    return mode === 'any' ? boolLiteral(true) : hasConstants('all', left, others);
  }
  if (mode === 'all') {
    const each = needles.map((needle) => matches(text, termPattern(needle, 'both'), false));
    return { sql: `(${each.join(' AND ')})`, type: 'bool', nullable: false };
  }
  const whole = needles.filter((needle) => {
    const characters = [...needle];
    return isTermCharacter(characters[0]) && isTermCharacter(characters.at(-1));
  });
  const others = needles.filter((needle) => !whole.includes(needle));
  const alternatives = others.map((needle) => termPattern(needle, 'both'));
  if (whole.length > 0) {
    const edge = NOT_A_TERM_CHARACTER;
    alternatives.push(`(?:^|${edge})(?:${whole.map(re2Escape).join('|')})(?:$|${edge})`);
  }
  return { sql: matches(text, alternatives.join('|'), false), type: 'bool', nullable: false };
}

/** `has_any` or `has_all` over needles that only the data says: `needles` is a JSON array. */
export function hasDynamic(mode: 'any' | 'all', left: Scalar, needles: Scalar): Scalar {
  const array = convert(needles, 'dynamic');
  return {
    sql: `coalesce(kql_has_${mode}(${toText(left).sql}, CAST(${array.sql} AS VARCHAR)), FALSE)`,
    type: 'bool',
    nullable: false,
  };
}

/** An edge of the text where something stands beyond it, or a group of nothing. */
const ODD_EDGE = /.\^|\$.|.\\A|\\z.|\((\?:)?\)/s;

/**
 * DuckDB 1.5 makes a search for an ending of `a^` and one for a beginning of `$a`, which match nothing; an alternative
 * that matches nothing either keeps it from that.
 */
function asItStands(re2: string, { constant }: Scalar): string {
  return typeof constant === 'string' && ODD_EDGE.test(constant) ? `(${re2} || '|[^\\s\\S]')` : re2;
}

/** `matches regex` with the pattern at the place; throws BadConstant. */
export function matchesRegex(left: Scalar, right: Scalar, place: number): Scalar {
  const [text, pattern] = [toText(left), toText(right)];
  const sql = byRe2(
    pattern,
    text.sql,
    (re2) => `regexp_matches(${text.sql}, ${asItStands(re2, pattern)})`,
    `kql_matches_regex(${text.sql}, ${pattern.sql}, ${place})`,
  );
  return { sql, type: 'bool', nullable: false };
}
