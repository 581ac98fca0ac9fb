import type { KqlNode } from '../language-service.ts';
import { toText } from '../values/convert.ts';
import type { Scalar } from '../values/scalar-types.ts';
import { sqlString } from '../values/sql-text.ts';
import { literal } from './literals.ts';
import { allowParameters, excerpt, nameOf, need, parametersOf, refuseParts } from './nodes.ts';
import { outputColumns } from './operator.ts';
import {
  columnScalar,
  type Relation,
  type Scope,
  select,
  type Translation,
  UnsupportedKql,
} from './relation.ts';
import { type StringOperator, stringPredicate } from './string-predicates.ts';
import { translateCondition } from './translate-condition.ts';
import { unionOf } from './union.ts';

/** `search`: rows in which a term stands in any column, over the given tables or all of them. */
export function search(
  input: Relation | undefined,
  node: KqlNode,
  scope: Scope,
  translation: Translation,
): Relation {
  allowParameters(node, ['kind']);
  refuseParts(node, 'DataScope');
  const caseSensitive = parametersOf(node).get('kind')?.text === 'case_sensitive';
  const operands = input
    ? [{ relation: input, source: input.name ?? 'search_arg0' }]
    : tablesOf(node, scope, translation);
  const all = unionOf(operands, outputColumns(node), '$table', node, translation);
  const condition = found(need(node, 'Condition'), all, caseSensitive, scope, translation);
  return { ...all, from: select(all, '*', `WHERE ${condition}`) };
}

function tablesOf(node: KqlNode, scope: Scope, translation: Translation) {
  const listed = node.child('InClause')?.items('Expressions');
  if (!listed) {
    const view = [...scope.bindings].find(
      ([, binding]) => binding.kind === 'function' && binding.declaration.child('ViewKeyword'),
    );
    if (view)
      throw new UnsupportedKql(`search over all tables where views are declared ('${view[0]}')`, node);
    return translation.tableNames.flatMap((source) => {
      const relation = translation.table(source);
      return relation ? [{ relation, source }] : [];
    });
  }
  return listed.map((item) => {
    if (item.text.includes('*')) throw new UnsupportedKql(`the wildcard '${item.text}' in search`, item);
    return { relation: translation.tabular(item, { bindings: scope.bindings }), source: nameOf(item) };
  });
}

function found(
  condition: KqlNode,
  row: Relation,
  caseSensitive: boolean,
  scope: Scope,
  translation: Translation,
): string {
  const part = (node: KqlNode): string => found(node, row, caseSensitive, scope, translation);
  switch (condition.kind) {
    case 'AndExpression':
      return `(${part(need(condition, 'Left'))} AND ${part(need(condition, 'Right'))})`;
    case 'OrExpression':
      return `(${part(need(condition, 'Left'))} OR ${part(need(condition, 'Right'))})`;
    case 'ParenthesizedExpression':
      return part(need(condition, 'Expression'));
    case 'FunctionCallExpression': {
      const [argument] = need(condition, 'ArgumentList').items('Expressions');
      if (nameOf(need(condition, 'Name')) === 'not' && argument)
        return `(NOT coalesce(${part(argument)}, FALSE))`;
      return translateCondition(condition, { bindings: scope.bindings, row }, translation);
    }
    case 'StarExpression':
      return 'TRUE';
    case 'StringLiteralExpression': {
      const values = row.columns.filter(({ name }) => name !== '$table').map(columnScalar);
      const tests = values.map((value) => term(value, condition, caseSensitive));
      return `(${tests.join(' OR ')})`;
    }
    case 'SearchExpression': {
      const value = translation.scalar(need(condition, 'Left'), { bindings: scope.bindings, row });
      return term(value, need(condition, 'Right'), caseSensitive);
    }
    default:
      return translateCondition(condition, { bindings: scope.bindings, row }, translation);
  }
}

/** A term, with `*` at its start or end for any text there. */
function term(value: Scalar, needle: KqlNode, caseSensitive: boolean): string {
  const given = literal(needle);
  if (given?.constant === undefined) throw new UnsupportedKql(`the search for '${excerpt(needle)}'`, needle);
  const text = String(given.constant);
  const [, before = '', body = '', after = ''] = /^(\*?)(.*?)(\*?)$/s.exec(text) ?? [];
  if (body.includes('*')) throw new UnsupportedKql(`the search for '${text}', with * in its middle`, needle);
  if (body === '') return 'TRUE';
  const shape: StringOperator['shape'] =
    before && after ? 'contains' : before ? 'hassuffix' : after ? 'hasprefix' : 'has';
  const constant: Scalar = { sql: sqlString(body), type: 'string', nullable: false, constant: body };
  return stringPredicate({ shape, caseSensitive, negated: false }, toText(value), constant).sql;
}
