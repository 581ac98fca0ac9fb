import { bagUnpack } from './bag-unpack.ts';
import { ipv4Lookup } from './ipv4-lookup.ts';
import { nameOf, need } from './nodes.ts';
import type { Operator } from './operator.ts';
import { pivot } from './pivot.ts';
import { UnsupportedKql } from './relation.ts';

const plugins: Readonly<Record<string, Operator>> = {
  bag_unpack: bagUnpack,
  ipv4_lookup: ipv4Lookup,
  pivot,
};

/** `evaluate PLUGIN(…)`. */
export const evaluate: Operator = (input, node, scope, translation) => {
  const name = nameOf(need(need(node, 'FunctionCall'), 'Name'));
  const plugin = Object.hasOwn(plugins, name) ? plugins[name] : undefined;
  if (!plugin) throw new UnsupportedKql(`the plugin ${name}`, node);
  return plugin(input, node, scope, translation);
};
