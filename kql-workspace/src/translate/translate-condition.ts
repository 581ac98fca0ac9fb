import type { KqlNode } from '../language-service.ts';
import { convert } from '../values/convert.ts';
import { need } from './nodes.ts';
import { comparison, comparisonOf } from './operations.ts';
import { located, type Scope, type Translation } from './relation.ts';
import { comparedInFile } from './skip-by-time.ts';

/**
 * Translates a condition where null counts as false (`where`, `countif`): there a plain SQL comparison, whose
 * null means the same, will do, and DuckDB can use it to skip data.
 */
export function translateCondition(node: KqlNode, scope: Scope, translation: Translation): string {
  const part = (role: string): string => translateCondition(need(node, role), scope, translation);
  switch (node.kind) {
    case 'AndExpression':
      return `(${part('Left')} AND ${part('Right')})`;
    case 'OrExpression':
      return `(${part('Left')} OR ${part('Right')})`;
    case 'ParenthesizedExpression':
      return part('Expression');
    case 'BetweenExpression': {
      const value = translation.scalar(need(node, 'Left'), scope);
      const range = need(node, 'Right');
      const [low, high] = ['First', 'Second'].map((role) => translation.scalar(need(range, role), scope));
      const from = low && comparedInFile(value, '>=', low, scope.row);
      const to = high && comparedInFile(value, '<=', high, scope.row);
      return from && to ? `(${from} AND ${to})` : translation.scalar(node, scope).sql;
    }
    default: {
      const operator = comparisonOf(node.kind);
      if (!operator) {
        const value = convert(translation.scalar(node, scope), 'bool');
        return value.whenTrue ?? value.sql;
      }
      const left = translation.scalar(need(node, 'Left'), scope);
      const right = translation.scalar(need(node, 'Right'), scope);
      const inFile = comparedInFile(left, operator, right, scope.row);
      return inFile ?? located(node, () => comparison(operator, left, right, 'null is false').sql);
    }
  }
}
