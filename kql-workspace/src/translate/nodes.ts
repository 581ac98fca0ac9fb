import type { KqlNode } from '../language-service.ts';
import { type ScalarType, toScalarType } from '../values/scalar-types.ts';
import { UnsupportedKql } from './relation.ts';

/** The child in the role, which a query without syntax errors always has. */
export function need(node: KqlNode, role: string): KqlNode {
  const child = node.child(role);
  if (!child) throw new UnsupportedKql(`'${excerpt(node)}' without its ${role}`, node);
  return child;
}

/** The beginning of the node's text, for messages. */
export function excerpt(node: KqlNode): string {
  const text = node.text.replace(/\s+/g, ' ');
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** The name that a name reference or declaration says, brackets and quotes taken off. */
export function nameOf(node: KqlNode): string {
  if (node.symbol?.kind === 'Column') return node.symbol.name;
  const token = [...node.walk()].find((part) => part.isToken && part.text !== '[');
  return token?.value ?? node.text;
}

/** The Kusto type that the binder gave to an expression. */
export function boundType(node: KqlNode): ScalarType {
  const result = node.resultType;
  if (result?.kind !== 'scalar') throw new UnsupportedKql(`'${excerpt(node)}' as a value`, node);
  return scalarTypeOf(result.type, node);
}

/** A type's name as the binder says it; an unknown one (an open table's column) is refused. */
export function scalarTypeOf(type: string, node: KqlNode): ScalarType {
  try {
    return toScalarType(type);
  } catch {
    throw new UnsupportedKql(`a value of type '${type}' ('${excerpt(node)}')`, node);
  }
}

/** The named parameters of an operator (`kind=inner`, `withsource=T`), by name. */
export function parametersOf(operator: KqlNode): ReadonlyMap<string, KqlNode> {
  const parameters = operator.children
    .flatMap((child) => (child.kind === 'List' ? child.elements : [child]))
    .filter((item) => item.kind === 'NamedParameter');
  return new Map(
    parameters.flatMap((parameter) => {
      const [name, value] = [parameter.child('Name'), parameter.child('Expression')];
      return name && value ? [[nameOf(name).toLowerCase(), value] as const] : [];
    }),
  );
}

/** Refuses parameters that the translation doesn't know; hints about execution are ignored. */
export function allowParameters(operator: KqlNode, known: readonly string[]): void {
  for (const [name, value] of parametersOf(operator)) {
    if (!known.includes(name) && !name.startsWith('hint.')) {
      throw new UnsupportedKql(`the parameter '${name}' of ${operator.kind}`, value);
    }
  }
}

/** Refuses parts of a node that the translation has no eye for. */
export function refuseParts(node: KqlNode, ...roles: readonly string[]): void {
  for (const role of roles) {
    const part = node.child(role);
    if (part && part.text !== '') throw new UnsupportedKql(`'${excerpt(part)}' in ${node.kind}`, part);
  }
}
