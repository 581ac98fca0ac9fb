import { type Argument, callFunction } from './bicep-functions.ts';
import { childOf, type Node, namedChildren } from './parse-bicep.ts';

export type Value = string | number | boolean | null | Value[] | { [name: string]: Value };

/** Where a file is deployed to. */
export interface Scope {
  subscriptionId: string;
  resourceGroup?: string;
}

/** What an expression can refer to: the declarations of its file, and the names that loops and lambdas around it give. */
export interface Names {
  file: string;
  scope: Scope;
  lookUp(name: string): Value;
  locals: Record<string, Value>;
}

/** The value of an expression. @throws Error when it is of a kind that is not known here */
export function evaluate(node: Node, names: Names): Value {
  const child = (field: string): Node => {
    const found = node.childForFieldName(field);
    if (!found) throw new Error(`${names.file}: ${node.type} without ${field}: ${node.text}`);
    return found;
  };
  const evaluated = (field: string) => evaluate(child(field), names);
  switch (node.type) {
    case 'string':
      return stringValue(node, (inner) => evaluate(inner, names));
    case 'number':
      return Number(node.text);
    case 'boolean':
      return node.text === 'true';
    case 'null':
      return null;
    case 'identifier':
      return names.locals[node.text] ?? names.lookUp(node.text);
    case 'parenthesized_expression':
      return evaluate(onlyChild(node), names);
    case 'array':
      return namedChildren(node).map((item) => evaluate(item, names));
    case 'object':
      return Object.fromEntries(
        namedChildren(node).flatMap((property) => {
          const [key, value] = namedChildren(property);
          // A resource that is nested in another has no value.
          if (!key || !value) return [];
          return [[key.type === 'string' ? toText(evaluate(key, names)) : key.text, evaluate(value, names)]];
        }),
      );
    case 'for_statement':
      return forEachItem(node, names, evaluate);
    case 'ternary_expression':
      return evaluated('condition') === true ? evaluated('consequence') : evaluated('alternative');
    case 'unary_expression':
      if (child('operator').text !== '!') throw new Error(`${names.file}: ${node.text}`);
      return evaluated('argument') !== true;
    case 'binary_expression':
      return binary(
        child('operator').text,
        () => evaluated('left'),
        () => evaluated('right'),
        names.file,
      );
    case 'member_expression':
      return member(evaluated('object'), child('property').text, names.file);
    case 'subscript_expression':
      return member(evaluated('object'), toText(evaluated('index')), names.file);
    case 'call_expression':
      return callFunction(
        child('function').text,
        namedChildren(child('arguments')).map((argument) => toArgument(argument, names)),
        names,
      );
    default:
      throw new Error(`${names.file}: ${node.type} is not known to the tests: ${node.text}`);
  }
}

/** Runs `make` on a loop's body for every item, with the names that the loop gives. */
export function forEachItem(node: Node, names: Names, make: (body: Node, names: Names) => Value): Value[] {
  const body = node.childForFieldName('body');
  const pair = childOf(node, 'for_loop_parameters');
  const [item, index] = pair
    ? namedChildren(pair).map(({ text }) => text)
    : [node.childForFieldName('initializer')?.text];
  const over = namedChildren(node).at(-2);
  const list = over && evaluate(over, names);
  if (!body || !item || !Array.isArray(list)) throw new Error(`${names.file}: ${node.text}`);
  return list.map((value, i) =>
    make(body, { ...names, locals: { ...names.locals, [item]: value, ...(index && { [index]: i }) } }),
  );
}

function binary(operator: string, left: () => Value, right: () => Value, file: string): Value {
  switch (operator) {
    case '&&':
      return left() === true && right() === true;
    case '||':
      return left() === true || right() === true;
    case '==':
      return left() === right();
    case '!=':
      return left() !== right();
    default:
      throw new Error(`${file}: the operator ${operator} is not known to the tests`);
  }
}

/** Marks an object some of whose members only Azure knows, with its path. */
export const RUNTIME = '‹runtime›';

function member(of: Value, name: string, file: string): Value {
  const runtime = typeof of === 'string' ? /^‹(.*)›$/.exec(of)?.[1] : undefined;
  if (runtime !== undefined) return `‹${runtime}.${name}›`;
  if (of === null || typeof of !== 'object') throw new Error(`${file}: ${name} of ${toText(of)}`);
  const value = Array.isArray(of) ? of[Number(name)] : of[name];
  if (value !== undefined) return value;
  const path = Array.isArray(of) ? undefined : of[RUNTIME];
  if (typeof path === 'string') return `‹${path}.${name}›`;
  throw new Error(`${file}: there is no ${name} in ${JSON.stringify(of)}`);
}

function toArgument(node: Node, names: Names): Argument {
  if (node.type !== 'lambda_expression') return evaluate(node, names);
  const [parameters, body] = namedChildren(node);
  if (!parameters || !body) throw new Error(`${names.file}: ${node.text}`);
  const given =
    parameters.type === 'identifier' ? [parameters.text] : namedChildren(parameters).map(({ text }) => text);
  return (...values) => {
    const locals = Object.fromEntries(given.map((name, i) => [name, values[i] ?? null]));
    return evaluate(body, { ...names, locals: { ...names.locals, ...locals } });
  };
}

export function toText(value: Value): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`not a text: ${JSON.stringify(value)}`);
}

/** A string that must be there as it is, such as a resource's type. */
export function stringLiteral(node: Node | undefined): string {
  if (!node) throw new Error('a string is missing');
  return stringValue(node, () => {
    throw new Error(`${node.text} must be a literal`);
  });
}

const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t' };

function stringValue(node: Node, interpolate: (inner: Node) => Value): string {
  // A verbatim string begins behind the line break.
  if (node.text.startsWith("'''")) return node.text.slice(3, -3).replace(/^\r?\n/, '');
  return namedChildren(node)
    .map((part) => {
      if (part.type === 'interpolation') return toText(interpolate(onlyChild(part)));
      if (part.type === 'escape_sequence') return escapes[part.text.slice(1)] ?? part.text.slice(1);
      return part.text;
    })
    .join('');
}

function onlyChild(node: Node): Node {
  const [child, ...more] = namedChildren(node);
  if (!child || more.length > 0) throw new Error(node.text);
  return child;
}
