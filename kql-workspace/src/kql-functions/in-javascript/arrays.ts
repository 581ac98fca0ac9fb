import {
  bigintOf,
  type Json,
  numberOf,
  readArray,
  readJson,
  sameJson,
  textOf,
  writeJson,
} from '../../values/json-values.ts';
import { integerLiteral, type Scalar } from '../../values/scalar-types.ts';
import type { JsFunctions } from './js-function.ts';

/** JSON's null as an argument that is there. */
const jsonNull: Scalar = { sql: "'null'::JSON", type: 'dynamic', nullable: false };

/** Kusto's functions of arrays. Arguments of type dynamic are JSON text. */
export const arrayFunctions: JsFunctions = {
  array_concat: {
    takes: ['dynamic'],
    rest: true,
    gives: 'dynamic',
    call: (all: string) =>
      writeJson((readArray(all) ?? []).flatMap((item) => (Array.isArray(item) ? item : []))),
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
  zip: { takes: ['dynamic'], rest: true, gives: 'dynamic', call: zip },
};

function withArray(array: string, change: (items: readonly Json[]) => readonly Json[]): string | undefined {
  const items = readArray(array);
  return items && writeJson(change(items));
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
  return writeJson(
    tests.map((test, index) => {
      const truth = typeof test === 'boolean' ? test : numberOf(test);
      return truth === undefined ? null : pick(truth ? yes : no, index);
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
    if (sameJson(items[index] ?? null, wanted) && ++seen === occurrence) return BigInt(index);
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
      return rank(left) - rank(right) || direction * compare(left, right);
    });
  const sorted = arrays.map((array) =>
    Array.isArray(array) && array.length === keys.length ? order.map((index) => array[index] as Json) : null,
  );
  return writeJson(sorted.length === 1 ? (sorted[0] ?? null) : sorted);
}

/** Numbers come before texts, and texts before all else. */
function rank(value: Json): number {
  if ((bigintOf(value) ?? numberOf(value)) !== undefined) return 0;
  return typeof value === 'string' ? 1 : 2;
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
  return writeJson([...parts, items.slice(start)]);
}

function zip(all: string): string | undefined {
  const arrays = (readArray(all) ?? []).map((item) =>
    Array.isArray(item) ? (item as readonly Json[]) : [item],
  );
  const length = Math.max(0, ...arrays.map((array) => array.length));
  return writeJson(Array.from({ length }, (_, index) => arrays.map((array) => array[index] ?? null)));
}
