import type { JsFunctions } from './js-function.ts';
import {
  bigintOf,
  isObject,
  type Json,
  type JsonObject,
  numberOf,
  readArray,
  readJson,
  readObject,
  textOf,
  writeJson,
} from './json-values.ts';
import { integerLiteral, type Scalar } from './scalar-types.ts';

/** JSON's null as an argument that is there. */
const jsonNull: Scalar = { sql: "'null'::JSON", type: 'dynamic', nullable: false };

/** Kusto's functions of arrays and property bags. Arguments of type dynamic are JSON text. */
export const jsonFunctions: JsFunctions = {
  array_concat: {
    takes: ['dynamic'],
    rest: true,
    gives: 'dynamic',
    call: (all: string) => write((readArray(all) ?? []).flatMap((item) => (Array.isArray(item) ? item : []))),
  },
  array_iff: { takes: ['dynamic', 'dynamic', 'dynamic'], gives: 'dynamic', call: arrayIff },
  array_index_of: {
    takes: ['dynamic', 'dynamic', 'long', 'long', 'long'],
    defaults: [integerLiteral(0n, 'long'), integerLiteral(-1n, 'long'), integerLiteral(1n, 'long')],
    gives: 'long',
    call: arrayIndexOf,
  },
  array_length: {
    takes: ['dynamic'],
    gives: 'long',
    call: (array: string) => {
      const items = readArray(array);
      return items && BigInt(items.length);
    },
  },
  array_reverse: {
    takes: ['dynamic'],
    gives: 'dynamic',
    call: (array: string) => withArray(array, (items) => items.toReversed()),
  },
  array_rotate_left: {
    takes: ['dynamic', 'long'],
    gives: 'dynamic',
    call: (array: string, count: bigint) => withArray(array, (items) => rotate(items, count)),
  },
  array_rotate_right: {
    takes: ['dynamic', 'long'],
    gives: 'dynamic',
    call: (array: string, count: bigint) => withArray(array, (items) => rotate(items, -count)),
  },
  array_shift_left: {
    takes: ['dynamic', 'long', 'dynamic'],
    defaults: [jsonNull],
    gives: 'dynamic',
    call: (array: string, count: bigint, fill: string) =>
      withArray(array, (items) => shift(items, count, fill)),
  },
  array_shift_right: {
    takes: ['dynamic', 'long', 'dynamic'],
    defaults: [jsonNull],
    gives: 'dynamic',
    call: (array: string, count: bigint, fill: string) =>
      withArray(array, (items) => shift(items, -count, fill)),
  },
  array_slice: {
    takes: ['dynamic', 'long', 'long'],
    gives: 'dynamic',
    call: (array: string, start: bigint, end: bigint) =>
      withArray(array, (items) => {
        const place = (index: bigint): number => Number(index < 0n ? BigInt(items.length) + index : index);
        return items.slice(Math.max(place(start), 0), Math.max(place(end) + 1, 0));
      }),
  },
  array_sort_asc: {
    takes: ['dynamic'],
    rest: true,
    gives: 'dynamic',
    call: (args: string) => sortArrays(args, 1),
  },
  array_sort_desc: {
    takes: ['dynamic'],
    rest: true,
    gives: 'dynamic',
    call: (args: string) => sortArrays(args, -1),
  },
  array_split: { takes: ['dynamic', 'dynamic'], gives: 'dynamic', call: arraySplit },
  array_sum: {
    takes: ['dynamic'],
    gives: 'real',
    call: (array: string) => {
      const numbers = readArray(array)?.map(numberOf);
      return numbers?.every((number) => number !== undefined)
        ? numbers.reduce<number>((sum, number) => sum + (number ?? 0), 0)
        : undefined;
    },
  },
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
      return members && unwanted && write(withoutKeys(members, unwanted.map(textOf)));
    },
  },
  bag_set_key: {
    takes: ['dynamic', 'string', 'dynamic'],
    gives: 'dynamic',
    call: (bag: string, key: string, value: string) => {
      const members = readObject(bag);
      return members && write(withMember(members, pathOf(key), readJson(value) ?? null));
    },
  },
  bag_zip: {
    takes: ['dynamic', 'dynamic'],
    gives: 'dynamic',
    call: (keys: string, values: string) => {
      const [names, items] = [readArray(keys), readArray(values)];
      if (!names || !items) return undefined;
      const pairs = names.flatMap((name, index) =>
        typeof name === 'string' ? [[name, items[index] ?? null] as const] : [],
      );
      return write(Object.fromEntries(pairs));
    },
  },
  dynamic_to_json: {
    takes: ['dynamic'],
    gives: 'string',
    call: (value: string) => write(inOrder(readJson(value) ?? null)),
  },
  jaccard_index: {
    takes: ['dynamic', 'dynamic'],
    gives: 'real',
    call: (left: string, right: string) => {
      const [a, b] = [unique(readArray(left) ?? []), unique(readArray(right) ?? [])];
      const inner = a.filter((item) => includes(b, item)).length;
      return inner / (a.length + b.length - inner);
    },
  },
  set_difference: {
    takes: ['dynamic'],
    rest: true,
    gives: 'dynamic',
    call: (all: string) =>
      withSets(all, (first, others) =>
        first.filter((item) => !others.some((other) => includes(other, item))),
      ),
  },
  set_equals: {
    takes: ['dynamic', 'dynamic'],
    gives: 'bool',
    call: (left: string, right: string) => {
      const [a, b] = [unique(readArray(left) ?? []), unique(readArray(right) ?? [])];
      return a.length === b.length && a.every((item) => includes(b, item));
    },
  },
  set_has_element: {
    takes: ['dynamic', 'dynamic'],
    gives: 'bool',
    call: (set: string, item: string) => {
      const items = readArray(set);
      return items && includes(items, readJson(item) ?? null);
    },
  },
  set_intersect: {
    takes: ['dynamic'],
    rest: true,
    gives: 'dynamic',
    call: (all: string) =>
      withSets(all, (first, others) =>
        first.filter((item) => others.every((other) => includes(other, item))),
      ),
  },
  set_union: {
    takes: ['dynamic'],
    rest: true,
    gives: 'dynamic',
    call: (all: string) => withSets(all, (first, others) => unique([...first, ...others.flat()])),
  },
  treepath: {
    takes: ['dynamic'],
    gives: 'dynamic',
    call: (value: string) => {
      const members = readObject(value);
      return members && JSON.stringify([...new Set(paths(members, ''))]);
    },
  },
  zip: { takes: ['dynamic'], rest: true, gives: 'dynamic', call: zip },
};

const write = writeJson;

/** The value with the keys of its bags in ascending order. */
function inOrder(value: Json): Json {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isObject(value)) return value;
  const keys = Object.keys(value).toSorted();
  return Object.fromEntries(keys.map((key) => [key, inOrder(value[key] ?? null)]));
}

function withArray(array: string, change: (items: readonly Json[]) => readonly Json[]): string | undefined {
  const items = readArray(array);
  return items && write(change(items));
}

function same(left: Json, right: Json): boolean {
  return write(left) === write(right);
}

function includes(items: readonly Json[], item: Json): boolean {
  return items.some((candidate) => same(candidate, item));
}

function unique(items: readonly Json[]): readonly Json[] {
  const seen = new Set<string>();
  return items.filter((item) => !seen.has(write(item)) && seen.add(write(item)));
}

/** The result of a set function; null unless every argument is an array. */
function withSets(
  all: string,
  combine: (first: readonly Json[], others: readonly (readonly Json[])[]) => readonly Json[],
): string | undefined {
  const sets = (readArray(all) ?? []).map((set) => (Array.isArray(set) ? unique(set) : undefined));
  const [first, ...others] = sets;
  if (!first || others.includes(undefined)) return undefined;
  return write(combine(first, others as readonly (readonly Json[])[]));
}

function rotate(items: readonly Json[], count: bigint): readonly Json[] {
  if (items.length === 0) return items;
  const by = Number(((count % BigInt(items.length)) + BigInt(items.length)) % BigInt(items.length));
  return [...items.slice(by), ...items.slice(0, by)];
}

function shift(items: readonly Json[], count: bigint, fill: string): readonly Json[] {
  const value = readJson(fill) ?? null;
  return items.map((_item, index) => {
    const from = index + Number(count);
    return from >= 0 && from < items.length ? (items[from] ?? null) : value;
  });
}

function arrayIff(conditions: string, whenTrue: string, whenFalse: string): string | undefined {
  const [tests, yes, no] = [readArray(conditions), readJson(whenTrue), readJson(whenFalse)];
  if (!tests) return undefined;
  const pick = (source: Json | undefined, index: number): Json =>
    Array.isArray(source) ? ((source[index] as Json | undefined) ?? null) : (source ?? null);
  return write(
    tests.map((test, index) => {
      const truth = typeof test === 'boolean' ? test : (numberOf(test) ?? 0) !== 0;
      return test === null ? null : pick(truth ? yes : no, index);
    }),
  );
}

function arrayIndexOf(
  array: string,
  value: string,
  start: bigint,
  length: bigint,
  occurrence: bigint,
): bigint | undefined {
  const items = readArray(array);
  if (!items || length < -1n || occurrence < 1n) return undefined;
  const wanted = readJson(value) ?? null;
  const from = Math.max(Number(start < 0n ? BigInt(items.length) + start : start), 0);
  const end = length < 0n ? items.length : Math.min(from + Number(length), items.length);
  let seen = 0n;
  for (let index = from; index < end; index++) {
    if (same(items[index] ?? null, wanted) && ++seen === occurrence) return BigInt(index);
  }
  return -1n;
}

/** `array_sort_asc` and `_desc`: the first array leads, others follow; nulls last unless told otherwise. */
function sortArrays(args: string, direction: 1 | -1): string | undefined {
  const given = readArray(args) ?? [];
  const nullsLast = given.at(-1) !== false;
  const arrays = given.filter((item) => typeof item !== 'boolean');
  const [lead] = arrays;
  if (!Array.isArray(lead)) return undefined;
  const keys = lead as readonly Json[];
  const order = keys
    .map((_key, index) => index)
    .toSorted((a, b) => {
      const [left, right] = [keys[a] ?? null, keys[b] ?? null];
      if (left === null || right === null) {
        return left === right ? 0 : (left === null) === nullsLast ? 1 : -1;
      }
      return direction * compare(left, right);
    });
  const sorted = arrays.map((array) =>
    Array.isArray(array) && array.length === keys.length ? order.map((index) => array[index] as Json) : null,
  );
  return write(sorted.length === 1 ? (sorted[0] ?? null) : sorted);
}

function compare(left: Json, right: Json): number {
  const [a, b] = [bigintOf(left) ?? numberOf(left), bigintOf(right) ?? numberOf(right)];
  if (a !== undefined && b !== undefined) return a < b ? -1 : a > b ? 1 : 0;
  const [s, t] = [textOf(left), textOf(right)];
  return s < t ? -1 : s > t ? 1 : 0;
}

function arraySplit(array: string, indices: string): string | undefined {
  const items = readArray(array);
  const at = readJson(indices);
  if (!items || at === undefined) return undefined;
  const places = (Array.isArray(at) ? (at as readonly Json[]) : [at]).map((index) =>
    Number(bigintOf(index) ?? 0n),
  );
  const parts: (readonly Json[])[] = [];
  let start = 0;
  for (const place of places) {
    const end = Math.min(Math.max(place < 0 ? items.length + place : place, start), items.length);
    parts.push(items.slice(start, end));
    start = end;
  }
  return write([...parts, items.slice(start)]);
}

/** One bag with the members of all in a JSON array; of equal keys the leftmost wins. */
export function mergeBags(all: string): string | undefined {
  const bags = (readArray(all) ?? []).filter(isObject);
  const merged: Record<string, Json> = {};
  for (const bag of bags) {
    for (const [key, value] of Object.entries(bag)) if (!Object.hasOwn(merged, key)) merged[key] = value;
  }
  return bags.length === 0 ? undefined : write(merged);
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

function zip(all: string): string | undefined {
  const arrays = (readArray(all) ?? []).map((item) =>
    Array.isArray(item) ? (item as readonly Json[]) : [item],
  );
  const length = Math.max(0, ...arrays.map((array) => array.length));
  return write(Array.from({ length }, (_, index) => arrays.map((array) => array[index] ?? null)));
}
