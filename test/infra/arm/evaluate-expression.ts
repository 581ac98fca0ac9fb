import { callFunction } from './template-functions.ts';
import { type Argument, RUNTIME, type Surroundings, toText, type Value } from './template-values.ts';

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
