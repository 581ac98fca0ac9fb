import type { KqlNode } from 'kql-workspace/language-service.ts';
import { type FlowOf, reachesOf } from './bounds.ts';
import { evaluate } from './scalars.ts';
import { callOf, expressionOf, type Findings, type Scope } from './scope.ts';
import type { Flow, Value } from './values.ts';

const PICKED: Value = { kind: 'picked' };
/** They give the first or last of the values of several rows. */
const choosing: ReadonlySet<string> = new Set(['min', 'max', 'minif', 'maxif']);
/** They give values of one of the rows. */
const picking: ReadonlySet<string> = new Set([
  'arg_max',
  'arg_min',
  'take_any',
  'any',
  'take_anyif',
  'anyif',
  'argmax',
  'argmin',
]);

/** `summarize`: keys stay what they are, all else depends on which rows there were. */
export function summarized(
  input: Flow,
  node: KqlNode,
  scope: Scope,
  findings: Findings,
  flowOf: FlowOf,
): Flow {
  const output = node.resultType?.kind === 'table' ? node.resultType.columns.map(({ name }) => name) : [];
  const keys = node.child('ByClause')?.items('Expressions') ?? [];
  const items = node.items('Aggregates');
  const columns = new Map<string, Value>();
  keys.forEach((key, index) => {
    columns.set(output[index] ?? '', evaluate(expressionOf(key), scope, findings));
  });

  const stars = items.filter(hasStar).length;
  const simple = items.reduce((sum, item) => sum + (hasStar(item) ? 0 : widthOf(item)), 0);
  const perStar = stars > 0 ? output.length - keys.length - simple : 0;
  let next = keys.length;
  for (const item of items) {
    const width = hasStar(item) ? perStar : widthOf(item);
    const values = aggregateValues(expressionOf(item), width, scope, findings, flowOf);
    for (const value of values) columns.set(output[next++] ?? '', value);
  }
  return { ...input, columns };
}

function hasStar(item: KqlNode): boolean {
  const value = expressionOf(item);
  return (
    value.kind === 'FunctionCallExpression' &&
    callOf(value).given.some(({ kind }) => kind === 'StarExpression')
  );
}

function widthOf(item: KqlNode): number {
  const value = expressionOf(item);
  if (value.kind !== 'FunctionCallExpression') return 1;
  const { name, given } = callOf(value);
  return picking.has(name.toLowerCase()) ? Math.max(1, given.length) : 1;
}

function aggregateValues(
  value: KqlNode,
  width: number,
  scope: Scope,
  findings: Findings,
  flowOf: FlowOf,
): Value[] {
  if (value.kind !== 'FunctionCallExpression') return [{ kind: 'aggregate' }];
  const { name, given } = callOf(value);
  const [argument] = given;
  const first = argument && argument.kind !== 'StarExpression' ? evaluate(argument, scope, findings) : PICKED;
  for (const condition of given.slice(1))
    if (condition.kind !== 'StarExpression') evaluate(condition, scope, findings);
  const chosen: Value =
    first.kind === 'time' || first.kind === 'timely'
      ? { ...first, aggregated: true }
      : first.kind === 'aggregate' || first.kind === 'stamp'
        ? first
        : PICKED;
  if (choosing.has(name.toLowerCase())) return [chosen];
  if (picking.has(name.toLowerCase()))
    return Array.from({ length: Math.max(1, width) }, (_, index) => (index === 0 ? chosen : PICKED));
  // Counted or collected of what says when: of which time it is, no condition on it tells.
  if (first.kind === 'timely' && first.told && name.toLowerCase() !== 'countif')
    return [{ ...first, aggregated: true }];
  const at = name.toLowerCase() === 'countif' ? 0 : name.endsWith('if') ? 1 : undefined;
  const condition = at === undefined ? undefined : given[at];
  const within = condition && reachesOf(condition, scope, findings, flowOf);
  return [{ kind: 'aggregate', ...(within && within.size > 0 && { within }) }];
}
