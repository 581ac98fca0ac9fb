import { dirname, join } from 'node:path';
import { type Argument, callFunction } from './bicep-functions.ts';
import { childOf, type Declaration, type Node, namedChildren, parseBicep } from './parse-bicep.ts';

export type Value = string | number | boolean | null | Value[] | { [name: string]: Value };

/** Where a file is deployed to. */
export interface Scope {
  subscriptionId: string;
  resourceGroup?: string;
}

export interface Resource {
  id: string;
  type: string;
  apiVersion: string;
  name: string;
  /** Id of what an extension resource (a role assignment, a diagnostic setting) belongs to. */
  scope?: string;
  body: Record<string, Value>;
  decorators: string[];
  /** The module's file name without `.bicep`. */
  file: string;
}

export interface Deployment {
  resources: Resource[];
  outputs: Record<string, Value>;
  /** Module → the modules whose end it waits for, by name. */
  waitsFor: Map<string, Set<string>>;
}

/**
 * What a deployment of a Bicep file with these parameters makes: the file is evaluated as Azure would, modules included. What only Azure knows (an
 * endpoint, a client id) is `‹type/name.path›`. Whatever the evaluation does not know is an error, never skipped.
 */
export async function evaluateBicep(
  file: string,
  params: Record<string, Value>,
  scope: Scope,
): Promise<Deployment> {
  const declarations = await parseBicep(file);
  const modules = new Map<string, Declaration[]>();
  await collectModules(file, declarations, modules);
  return evaluateFile(file, declarations, params, scope, modules);
}

async function collectModules(
  file: string,
  declarations: Declaration[],
  modules: Map<string, Declaration[]>,
): Promise<void> {
  for (const { node } of declarations.filter(({ kind }) => kind === 'module')) {
    const path = join(dirname(file), stringLiteral(childOf(node, 'string')));
    if (modules.has(path)) continue;
    const inner = await parseBicep(path);
    modules.set(path, inner);
    await collectModules(path, inner, modules);
  }
}

type Locals = Record<string, Value>;

function evaluateFile(
  file: string,
  declarations: Declaration[],
  params: Record<string, Value>,
  scope: Scope,
  modules: Map<string, Declaration[]>,
): Deployment {
  const resources: Resource[] = [];
  const waitsFor = new Map<string, Set<string>>();
  const known = new Map<string, Value>();
  // Outputs have names of their own: a parameter may be called the same.
  const byName = new Map(
    declarations
      .filter(({ kind }) => ['param', 'var', 'resource', 'module'].includes(kind))
      .map((declaration) => [declaration.name, declaration]),
  );
  const evaluating: string[] = [];

  for (const name of Object.keys(params))
    if (byName.get(name)?.kind !== 'param') throw new Error(`${file}: there is no parameter ${name}`);

  const lookUp = (name: string): Value => {
    const declaration = byName.get(name);
    if (!declaration) throw new Error(`${file}: ${name} is not declared`);
    const waiting = evaluating.findLast((other) => byName.get(other)?.kind === 'module');
    if (declaration.kind === 'module' && waiting) waitsFor.get(waiting)?.add(name);
    const ready = known.get(name);
    if (ready !== undefined) return ready;
    if (evaluating.includes(name)) throw new Error(`${file}: ${name} depends on itself`);
    evaluating.push(name);
    const value = declare(declaration);
    evaluating.pop();
    known.set(name, value);
    return value;
  };

  const declare = (declaration: Declaration): Value => {
    switch (declaration.kind) {
      case 'param':
        return parameter(declaration);
      case 'resource':
        return each(declaration, (body, locals) => resource(declaration, body, locals));
      case 'module':
        waitsFor.set(declaration.name, new Set());
        return each(declaration, (body, locals) => module(declaration, body, locals));
      default:
        return evaluate(valueOf(declaration.node), {});
    }
  };

  const parameter = ({ name, node, decorators }: Declaration): Value => {
    const given = params[name];
    const hasDefault = node.children.some((child) => child?.type === '=');
    if (given === undefined && !hasDefault) throw new Error(`${file}: the parameter ${name} is missing`);
    const value = given ?? evaluate(valueOf(node), {});
    const allowed = decorators.get('allowed')?.[0];
    if (allowed && !(evaluate(allowed, {}) as Value[]).includes(value))
      throw new Error(`${file}: ${name} must not be ${toText(value)}`);
    return value;
  };

  /** One, none (a condition that does not hold), or one for each item of a loop. */
  const each = (declaration: Declaration, make: (body: Node, locals: Locals) => Value): Value => {
    const conditional = (node: Node, locals: Locals): Value => {
      if (node.type !== 'if_statement') return make(node, locals);
      const [condition, body] = namedChildren(node);
      if (!condition || !body) throw new Error(`${file}: ${declaration.name}`);
      return evaluate(condition, locals) === true ? make(body, locals) : null;
    };
    const value = valueOf(declaration.node);
    return value.type === 'for_statement'
      ? loop(value, {}, (body, locals) => conditional(body, locals))
      : conditional(value, {});
  };

  const loop = (node: Node, outer: Locals, make: (body: Node, locals: Locals) => Value): Value[] => {
    const body = node.childForFieldName('body');
    const names = childOf(node, 'for_loop_parameters');
    const [item, index] = names
      ? namedChildren(names).map(({ text }) => text)
      : [node.childForFieldName('initializer')?.text];
    const over = namedChildren(node).at(-2);
    if (!body || !over || !item) throw new Error(`${file}: ${node.text}`);
    return (evaluate(over, outer) as Value[]).map((value, i) =>
      make(body, { ...outer, [item]: value, ...(index && { [index]: i }) }),
    );
  };

  const resource = (
    { node, decorators }: Declaration,
    bodyNode: Node,
    locals: Locals,
    parentId?: string,
  ): Value => {
    const [ownType = '', apiVersion = ''] = stringLiteral(childOf(node, 'string')).split('@');
    const nested = namedChildren(bodyNode).flatMap((property) => {
      const inner = childOf(property, 'resource_declaration');
      return inner ? [inner] : [];
    });
    const { name, parent, scope: on, ...body } = evaluate(bodyNode, locals) as Record<string, Value>;
    const parentResource = parentId ?? (parent ? idOf(parent) : undefined);
    const id = resourceId(ownType, toText(name ?? null), parentResource, on && idOf(on));
    const made: Resource = {
      id,
      type: typeOf(id),
      apiVersion,
      name: toText(name ?? null),
      ...(on && { scope: idOf(on) }),
      body,
      decorators: [...decorators.keys()],
      file: file.split('/').at(-1)?.replace('.bicep', '') ?? file,
    };
    if (!node.children.some((child) => child?.type === 'existing')) resources.push(made);
    for (const inner of nested) {
      const declaration: Declaration = { kind: 'resource', name: '', node: inner, decorators: new Map() };
      resource(declaration, valueOf(inner), locals, id);
    }
    const { type: resourceType } = made;
    return {
      ...body,
      id,
      name: made.name,
      properties: withRuntime(`${resourceType}/${made.name}.properties`, body.properties),
      ...(resourceType === 'Microsoft.Resources/resourceGroups' && {
        subscriptionId: scope.subscriptionId,
        resourceGroup: made.name,
      }),
    };
  };

  const resourceId = (type: string, name: string, parentId?: string, on?: string): string => {
    if (parentId) return `${parentId}/${type.split('/').at(-1)}/${name}`;
    if (on) return `${on}/providers/${type}/${name}`;
    const root = `/subscriptions/${scope.subscriptionId}`;
    if (type === 'Microsoft.Resources/resourceGroups') return `${root}/resourceGroups/${name}`;
    return `${root}/resourceGroups/${scope.resourceGroup}/providers/${type}/${name}`;
  };

  const module = ({ name, node }: Declaration, bodyNode: Node, locals: Locals): Value => {
    const path = join(dirname(file), stringLiteral(childOf(node, 'string')));
    const body = evaluate(bodyNode, locals) as Record<string, Record<string, Value>>;
    const target = body.scope;
    const inner: Scope = target
      ? { subscriptionId: toText(target.subscriptionId ?? null), resourceGroup: toText(target.resourceGroup ?? null) }
      : scope;
    const made = evaluateFile(path, modules.get(path) ?? [], body.params ?? {}, inner, modules);
    resources.push(...made.resources);
    return { outputs: made.outputs, module: name };
  };

  const evaluate = (node: Node, locals: Locals): Value => {
    const child = (field: string): Node => {
      const found = node.childForFieldName(field);
      if (!found) throw new Error(`${file}: ${node.type} without ${field}: ${node.text}`);
      return found;
    };
    switch (node.type) {
      case 'string':
        return stringValue(node, (inner) => evaluate(inner, locals));
      case 'number':
        return Number(node.text);
      case 'boolean':
        return node.text === 'true';
      case 'null':
        return null;
      case 'identifier':
        return node.text in locals ? (locals[node.text] ?? null) : lookUp(node.text);
      case 'parenthesized_expression':
        return evaluate(onlyChild(node), locals);
      case 'array':
        return namedChildren(node).map((item) => evaluate(item, locals));
      case 'object':
        return Object.fromEntries(
          namedChildren(node).flatMap((property) => {
            const [key, value] = namedChildren(property);
            if (!key || !value) return [];
            return [
              [
                key.type === 'string' ? toText(evaluate(key, locals)) : key.text,
                evaluate(value, locals),
              ],
            ];
          }),
        );
      case 'for_statement':
        return loop(node, locals, (body, inner) => evaluate(body, inner));
      case 'ternary_expression':
        return evaluate(child('condition'), locals) === true
          ? evaluate(child('consequence'), locals)
          : evaluate(child('alternative'), locals);
      case 'unary_expression':
        if (child('operator').text !== '!') throw new Error(`${file}: ${node.text}`);
        return evaluate(child('argument'), locals) !== true;
      case 'binary_expression':
        return binary(child('operator').text, child('left'), child('right'), locals);
      case 'member_expression':
        return member(evaluate(child('object'), locals), child('property').text);
      case 'subscript_expression':
        return member(evaluate(child('object'), locals), toText(evaluate(child('index'), locals)));
      case 'call_expression':
        return callFunction(
          child('function').text,
          namedChildren(child('arguments')).map((argument) => toArgument(argument, locals)),
          { file, scope },
        );
      default:
        throw new Error(`${file}: ${node.type} is not among the expressions that the tests know: ${node.text}`);
    }
  };

  const binary = (operator: string, left: Node, right: Node, locals: Locals): Value => {
    switch (operator) {
      case '&&':
        return evaluate(left, locals) === true && evaluate(right, locals) === true;
      case '||':
        return evaluate(left, locals) === true || evaluate(right, locals) === true;
      case '==':
        return evaluate(left, locals) === evaluate(right, locals);
      case '!=':
        return evaluate(left, locals) !== evaluate(right, locals);
      default:
        throw new Error(`${file}: the operator ${operator} is not among those that the tests know`);
    }
  };

  const member = (of: Value, name: string): Value => {
    const runtime = typeof of === 'string' ? /^‹(.*)›$/.exec(of)?.[1] : undefined;
    if (runtime !== undefined) return `‹${runtime}.${name}›`;
    if (of === null || typeof of !== 'object') throw new Error(`${file}: ${name} of ${toText(of)}`);
    const value = Array.isArray(of) ? of[Number(name)] : of[name];
    if (value === undefined) {
      const unknown = !Array.isArray(of) && typeof of[RUNTIME] === 'string' ? of[RUNTIME] : undefined;
      if (unknown === undefined) throw new Error(`${file}: there is no ${name} in ${JSON.stringify(of)}`);
      return `‹${unknown}.${name}›`;
    }
    return value;
  };

  const toArgument = (node: Node, locals: Locals): Argument => {
    if (node.type !== 'lambda_expression') return evaluate(node, locals);
    const [parameters, body] = namedChildren(node);
    if (!parameters || !body) throw new Error(`${file}: ${node.text}`);
    const names =
      parameters.type === 'identifier' ? [parameters.text] : namedChildren(parameters).map(({ text }) => text);
    return (...values) =>
      evaluate(body, { ...locals, ...Object.fromEntries(names.map((name, i) => [name, values[i] ?? null])) });
  };

  for (const { name, kind } of declarations) if (kind === 'resource' || kind === 'module') lookUp(name);
  const outputs = Object.fromEntries(
    declarations.filter(({ kind }) => kind === 'output').map(({ name, node }) => [name, evaluate(valueOf(node), {})]),
  );
  return { resources, outputs, waitsFor };
}

/** Provider and types of a resource id, without the names between them. */
function typeOf(id: string): string {
  const [, inProvider] = /^.*\/providers\/(.*)$/.exec(id) ?? [];
  if (inProvider === undefined) return 'Microsoft.Resources/resourceGroups';
  const [provider, ...rest] = inProvider.split('/');
  return [provider, ...rest.filter((_, i) => i % 2 === 0)].join('/');
}

/** Marks an object some of whose members only Azure knows. */
const RUNTIME = '‹runtime›';

function withRuntime(path: string, declared: Value | undefined): Value {
  return { ...(declared as Record<string, Value> | undefined), [RUNTIME]: path };
}

function idOf(reference: Value): string {
  if (reference === null || typeof reference !== 'object' || Array.isArray(reference))
    throw new Error(`not a resource: ${JSON.stringify(reference)}`);
  return toText(reference.id ?? null);
}

export function toText(value: Value): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`not a text: ${JSON.stringify(value)}`);
}

/** What stands behind the `=`. */
function valueOf(node: Node): Node {
  const value = namedChildren(node).at(-1);
  if (!value) throw new Error(node.text);
  return value;
}

function onlyChild(node: Node): Node {
  const [child, ...more] = namedChildren(node);
  if (!child || more.length > 0) throw new Error(node.text);
  return child;
}

function stringLiteral(node: Node | undefined): string {
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
