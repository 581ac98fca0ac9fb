import type { Rule } from './rule.ts';

/** What a rule says and a hunt does not do, in sentences. */
export function lostInAHunt({ header }: Pick<Rule, 'header'>): string[] {
  const { triggerOperator, triggerThreshold } = header;
  const operator = typeof triggerOperator === 'string' ? triggerOperator.toLowerCase() : 'gt';
  const threshold = Number(triggerThreshold ?? 0);
  const usual = /^(gt|greaterthan)$/.test(operator) && threshold === 0;
  return usual
    ? []
    : [
        `the rule fires when it returns ${words[operator] ?? operator} ${triggerThreshold} rows; a hunt tells each new row, so put that number into the query if it matters`,
      ];
}

const words: Readonly<Record<string, string>> = {
  gt: 'more than',
  greaterthan: 'more than',
  lt: 'fewer than',
  lessthan: 'fewer than',
  eq: 'exactly',
  equal: 'exactly',
  ne: 'other than',
  notequal: 'other than',
};
