import type { KqlNode } from '../language-service.ts';
import { type Scope, type Translation, UnsupportedKql } from '../translate/relation.ts';
import type { Scalar } from '../values/scalar-types.ts';

/** A function call in a query, as the tables of functions see it. */
export interface Call {
  readonly name: string;
  readonly node: KqlNode;
  /** The argument expressions. */
  readonly nodes: readonly KqlNode[];
  readonly scope: Scope;
  readonly translation: Translation;
}

/** How a function's call becomes SQL. */
export type ScalarFunction = (call: Call) => Scalar;

/** A group of functions by name. */
export type Functions = Readonly<Record<string, ScalarFunction>>;

/** The argument at the index; a call with too few is refused by the binder already. */
export function argument(call: Call, index: number): Scalar {
  const node = call.nodes[index];
  if (!node) throw new UnsupportedKql(`${call.name}() with ${call.nodes.length} arguments`, call.node);
  return call.translation.scalar(node, call.scope);
}

/** The argument at the index, or undefined when the call has fewer. */
export function optionalArgument(call: Call, index: number): Scalar | undefined {
  return call.nodes[index] ? argument(call, index) : undefined;
}

/** All arguments. */
export function allArguments(call: Call): readonly Scalar[] {
  return call.nodes.map((node) => call.translation.scalar(node, call.scope));
}

/** An argument whose value the query itself must say. */
export function constantArgument<T extends 'string' | 'bigint'>(
  call: Call,
  index: number,
  type: T,
): T extends 'string' ? string : bigint {
  const { constant } = argument(call, index);
  if (typeof constant !== type) {
    throw new UnsupportedKql(
      `${call.name}() with an argument ${index + 1} that is not a constant`,
      call.nodes[index] ?? call.node,
    );
  }
  return constant as T extends 'string' ? string : bigint;
}
