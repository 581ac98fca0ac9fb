import { createHash } from 'node:crypto';
import { type Argument, type Surroundings, toList, toObject, toText, type Value } from './template-values.ts';

/** The functions of template expressions that ours use. Hashes are hashes, of other values than Azure's own. */
export function callFunction(
  name: string,
  args: Argument[],
  locals: Record<string, Value>,
  around: Surroundings,
): Value {
  const value = (index: number): Value => {
    const arg = args[index];
    if (!arg) throw new Error(`${name}(): argument ${index + 1}`);
    return arg();
  };
  const text = (index: number) => toText(value(index));
  const all = () => args.map((arg) => arg());
  /** What `lambda('x', …)` makes of an item. */
  const apply = (item: Value): Value => {
    const made = toObject(value(1));
    const [parameter, body] = [toText(made.parameter ?? null), lambdas.get(made)];
    if (!body) throw new Error(`${name}(): argument 2 is no lambda`);
    return body({ ...locals, [parameter]: item });
  };
  const subscription = `/subscriptions/${around.subscriptionId}`;
  const group = `${subscription}/resourceGroups/${around.resourceGroup}`;

  switch (name) {
    case 'parameters':
      return around.parameter(text(0));
    case 'variables':
      return around.variable(text(0));
    case 'reference':
      return around.reference(text(0));
    case 'copyIndex':
      return around.copyIndex(args.length > 0 ? text(0) : undefined);
    case 'lambdaVariables': {
      const local = locals[text(0)];
      if (local === undefined) throw new Error(`${text(0)} is no variable of a lambda`);
      return local;
    }
    case 'lambda': {
      const body = args.at(-1);
      const made = { parameter: text(0) };
      if (body) lambdas.set(made, body);
      return made;
    }
    case 'if':
      return value(value(0) === true ? 1 : 2);
    case 'and':
      return args.every((arg) => arg() === true);
    case 'endsWith':
      // Without case: https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions-string#endswith
      return text(0).toLowerCase().endsWith(text(1).toLowerCase());
    case 'not':
      return value(0) !== true;
    case 'equals':
      return value(0) === value(1);
    case 'true':
      return true;
    case 'null':
      return null;
    case 'fail':
      throw new Error(text(0));
    case 'empty':
      return isEmpty(value(0));
    case 'length':
      return toList(value(0)).length;
    case 'last':
      return toList(value(0)).at(-1) ?? null;
    case 'map':
      return toList(value(0)).map(apply);
    case 'filter':
      return toList(value(0)).filter((item) => apply(item) === true);
    case 'contains':
      return Object.hasOwn(toObject(value(0)), text(1));
    case 'objectKeys':
      return Object.keys(toObject(value(0))).toSorted();
    case 'items':
      return Object.entries(toObject(value(0)))
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, item]) => ({ key, value: item }));
    case 'createArray':
      return all();
    case 'createObject': {
      const given = all();
      const keys = given.filter((_, index) => index % 2 === 0).map(toText);
      return Object.fromEntries(keys.map((key, index) => [key, given[2 * index + 1] ?? null]));
    }
    case 'concat':
      return all().flatMap(toList);
    case 'union':
      return Array.isArray(value(0))
        ? [...new Set(all().flatMap(toList))]
        : Object.assign({}, ...all().map(toObject));
    case 'format':
      return text(0).replace(/\{\{|\}\}|\{(\d+)\}/g, (match, index?: string) =>
        index === undefined ? match.slice(1) : text(Number(index) + 1),
      );
    case 'split':
      return text(0).split(text(1));
    case 'join':
      return toList(value(0)).map(toText).join(text(1));
    case 'trim':
      return text(0).trim();
    case 'toLower':
      return text(0).toLowerCase();
    case 'replace':
      return text(0).replaceAll(text(1), text(2));
    case 'string':
      return JSON.stringify(value(0));
    case 'uniqueString':
      return hash(all()).slice(0, 13);
    case 'guid':
      return hash(all()).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
    case 'subscription':
      return { id: subscription, subscriptionId: around.subscriptionId };
    case 'resourceGroup':
      return { id: group };
    case 'tenant':
      return { tenantId: 'the-tenant' };
    case 'environment':
      return { suffixes: { storage: 'core.windows.net', keyvaultDns: '.vault.azure.net' } };
    case 'resourceId':
      return `${around.resourceGroup === undefined ? subscription : group}/providers/${pathOf(all().map(toText))}`;
    case 'subscriptionResourceId':
      return `${subscription}/providers/${pathOf(all().map(toText))}`;
    default:
      throw new Error(`${name}() is not among the functions that the tests know`);
  }
}

const lambdas = new WeakMap<object, Argument>();

/** Provider, types and names as they alternate in a resource id. */
export function pathOf([type = '', ...names]: string[]): string {
  const [provider, ...types] = type.split('/');
  return [provider, ...types.flatMap((one, index) => [one, names[index] ?? ''])].join('/');
}

function hash(values: Value[]): string {
  return createHash('sha256').update(values.map(toText).join('|')).digest('hex');
}

function isEmpty(value: Value): boolean {
  if (value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
