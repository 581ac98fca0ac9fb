import type { KqlNode, NamedType } from '../language-service.ts';
import { excerpt, need } from './nodes.ts';
import { type NamedScalar, type Relation, type Scope, type Translation, UnsupportedKql } from './relation.ts';

/** An operator after a bar: from the table before it to the table after it. */
export type Operator = (input: Relation, node: KqlNode, scope: Scope, translation: Translation) => Relation;

/** The columns that the binder says the operator yields. */
export function outputColumns(node: KqlNode): readonly NamedType[] {
  const result = node.resultType;
  if (result?.kind !== 'table') throw new UnsupportedKql(`'${excerpt(node)}' as a table`, node);
  return result.columns;
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
