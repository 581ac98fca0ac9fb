import { evaluateText } from './evaluate-expression.ts';
import { pathOf } from './template-functions.ts';
import { RUNTIME, type Surroundings, toList, toObject, toText, type Value } from './template-values.ts';

export interface Resource {
  id: string;
  type: string;
  /** The last part, for what lies in something else. */
  name: string;
  /** Id of what an extension resource (a role assignment, a diagnostic setting) belongs to. */
  scope?: string;
  body: Record<string, Value>;
  /** The module that declares it, by the name that it has in the template. */
  module?: string;
}

export interface Deployment {
  resources: Resource[];
  outputs: Record<string, Value>;
}

/** Where a template is deployed to. */
export type Target = Pick<Surroundings, 'subscriptionId' | 'resourceGroup'>;

type Loop = { name: string; index: number };

/**
 * What a deployment of a compiled template with these parameters makes, modules included. What only Azure knows (an endpoint, a client id) is
 * `‹type/name.path›`. Whatever the evaluation does not know is an error, never skipped.
 */
export function evaluateTemplate(
  template: Record<string, Value>,
  given: Record<string, Value>,
  target: Target,
): Deployment {
  const declared = (part: string) => toObject(template[part] ?? {});
  const resources: Resource[] = [];
  const states = new Map<string, Value>();

  const around = (loops: Loop[]): Surroundings => ({
    ...target,
    parameter: (name) => {
      const { defaultValue, allowedValues } = toObject(declared('parameters')[name] ?? null);
      const value = given[name] ?? (defaultValue !== undefined ? resolve(defaultValue, loops) : undefined);
      if (value === undefined) throw new Error(`the parameter ${name} is missing`);
      if (Array.isArray(allowedValues) && !allowedValues.includes(value))
        throw new Error(`${name} must not be ${toText(value)}`);
      return value;
    },
    variable: (name) => {
      const { copy = [], ...plain } = declared('variables');
      const looped = toList(copy).find((one) => toObject(one).name === name);
      const value = looped === undefined ? plain[name] : { copy: [looped] };
      if (value === undefined) throw new Error(`the variable ${name} is not declared`);
      return looped === undefined ? resolve(value, []) : (toObject(resolve(value, []))[name] ?? null);
    },
    reference: (name) => {
      if (!states.has(name)) deploy(name);
      // Not a symbolic name, but an id: what is not made yet is made first.
      if (!states.has(name)) deployAll();
      const state = states.get(name);
      if (state === undefined) throw new Error(`${name} is not declared`);
      return state;
    },
    copyIndex: (name) => {
      const loop = loops.findLast((one) => name === undefined || one.name === name);
      if (!loop) throw new Error('copyIndex() outside of a loop');
      return loop.index;
    },
  });

  const resolve = (value: Value, loops: Loop[]): Value => {
    if (typeof value === 'string') return evaluateText(value, around(loops));
    if (Array.isArray(value)) return value.map((item) => resolve(item, loops));
    if (value === null || typeof value !== 'object') return value;
    const { copy, ...plain } = value;
    const entries = Object.entries(plain).map(
      ([name, item]) => [toText(resolve(name, loops)), resolve(item, loops)] as const,
    );
    const looped = copy === undefined ? [] : toList(copy).map((one) => loopOf(toObject(one), loops));
    return Object.fromEntries([...entries, ...looped]);
  };

  const loopOf = ({ name = '', count = 0, input = null }: Record<string, Value>, loops: Loop[]) => {
    const items = indices(resolve(count, loops));
    return [
      toText(name),
      items.map((index) => resolve(input, [...loops, { name: toText(name), index }])),
    ] as const;
  };

  const bodies = new Map(
    Array.isArray(template.resources)
      ? template.resources.map((body, index) => [String(index), toObject(body)] as const)
      : Object.entries(declared('resources')).map(([name, body]) => [name, toObject(body)] as const),
  );

  /** Makes what a declaration stands for: one resource, none, or one for each turn of its loop. */
  const deploy = (name: string): void => {
    // What stands in a loop is called name[0], name[1], …
    const body = bodies.get(name.replace(/\[\d+\]$/, ''));
    if (!body) return;
    const { copy } = body;
    if (copy === undefined) make(name, body, []);
    else {
      const { name: loop = '', count = 0 } = toObject(copy);
      for (const index of indices(resolve(count, [])))
        make(`${toText(loop)}[${index}]`, body, [{ name: toText(loop), index }]);
    }
  };

  const started = new Set<string>();
  const deployAll = () => {
    for (const name of bodies.keys()) {
      if (started.has(name)) continue;
      started.add(name);
      deploy(name);
    }
  };

  const make = (symbol: string, declaration: Record<string, Value>, loops: Loop[]): void => {
    if (states.has(symbol)) return;
    const { copy: _, condition = true, existing, properties: raw = {}, dependsOn: __, ...rest } = declaration;
    if (resolve(condition, loops) !== true) return;
    const { type: given, name: path = '', scope, ...body } = toObject(resolve(rest, loops));
    const type = toText(given ?? null);
    if (type === 'Microsoft.Resources/deployments') {
      const made = evaluateModule(toObject(raw), body, loops);
      resources.push(...made.resources.map((one) => ({ ...one, module: symbol.replace(/\[\d+\]$/, '') })));
      states.set(symbol, { outputs: valuesOf(made.outputs) });
      return;
    }
    const properties = toObject(resolve(raw, loops));
    const names = toText(path).split('/');
    const id = `${scope === undefined ? rootOf(type, target) : toText(scope)}/${type === GROUP ? `resourceGroups/${names[0]}` : `providers/${pathOf([type, ...names])}`}`;
    const state = { ...properties, [RUNTIME]: `${type}/${names.join('/')}.properties` };
    states.set(symbol, state);
    states.set(id, state);
    if (existing === true) return;
    const whole = { ...body, properties };
    const name = names.at(-1) ?? '';
    resources.push({ id, type, name, body: whole, ...(scope !== undefined && { scope: toText(scope) }) });
  };

  const evaluateModule = (module: Record<string, Value>, body: Record<string, Value>, loops: Loop[]) => {
    const values = Object.entries(toObject(module.parameters ?? {})).map(
      ([name, one]) => [name, toObject(resolve(one, loops)).value ?? null] as const,
    );
    const { subscriptionId = target.subscriptionId, resourceGroup = target.resourceGroup ?? null } = body;
    return evaluateTemplate(toObject(module.template ?? null), Object.fromEntries(values), {
      subscriptionId: toText(subscriptionId),
      resourceGroup: toText(resourceGroup),
    });
  };

  for (const name of Object.keys(given))
    if (!(name in declared('parameters'))) throw new Error(`there is no parameter ${name}`);
  deployAll();
  const outputs = Object.entries(declared('outputs')).map(
    ([name, output]) => [name, resolve(toObject(output).value ?? null, [])] as const,
  );
  return { resources, outputs: Object.fromEntries(outputs) };
}

const GROUP = 'Microsoft.Resources/resourceGroups';

function rootOf(type: string, { subscriptionId, resourceGroup }: Target): string {
  const subscription = `/subscriptions/${subscriptionId}`;
  return type === GROUP || resourceGroup === undefined
    ? subscription
    : `${subscription}/resourceGroups/${resourceGroup}`;
}

function indices(count: Value): number[] {
  if (typeof count !== 'number') throw new Error(`not a count: ${JSON.stringify(count)}`);
  return Array.from({ length: count }, (_, index) => index);
}

function valuesOf(outputs: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, { value }]));
}
