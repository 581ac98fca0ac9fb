import type { KqlNode } from 'kql-workspace/language-service.ts';
import type { Flow, Leaf, Value } from './values.ts';

/** What a name stands for: tables are taken apart anew at each use, so that each use has bounds of its own. */
export type Binding =
  | { kind: 'scalar'; value: Value }
  | { kind: 'table'; expression: KqlNode; scope: Scope }
  /** A table that was given to a function or piped into a sub-query. */
  | { kind: 'flow'; flow: Flow }
  | { kind: 'function'; declaration: KqlNode; scope: Scope };

/** Where an expression stands. */
export interface Scope {
  bindings: ReadonlyMap<string, Binding>;
  /** The table whose rows it is about. */
  row?: Flow;
  /** A table that is not there is left out. */
  fuzzy?: true;
  /** A table that comes from outside, ahead of the first operator. */
  piped?: Flow;
}

/** What the analysis of one query gathers on its way. */
export interface Findings {
  /** Every use of a table, those that only select rows of others too. */
  leaves: Leaf[];
  /** Queries within conditions and values: they select rows and make none. */
  lookups: { query: KqlNode; scope: Scope }[];
  asOfToday: Set<string>;
  notReplayable: Set<string>;
  /** Times that stand for a placeholder, as ISO text. */
  placeholders: ReadonlyMap<string, 'start' | 'end'>;
  steps: number;
}

/** Functions that call functions grow without end; a query that people write takes a few hundred steps. */
const MOST_STEPS = 20_000;

/** The query calls too much to be taken apart. */
export class TooComplex extends Error {}

/** Counts a step of the analysis. @throws TooComplex */
export function step(findings: Findings): void {
  if (++findings.steps > MOST_STEPS) throw new TooComplex();
}

/** The child in a role that a query without syntax errors always has. */
export function need(node: KqlNode, role: string): KqlNode {
  const child = node.child(role);
  if (!child) throw new Error(`${node.kind} without its ${role}`);
  return child;
}

/** The name that a reference or declaration says, brackets and quotes taken off. */
export function nameOf(node: KqlNode): string {
  if (node.symbol?.kind === 'Column') return node.symbol.name;
  const token = [...node.walk()].find((part) => part.isToken && part.text !== '[');
  return token?.value || token?.text || node.text;
}

/** The name and the arguments of a call. */
export function callOf(node: KqlNode): { name: string; given: readonly KqlNode[] } {
  return { name: nameOf(need(node, 'Name')), given: need(node, 'ArgumentList').items('Expressions') };
}

/** The part of an item that says its value. */
export function expressionOf(item: KqlNode): KqlNode {
  return item.kind === 'SimpleNamedExpression' || item.kind === 'CompoundNamedExpression'
    ? need(item, 'Expression')
    : item;
}

/** The scope within a function that the query declares, once its arguments are given. */
export function enter(
  call: KqlNode,
  declaration: KqlNode,
  outer: Scope,
  given: readonly (KqlNode | Flow)[],
  bind: (argument: KqlNode) => Binding,
): { body: KqlNode; bindings: Map<string, Binding> } {
  const named = new Map<string, KqlNode>();
  const positional: (KqlNode | Flow)[] = [];
  for (const argument of given) {
    if ('kind' in argument && argument.kind === 'SimpleNamedExpression')
      named.set(nameOf(need(argument, 'Name')), need(argument, 'Expression'));
    else positional.push(argument);
  }
  const bindings = new Map(outer.bindings);
  for (const parameter of need(declaration, 'Parameters').items('Parameters')) {
    const name = nameOf(need(need(parameter, 'NameAndType'), 'Name'));
    const argument = named.get(name) ?? positional.shift() ?? parameter.child('DefaultValue')?.child('Value');
    if (!argument) continue;
    bindings.set(name, 'leaves' in argument ? { kind: 'flow', flow: argument } : bind(argument));
  }
  const declared = need(declaration, 'Body');
  return { body: call.calledBody(declared) ?? declared, bindings };
}

/** Whether an expression gives a table; one that no list knows has no type, and neither has what comes of it. */
export function isTable(expression: KqlNode, { bindings }: Pick<Scope, 'bindings'>): boolean {
  if (expression.resultType?.kind === 'table' || expression.kind === 'PipeExpression') return true;
  const inner = expression.child('Expression');
  if (expression.kind === 'MaterializeExpression' || expression.kind === 'ParenthesizedExpression')
    return inner !== undefined && isTable(inner, { bindings });
  return (
    expression.kind === 'NameReference' &&
    ['table', 'flow'].includes(bindings.get(nameOf(expression))?.kind ?? '')
  );
}
