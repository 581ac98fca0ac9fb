import { callFunction } from './template-functions.ts';

export type Value = string | number | boolean | null | Value[] | { [name: string]: Value };

/** A function's argument, evaluated only when the function asks for it: of `if` one branch alone counts. */
export type Argument = (locals?: Record<string, Value>) => Value;

/** What the functions of an expression look up in the template around it. */
export interface Surroundings {
  subscriptionId: string;
  resourceGroup?: string;
  parameter(name: string): Value;
  variable(name: string): Value;
  /** The state of a resource or module, by symbolic name or resource id. */
  reference(name: string): Value;
  copyIndex(loop?: string): number;
}

/** Marks an object some of whose members only Azure knows, with its path. */
export const RUNTIME = '‹runtime›';

/**
 * The value of a string of a template: an expression in brackets, or the text itself.
 * https://learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions
 * @throws Error when it holds something that is not known here
 */
export function evaluateText(text: string, surroundings: Surroundings): Value {
  if (text.startsWith('[[')) return text.slice(1);
  if (!text.startsWith('[') || !text.endsWith(']')) return text;
  const tokens = text.slice(1, -1).match(/'(?:[^']|'')*'|[A-Za-z_]\w*|-?\d+|[()[\].,]|\S/g) ?? [];
  const expression = parse(tokens, surroundings);
  if (tokens.length > 0) throw new Error(`${tokens[0]} is not expected in ${text}`);
  return expression({});
}

/** Takes an expression from the front of `tokens`. */
function parse(tokens: string[], surroundings: Surroundings): Argument {
  let result = parseOperand(tokens, surroundings);
  for (let next = tokens[0]; next === '.' || next === '['; next = tokens[0]) {
    tokens.shift();
    const of = result;
    if (next === '.') {
      const name = tokens.shift() ?? '';
      result = (locals) => member(of(locals), name);
    } else {
      const index = parse(tokens, surroundings);
      expect(tokens, ']');
      result = (locals) => member(of(locals), toText(index(locals)));
    }
  }
  return result;
}

function parseOperand(tokens: string[], surroundings: Surroundings): Argument {
  const token = tokens.shift() ?? '';
  if (token.startsWith("'")) return () => token.slice(1, -1).replaceAll("''", "'");
  if (/^-?\d+$/.test(token)) return () => Number(token);
  expect(tokens, '(');
  const args: Argument[] = [];
  while (tokens[0] !== ')') {
    if (args.length > 0) expect(tokens, ',');
    args.push(parse(tokens, surroundings));
  }
  tokens.shift();
  return (locals = {}) =>
    callFunction(
      token,
      args.map((arg) => (more) => arg({ ...locals, ...more })),
      locals,
      surroundings,
    );
}

function expect(tokens: string[], wanted: string): void {
  const token = tokens.shift();
  if (token !== wanted) throw new Error(`${wanted} is expected, and not ${token}`);
}

function member(of: Value, name: string): Value {
  const runtime = typeof of === 'string' ? /^‹(.*)›$/.exec(of)?.[1] : undefined;
  if (runtime !== undefined) return `‹${runtime}.${name}›`;
  if (of === null || typeof of !== 'object') throw new Error(`${name} of ${JSON.stringify(of)}`);
  const value = Array.isArray(of) ? of[Number(name)] : of[name];
  if (value !== undefined) return value;
  const path = Array.isArray(of) ? undefined : of[RUNTIME];
  if (typeof path === 'string') return `‹${path}.${name}›`;
  throw new Error(`there is no ${name} in ${JSON.stringify(of)}`);
}

export function toText(value: Value): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`not a text: ${JSON.stringify(value)}`);
}

export function toList(value: Value): Value[] {
  if (!Array.isArray(value)) throw new Error(`not an array: ${JSON.stringify(value)}`);
  return value;
}

export function toObject(value: Value): Record<string, Value> {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new Error(`not an object: ${JSON.stringify(value)}`);
  return value;
}
