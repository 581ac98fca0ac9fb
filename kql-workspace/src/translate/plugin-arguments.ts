import type { KqlNode } from '../language-service.ts';
import { constantArray } from './literals.ts';
import { excerpt, nameOf, need } from './nodes.ts';
import { type Scope, type Translation, UnsupportedKql } from './relation.ts';

/** The arguments of a plugin's call: those without a name, and the others by name. */
export interface PluginArguments {
  readonly call: KqlNode;
  readonly positional: readonly KqlNode[];
  readonly named: ReadonlyMap<string, KqlNode>;
}

/** Reads the call of an `evaluate`; arguments with names other than `known` are refused. */
export function pluginArguments(evaluate: KqlNode, known: readonly string[]): PluginArguments {
  const call = need(evaluate, 'FunctionCall');
  const given = need(call, 'ArgumentList').items('Expressions');
  const named = new Map<string, KqlNode>();
  for (const argument of given.filter(({ kind }) => kind === 'SimpleNamedExpression')) {
    const name = nameOf(need(argument, 'Name'));
    if (!known.includes(name)) throw new UnsupportedKql(`'${excerpt(argument)}' here`, argument);
    named.set(name, need(argument, 'Expression'));
  }
  return { call, positional: given.filter(({ kind }) => kind !== 'SimpleNamedExpression'), named };
}

/** An argument that the query spells out; undefined without one. */
export function constantOf(
  node: KqlNode | undefined,
  scope: Scope,
  translation: Translation,
): string | bigint | number | boolean | undefined {
  if (!node) return undefined;
  const { constant } = translation.scalar(node, { bindings: scope.bindings });
  if (constant === undefined) throw new UnsupportedKql(`'${excerpt(node)}', which is no constant`, node);
  return constant;
}

/** The texts of an argument such as `dynamic(['a', 'b'])`. */
export function textsOf(
  node: KqlNode | undefined,
  scope: Scope,
  translation: Translation,
): readonly string[] {
  if (!node) return [];
  const items = constantArray(translation.scalar(node, { bindings: scope.bindings })) ?? [undefined];
  return items.map((item) => {
    if (typeof item !== 'string') throw new UnsupportedKql(`'${excerpt(node)}' as a list of names`, node);
    return item;
  });
}
