import type { KqlNode, NamedType } from '../language-service.ts';
import { jsonMember } from '../values/convert.ts';
import { excerpt, nameOf, need } from './nodes.ts';
import { type NamedScalar, type Relation, type Scope, type Translation, UnsupportedKql } from './relation.ts';

/** An operator after a bar: from the table before it to the table after it. */
export type Operator = (input: Relation, node: KqlNode, scope: Scope, translation: Translation) => Relation;

/** The columns that the binder says the operator yields. */
export function outputColumns(node: KqlNode): readonly NamedType[] {
  const result = node.resultType;
  if (result?.kind !== 'table') throw new UnsupportedKql(`'${excerpt(node)}' as a table`, node);
  return result.columns;
}

/** The values of an item; a function that yields several (`array_sort_asc(a, b)`) fills as many columns. */
export function itemValues(
  item: KqlNode,
  scope: Scope,
  translation: Translation,
): readonly Omit<NamedScalar, 'name'>[] {
  const expression = item.kind.endsWith('NamedExpression') ? need(item, 'Expression') : item;
  if (expression.resultType?.kind !== 'scalar' || expression.resultType.type !== 'tuple') {
    return [itemValue(item, scope, translation)];
  }
  const all = translation.scalar(expression, scope);
  return Array.from({ length: columnsOfTuple(item, expression) }, (_, index) => ({
    value: jsonMember(all, BigInt(index)),
  }));
}

/** Functions that yield always as many values. */
const FIXED_TUPLES: Readonly<Record<string, number>> = { series_fit_line: 6, series_stats: 7 };

function columnsOfTuple(item: KqlNode, call: KqlNode): number {
  const fixed = FIXED_TUPLES[nameOf(need(call, 'Name'))];
  if (fixed !== undefined) {
    const names = namesOf(item).length;
    // The documents say that the others are left out, the binder that they get names of their own.
    if (names > 0 && names !== fixed)
      throw new UnsupportedKql(`'${excerpt(item)}', which names ${names} of ${fixed} values`, item);
    return fixed;
  }
  if (item.kind === 'SimpleNamedExpression') return 1;
  if (item.kind === 'CompoundNamedExpression') return namesOf(item).length;
  return need(call, 'ArgumentList')
    .items('Expressions')
    .filter(({ resultType }) => resultType?.kind === 'scalar' && resultType.type === 'dynamic').length;
}

/** The names that an item gives its values. */
export function namesOf(item: KqlNode): readonly string[] {
  if (item.kind === 'SimpleNamedExpression') return [nameOf(need(item, 'Name'))];
  if (item.kind !== 'CompoundNamedExpression') return [];
  return [...need(item, 'Names').walk()].filter(({ kind }) => kind === 'NameDeclaration').map(nameOf);
}

/** The value of an item of `project`, `extend` or `by`, and the column it repeats, if that is all it does. */
export function itemValue(item: KqlNode, scope: Scope, translation: Translation): Omit<NamedScalar, 'name'> {
  if (item.kind === 'CompoundNamedExpression') {
    throw new UnsupportedKql(`several names for one value ('${excerpt(item)}')`, item);
  }
  const expression = item.kind === 'SimpleNamedExpression' ? need(item, 'Expression') : item;
  const value = translation.scalar(expression, scope);
  const source = scope.row?.columns.find((column) => column.id === value.sql);
  return { value, source };
}
