import { convert } from './convert.ts';
import type { KqlNode } from './language-service.ts';
import { need } from './nodes.ts';
import { comparison, comparisonOf } from './operations.ts';
import type { Scope, Translation } from './relation.ts';

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
    default: {
      const comparing = comparisonOf(node.kind);
      if (comparing) {
        const operands = [need(node, 'Left'), need(node, 'Right')].map((side) =>
          translation.scalar(side, scope),
        );
        const [left, right] = operands;
        if (left && right) return comparison(comparing, left, right, 'null is false').sql;
      }
      return convert(translation.scalar(node, scope), 'bool').sql;
    }
  }
}
