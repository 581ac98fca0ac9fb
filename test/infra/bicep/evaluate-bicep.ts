import { basename, dirname, join } from 'node:path';
import {
  evaluate,
  forEachItem,
  type Names,
  RUNTIME,
  type Scope,
  stringLiteral,
  toText,
  type Value,
} from './evaluate-expression.ts';
import { childOf, type Declaration, type Node, namedChildren, parseBicep } from './parse-bicep.ts';

export interface Resource {
  id: string;
  type: string;
  apiVersion: string;
  name: string;
  /** Id of what an extension resource (a role assignment, a diagnostic setting) belongs to. */
  scope?: string;
  body: Record<string, Value>;
  decorators: string[];
  /** The file that declares it, without folder and `.bicep`. */
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
  const files = new Map<string, Declaration[]>();
  await readFiles(file, files);
  return evaluateFile(file, params, scope, files);
}

async function readFiles(file: string, files: Map<string, Declaration[]>): Promise<void> {
  if (files.has(file)) return;
  const declarations = await parseBicep(file);
  files.set(file, declarations);
  for (const { kind, node } of declarations)
    if (kind === 'module') await readFiles(pathOf(node, file), files);
}

function pathOf(module: Node, file: string): string {
  return join(dirname(file), stringLiteral(childOf(module, 'string')));
}

function evaluateFile(
  file: string,
  params: Record<string, Value>,
  scope: Scope,
  files: Map<string, Declaration[]>,
): Deployment {
  const declarations = files.get(file) ?? [];
  const resources: Resource[] = [];
  const waitsFor = new Map<string, Set<string>>();
  const known = new Map<string, Value>();
  const underWay: string[] = [];
  // Outputs have names of their own: a parameter may be called the same.
  const byName = new Map(
    declarations
      .filter(({ kind }) => ['param', 'var', 'resource', 'module'].includes(kind))
      .map((declaration) => [declaration.name, declaration]),
  );
  for (const name of Object.keys(params))
    if (byName.get(name)?.kind !== 'param') throw new Error(`${file}: there is no parameter ${name}`);

  const lookUp = (name: string): Value => {
    const declaration = byName.get(name);
    if (!declaration) throw new Error(`${file}: ${name} is not declared`);
    const waiting = underWay.findLast((other) => byName.get(other)?.kind === 'module');
    if (declaration.kind === 'module' && waiting) waitsFor.get(waiting)?.add(name);
    const ready = known.get(name);
    if (ready !== undefined) return ready;
    if (underWay.includes(name)) throw new Error(`${file}: ${name} depends on itself`);
    underWay.push(name);
    const value = declare(declaration);
    underWay.pop();
    known.set(name, value);
    return value;
  };
  const names: Names = { file, scope, lookUp, locals: {} };

  const declare = (declaration: Declaration): Value => {
    switch (declaration.kind) {
      case 'param':
        return parameter(declaration);
      case 'resource':
        return each(declaration, (body, inner) => resource(declaration, body, inner));
      case 'module':
        waitsFor.set(declaration.name, new Set());
        return each(declaration, (body, inner) => module(declaration, body, inner));
      default:
        return evaluate(definitionOf(declaration.node), names);
    }
  };

  const parameter = ({ name, node, decorators }: Declaration): Value => {
    const given = params[name];
    const hasDefault = node.children.some((child) => child?.type === '=');
    if (given === undefined && !hasDefault) throw new Error(`${file}: the parameter ${name} is missing`);
    const value = given ?? evaluate(definitionOf(node), names);
    const allowed = decorators.get('allowed')?.[0];
    const list = allowed && evaluate(allowed, names);
    if (Array.isArray(list) && !list.includes(value))
      throw new Error(`${file}: ${name} must not be ${toText(value)}`);
    return value;
  };

  const resource = (
    { node, decorators }: Pick<Declaration, 'node' | 'decorators'>,
    bodyNode: Node,
    inner: Names,
    parentId?: string,
  ): Value => {
    const [type = '', apiVersion = ''] = stringLiteral(childOf(node, 'string')).split('@');
    const { name: given, parent, scope: on, ...body } = toObject(evaluate(bodyNode, inner));
    const name = toText(given ?? null);
    const scopeId = on === undefined ? undefined : idOf(on);
    const id = resourceId({ type, name, scope }, parentId ?? (parent ? idOf(parent) : undefined), scopeId);
    const made: Resource = {
      id,
      type: typeOf(id),
      apiVersion,
      name,
      ...(scopeId && { scope: scopeId }),
      body,
      decorators: [...decorators.keys()],
      file: basename(file, '.bicep'),
    };
    if (!node.children.some((child) => child?.type === 'existing')) resources.push(made);
    for (const property of namedChildren(bodyNode)) {
      const nested = childOf(property, 'resource_declaration');
      if (nested) resource({ node: nested, decorators: new Map() }, definitionOf(nested), inner, id);
    }
    const properties = body.properties === undefined ? {} : toObject(body.properties);
    return {
      ...body,
      id,
      name,
      properties: { ...properties, [RUNTIME]: `${made.type}/${name}.properties` },
      // Of a resource group, which a module can be deployed to.
      subscriptionId: scope.subscriptionId,
      resourceGroup: name,
    };
  };

  const module = ({ name, node }: Declaration, bodyNode: Node, inner: Names): Value => {
    const { scope: target, params: given = {} } = toObject(evaluate(bodyNode, inner));
    const group = target === undefined ? undefined : toObject(target);
    const made = evaluateFile(
      pathOf(node, file),
      toObject(given),
      group
        ? {
            subscriptionId: toText(group.subscriptionId ?? null),
            resourceGroup: toText(group.resourceGroup ?? null),
          }
        : scope,
      files,
    );
    resources.push(...made.resources);
    return { outputs: made.outputs, module: name };
  };

  /** One, none (a condition that does not hold), or one for each item of a loop. */
  const each = ({ name, node }: Declaration, make: (body: Node, inner: Names) => Value): Value => {
    const conditional = (body: Node, inner: Names): Value => {
      if (body.type !== 'if_statement') return make(body, inner);
      const [condition, then] = namedChildren(body);
      if (!condition || !then) throw new Error(`${file}: ${name}`);
      return evaluate(condition, inner) === true ? make(then, inner) : null;
    };
    const definition = definitionOf(node);
    return definition.type === 'for_statement'
      ? forEachItem(definition, names, conditional)
      : conditional(definition, names);
  };

  for (const { name, kind } of declarations) if (kind === 'resource' || kind === 'module') lookUp(name);
  const outputs = declarations.filter(({ kind }) => kind === 'output');
  return {
    resources,
    outputs: Object.fromEntries(outputs.map(({ name, node }) => [name, evaluate(definitionOf(node), names)])),
    waitsFor,
  };
}

function resourceId(
  { type, name, scope }: { type: string; name: string; scope: Scope },
  parentId: string | undefined,
  scopeId: string | undefined,
): string {
  if (parentId) return `${parentId}/${type.split('/').at(-1)}/${name}`;
  if (scopeId) return `${scopeId}/providers/${type}/${name}`;
  const subscription = `/subscriptions/${scope.subscriptionId}`;
  if (type === 'Microsoft.Resources/resourceGroups') return `${subscription}/resourceGroups/${name}`;
  return `${subscription}/resourceGroups/${scope.resourceGroup}/providers/${type}/${name}`;
}

/** Provider and types of a resource id, without the names between them. */
function typeOf(id: string): string {
  const [, inProvider] = /^.*\/providers\/(.*)$/.exec(id) ?? [];
  if (inProvider === undefined) return 'Microsoft.Resources/resourceGroups';
  const [provider, ...rest] = inProvider.split('/');
  return [provider, ...rest.filter((_, i) => i % 2 === 0)].join('/');
}

function idOf(reference: Value): string {
  return toText(toObject(reference).id ?? null);
}

function toObject(value: Value): Record<string, Value> {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new Error(`not an object: ${JSON.stringify(value)}`);
  return value;
}

/** What stands behind the `=`. */
function definitionOf(node: Node): Node {
  const value = namedChildren(node).at(-1);
  if (!value) throw new Error(node.text);
  return value;
}
