import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Scope, toText, type Value } from './evaluate-expression.ts';

/** A lambda's body, or a plain value. */
export type Argument = Value | ((...values: Value[]) => Value);

export interface CallContext {
  file: string;
  scope: Scope;
}

/** The functions of Bicep that the templates use, as far as they use them. Hashes are hashes, of other lengths than Azure's own where that does not matter. */
export function callFunction(name: string, args: Argument[], { file, scope }: CallContext): Value {
  const value = (index: number): Value => {
    const arg = args[index];
    if (arg === undefined || typeof arg === 'function') throw new Error(`${name}(): argument ${index + 1}`);
    return arg;
  };
  const lambda = (index: number) => {
    const arg = args[index];
    if (typeof arg !== 'function') throw new Error(`${name}(): argument ${index + 1} is no lambda`);
    return arg;
  };
  const text = (index: number) => toText(value(index));
  const all = () => args.map((_, index) => value(index));

  switch (name) {
    case 'empty':
      return isEmpty(value(0));
    case 'split':
      return text(0).split(text(1));
    case 'trim':
      return text(0).trim();
    case 'toLower':
      return text(0).toLowerCase();
    case 'replace':
      return text(0).replaceAll(text(1), text(2));
    case 'join':
      return list(value(0)).map(toText).join(text(1));
    case 'last':
      return list(value(0)).at(-1) ?? null;
    case 'map':
      return list(value(0)).map((item) => lambda(1)(item));
    case 'filter':
      return list(value(0)).filter((item) => lambda(1)(item) === true);
    case 'contains': {
      const within = value(0);
      return Array.isArray(within) ? within.includes(value(1)) : Object.hasOwn(object(within), text(1));
    }
    case 'objectKeys':
      return Object.keys(object(value(0))).toSorted();
    case 'concat':
      return all().flatMap(list);
    case 'union':
      return Array.isArray(value(0))
        ? [...new Set(all().flatMap(list))]
        : Object.assign({}, ...all().map(object));
    case 'items':
      return Object.entries(object(value(0)))
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, item]) => ({ key, value: item }));
    case 'uniqueString':
      return createHash('sha256').update(all().map(toText).join('|')).digest('hex').slice(0, 13);
    case 'guid': {
      const hex = createHash('sha256').update(all().map(toText).join('|')).digest('hex');
      return [
        hex.slice(0, 8),
        hex.slice(8, 12),
        hex.slice(12, 16),
        hex.slice(16, 20),
        hex.slice(20, 32),
      ].join('-');
    }
    case 'fail':
      throw new Error(text(0));
    case 'loadTextContent':
      return readFileSync(join(dirname(file), text(0)), 'utf8');
    case 'loadJsonContent':
      return JSON.parse(readFileSync(join(dirname(file), text(0)), 'utf8'));
    case 'string':
      return typeof value(0) === 'string' ? value(0) : JSON.stringify(value(0));
    case 'subscription':
      return { id: `/subscriptions/${scope.subscriptionId}`, subscriptionId: scope.subscriptionId };
    case 'tenant':
      return { tenantId: 'the-tenant' };
    case 'environment':
      return { suffixes: { storage: 'core.windows.net', keyvaultDns: '.vault.azure.net' } };
    case 'resourceGroup':
      return args.length > 0
        ? { subscriptionId: text(0), resourceGroup: text(1) }
        : { id: `/subscriptions/${scope.subscriptionId}/resourceGroups/${scope.resourceGroup}` };
    case 'subscriptionResourceId':
      return `/subscriptions/${scope.subscriptionId}/providers/${text(0)}/${text(1)}`;
    default:
      throw new Error(`${name}() is not among the functions that the tests know`);
  }
}

function isEmpty(value: Value): boolean {
  if (value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function list(value: Value): Value[] {
  if (!Array.isArray(value)) throw new Error(`not an array: ${JSON.stringify(value)}`);
  return value;
}

function object(value: Value): Record<string, Value> {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new Error(`not an object: ${JSON.stringify(value)}`);
  return value;
}
