import {
  isObject,
  type Json,
  type JsonObject,
  readArray,
  readJson,
  readObject,
  textOf,
  writeJson,
} from '../../values/json-values.ts';
import type { JsFunctions } from './js-function.ts';

/** Kusto's functions of property bags. Arguments of type dynamic are JSON text. */
export const bagFunctions: JsFunctions = {
  bag_has_key: {
    takes: ['dynamic', 'string'],
    gives: 'bool',
    call: (bag: string, key: string) => {
      const members = readObject(bag);
      return members ? memberAt(members, pathOf(key)) !== undefined : undefined;
    },
  },
  bag_keys: {
    takes: ['dynamic'],
    gives: 'dynamic',
    call: (bag: string) => {
      const members = readObject(bag);
      return members && JSON.stringify(Object.keys(members));
    },
  },
  bag_merge: { takes: ['dynamic'], rest: true, gives: 'dynamic', call: mergeBags },
  bag_remove_keys: {
    takes: ['dynamic', 'dynamic'],
    gives: 'dynamic',
    call: (bag: string, keys: string) => {
      const [members, unwanted] = [readObject(bag), readArray(keys)];
      return members && unwanted && writeJson(withoutKeys(members, unwanted.map(textOf)));
    },
  },
  bag_set_key: {
    takes: ['dynamic', 'string', 'dynamic'],
    gives: 'dynamic',
    call: (bag: string, key: string, value: string) => {
      const members = readObject(bag);
      return members && writeJson(withMember(members, pathOf(key), readJson(value) ?? null));
    },
  },
  bag_zip: {
    takes: ['dynamic', 'dynamic'],
    gives: 'dynamic',
    call: (keys: string, values: string) => {
      const [names, items = []] = [readArray(keys), readArray(values)];
      if (!names) return undefined;
      const pairs = names.flatMap((name, index) =>
        typeof name === 'string' ? [[name, items[index] ?? null] as const] : [],
      );
      return writeJson(Object.fromEntries(pairs));
    },
  },
  dynamic_to_json: {
    takes: ['dynamic'],
    gives: 'string',
    call: (value: string) => writeJson(inOrder(readJson(value) ?? null)),
  },
  treepath: {
    takes: ['dynamic'],
    gives: 'dynamic',
    call: (value: string) => {
      const members = readObject(value);
      return members && JSON.stringify([...new Set(paths(members, ''))]);
    },
  },
};

/** The value with the keys of its bags in ascending order. */
function inOrder(value: Json): Json {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isObject(value)) return value;
  const keys = Object.keys(value).toSorted();
  return Object.fromEntries(keys.map((key) => [key, inOrder(value[key] ?? null)]));
}

/** One bag with the members of all in a JSON array; of equal keys the leftmost wins. */
export function mergeBags(all: string): string | undefined {
  const bags = (readArray(all) ?? []).filter(isObject);
  const merged: Record<string, Json> = {};
  for (const bag of bags) {
    for (const [key, value] of Object.entries(bag)) if (!Object.hasOwn(merged, key)) merged[key] = value;
  }
  return bags.length === 0 ? undefined : writeJson(merged);
}

/** A key is a name or a path: `$.a.b` or `$['a']['b']`. */
function pathOf(key: string): readonly string[] {
  if (!key.startsWith('$')) return [key];
  const steps = key.matchAll(/\.([^.[\]]+)|\[(?:'([^']*)'|"([^"]*)")\]/g);
  return [...steps].map(([, plain, single, double]) => plain ?? single ?? double ?? '');
}

function memberAt(bag: JsonObject, [key, ...rest]: readonly string[]): Json | undefined {
  const member = key !== undefined && Object.hasOwn(bag, key) ? bag[key] : undefined;
  if (rest.length === 0) return member;
  return isObject(member) ? memberAt(member, rest) : undefined;
}

/** A step that isn't a bag is replaced by one. */
function withMember(bag: JsonObject, [key, ...rest]: readonly string[], value: Json): JsonObject {
  if (key === undefined) return bag;
  const inner = bag[key];
  return { ...bag, [key]: rest.length === 0 ? value : withMember(isObject(inner) ? inner : {}, rest, value) };
}

function withoutKeys(bag: JsonObject, keys: readonly string[]): JsonObject {
  let output: JsonObject = bag;
  for (const key of keys) {
    output = withoutPath(output, pathOf(key));
  }
  return output;
}

function withoutPath(bag: JsonObject, [key, ...rest]: readonly string[]): JsonObject {
  if (key === undefined || !Object.hasOwn(bag, key)) return bag;
  if (rest.length === 0) return Object.fromEntries(Object.entries(bag).filter(([name]) => name !== key));
  const inner = bag[key];
  return isObject(inner) ? { ...bag, [key]: withoutPath(inner, rest) } : bag;
}

function* paths(value: Json, prefix: string): Generator<string> {
  if (isObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      yield `${prefix}['${key}']`;
      yield* paths(member, `${prefix}['${key}']`);
    }
  } else if (Array.isArray(value) && value.length > 0) {
    yield `${prefix}[0]`;
    for (const item of value as readonly Json[]) yield* paths(item, `${prefix}[0]`);
  }
}
