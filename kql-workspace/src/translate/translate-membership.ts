import type { KqlNode } from '../language-service.ts';
import { convert, toText } from '../values/convert.ts';
import { bigintOf, type Json, numberOf, writeJson } from '../values/json-values.ts';
import {
  boolLiteral,
  integerLiteral,
  realLiteral,
  type Scalar,
  type ScalarType,
  stringLiteral,
} from '../values/scalar-types.ts';
import { sqlString } from '../values/sql-text.ts';
import { asConstantOf } from '../values/text-constant.ts';
import { constantArray } from './literals.ts';
import { excerpt } from './nodes.ts';
import { arithmetic, commonType, TWO_DYNAMICS } from './operations.ts';
import { type Scope, type Translation, UnsupportedKql } from './relation.ts';
import { hasConstants, hasDynamic } from './string-predicates.ts';

/** `in`, `in~`, `has_any`, `has_all`, `between` and their negations. */
export function translateMembership(node: KqlNode, scope: Scope, translation: Translation): Scalar {
  const left = node.child('Left');
  const right = node.child('Right');
  if (!left || !right) throw new UnsupportedKql(`'${node.text}'`, node);
  const value = translation.scalar(left, scope);
  if (node.kind === 'BetweenExpression' || node.kind === 'NotBetweenExpression') {
    return between(value, right, node, scope, translation);
  }
  const among = candidates(right, scope, translation);
  const isHas = node.kind === 'HasAnyExpression' || node.kind === 'HasAllExpression';
  // What `has_any` looks through is a text, whatever it was.
  if (
    !isHas &&
    value.type === 'dynamic' &&
    (among.arrays.length > 0 || among.table?.column.type === 'dynamic')
  )
    throw new UnsupportedKql(`${TWO_DYNAMICS} ('${excerpt(node)}')`, node);
  if (isHas) {
    return hasOf(node, value, among, translation);
  }
  // Microsoft's names are the wrong way round to the eye: `in` is InExpression, `in~` is InCsExpression.
  const ignoreCase = node.child('Operator')?.text.endsWith('~') === true;
  const sql = isIn(value, among, ignoreCase);
  const negated = node.kind === 'NotInExpression' || node.kind === 'NotInCsExpression';
  return { sql: negated ? `(NOT ${sql})` : sql, type: 'bool', nullable: false };
}

/** How many needles out of a table go into one pattern. */
const MAX_PATTERN_NEEDLES = 2_000;

/** What stands on the right of `in`: values, arrays and a table's first column. */
interface Candidates {
  readonly values: readonly Scalar[];
  /** Dynamic arrays that only the data says. */
  readonly arrays: readonly Scalar[];
  readonly table?: { readonly select: string; readonly column: Scalar };
}

function candidates(list: KqlNode, scope: Scope, translation: Translation): Candidates {
  const values: Scalar[] = [];
  const arrays: Scalar[] = [];
  for (const item of list.items('Expressions')) {
    if (item.resultType?.kind === 'table') {
      const relation = translation.tabular(item, { bindings: scope.bindings });
      const [first] = relation.columns;
      if (!first || list.items('Expressions').length > 1) throw new UnsupportedKql(`'${list.text}'`, list);
      const column: Scalar = { sql: first.id, type: first.type, nullable: first.nullable };
      return { values, arrays, table: { select: `SELECT ${first.id} FROM ${relation.from}`, column } };
    }
    const value = translation.scalar(item, scope);
    const elements = constantArray(value);
    if (elements) values.push(...elements.flatMap(elementLiteral));
    else if (value.type === 'dynamic') arrays.push(value);
    else values.push(value);
  }
  return { values, arrays };
}

function elementLiteral(element: Json): Scalar[] {
  if (element === null) return [];
  if (typeof element === 'string') return [stringLiteral(element)];
  if (typeof element === 'boolean') return [boolLiteral(element)];
  const whole = bigintOf(element);
  if (whole !== undefined && BigInt.asIntN(64, whole) === whole) return [integerLiteral(whole, 'long')];
  const number = numberOf(element);
  if (number !== undefined) return [realLiteral(number)];
  const json = writeJson(element);
  return [{ sql: `CAST(${sqlString(json)} AS JSON)`, type: 'dynamic', nullable: false }];
}

function isIn(value: Scalar, { values, arrays, table }: Candidates, ignoreCase: boolean): string {
  const fold = (scalar: Scalar): string => (ignoreCase ? `lower(${toText(scalar).sql})` : scalar.sql);
  if (table) {
    const type = commonType(value.type, table.column.type);
    const column = fold(convert({ ...table.column, sql: 'candidate' }, type));
    return `coalesce(${fold(convert(value, type))} IN (SELECT ${column} FROM (${table.select}) AS t(candidate)), FALSE)`;
  }
  const tests: string[] = [];
  const byType = new Map<ScalarType, Scalar[]>();
  for (const given of values) {
    const candidate = ignoreCase ? given : (asConstantOf(value.type, given) ?? given);
    const type = commonType(value.type, candidate.type);
    byType.set(type, [...(byType.get(type) ?? []), convert(candidate, type)]);
  }
  for (const [type, group] of byType) {
    tests.push(`${fold(convert(value, type))} IN (${group.map(fold).join(', ')})`);
  }
  for (const array of arrays) {
    const needle = ignoreCase ? `lower(${toText(value).sql})` : toText(value).sql;
    const elements = `from_json(CASE json_type(${array.sql}) WHEN 'ARRAY' THEN ${array.sql} ELSE json_array(${array.sql}) END, '["JSON"]')`;
    const texts = `list_transform(${elements}, lambda e: ${ignoreCase ? `lower(json_extract_string(e, '$'))` : `json_extract_string(e, '$')`})`;
    tests.push(`list_contains(${texts}, ${needle})`);
  }
  if (tests.length === 0) return 'FALSE';
  const all = tests.length === 1 ? tests.join('') : `(${tests.join(' OR ')})`;
  return value.nullable || arrays.length > 0 || values.some(({ nullable }) => nullable)
    ? `coalesce(${all}, FALSE)`
    : `(${all})`;
}

function hasOf(
  node: KqlNode,
  value: Scalar,
  { values, arrays, table }: Candidates,
  translation: Translation,
): Scalar {
  const mode = node.kind === 'HasAnyExpression' ? 'any' : 'all';
  if (table) {
    // In one pattern the needles are looked for together; too many for that are passed as an array.
    const needles = translation.texts(
      `SELECT DISTINCT ${toText(table.column).sql} FROM (${table.select})`,
      node,
    );
    if (needles.length <= MAX_PATTERN_NEEDLES) return hasConstants(mode, value, needles);
    const items = needles.map((needle) => sqlString(needle)).join(', ');
    return hasDynamic(mode, value, { sql: `to_json([${items}])`, type: 'dynamic', nullable: false });
  }
  const constants = values.flatMap(({ constant }) => (typeof constant === 'string' ? [constant] : []));
  if (arrays.length === 0 && constants.length === values.length) return hasConstants(mode, value, constants);
  const [onlyArray] = arrays;
  if (values.length === 0 && arrays.length === 1 && onlyArray) return hasDynamic(mode, value, onlyArray);
  const tests = [
    ...values.map((needle) =>
      hasDynamic(mode, value, { sql: `json_array(${toText(needle).sql})`, type: 'dynamic', nullable: false }),
    ),
    ...arrays.map((array) => hasDynamic(mode, value, array)),
  ].map(({ sql }) => sql);
  return { sql: `(${tests.join(mode === 'any' ? ' OR ' : ' AND ')})`, type: 'bool', nullable: false };
}

function between(
  value: Scalar,
  range: KqlNode,
  node: KqlNode,
  scope: Scope,
  translation: Translation,
): Scalar {
  const [first, second] = [range.child('First'), range.child('Second')];
  if (!first || !second) throw new UnsupportedKql(`'${node.text}'`, node);
  const low = translation.scalar(first, scope);
  const given = translation.scalar(second, scope);
  // `between (start .. 1d)`: a timespan counts from the start.
  const high =
    value.type === 'datetime' && given.type === 'timespan' ? arithmetic('+', low, given, node) : given;
  const type = [low.type, high.type].reduce(commonType, value.type);
  const [v, l, h] = [convert(value, type), convert(low, type), convert(high, type)];
  // DuckDB's BETWEEN takes the value twice, unseen.
  const sql = `(${v.sql} >= ${l.sql} AND ${v.sql} <= ${h.sql})`;
  return {
    sql: node.kind === 'NotBetweenExpression' ? `(NOT ${sql})` : sql,
    type: 'bool',
    nullable: v.nullable || l.nullable || h.nullable,
  };
}
