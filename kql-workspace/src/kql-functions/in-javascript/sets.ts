import {
  includesJson,
  type Json,
  readArray,
  readJson,
  uniqueJson,
  writeJson,
} from '../../values/json-values.ts';
import type { JsFunctions } from './js-function.ts';

/** Kusto's functions of arrays as sets. Arguments of type dynamic are JSON text. */
export const setFunctions: JsFunctions = {
  jaccard_index: {
    takes: ['dynamic', 'dynamic'],
    gives: 'real',
    call: (left: string, right: string) => {
      const [a, b] = [uniqueJson(readArray(left) ?? []), uniqueJson(readArray(right) ?? [])];
      const inner = a.filter((item) => includesJson(b, item)).length;
      return inner / (a.length + b.length - inner);
    },
  },
  set_difference: {
    takes: ['dynamic'],
    rest: true,
    gives: 'dynamic',
    call: (all: string) =>
      withSets(all, (first, others) =>
        first.filter((item) => !others.some((other) => includesJson(other, item))),
      ),
  },
  set_equals: {
    takes: ['dynamic', 'dynamic'],
    gives: 'bool',
    call: (left: string, right: string) => {
      const [a, b] = [uniqueJson(readArray(left) ?? []), uniqueJson(readArray(right) ?? [])];
      return a.length === b.length && a.every((item) => includesJson(b, item));
    },
  },
  set_has_element: {
    takes: ['dynamic', 'dynamic'],
    gives: 'bool',
    call: (set: string, item: string) => {
      const items = readArray(set);
      return items && includesJson(items, readJson(item) ?? null);
    },
  },
  set_intersect: {
    takes: ['dynamic'],
    rest: true,
    gives: 'dynamic',
    call: (all: string) =>
      withSets(all, (first, others) =>
        first.filter((item) => others.every((other) => includesJson(other, item))),
      ),
  },
  set_union: {
    takes: ['dynamic'],
    rest: true,
    gives: 'dynamic',
    call: (all: string) => withSets(all, (first, others) => uniqueJson([...first, ...others.flat()])),
  },
};

/** The result of a set function; null unless every argument is an array. */
function withSets(
  all: string,
  combine: (first: readonly Json[], others: readonly (readonly Json[])[]) => readonly Json[],
): string | undefined {
  const sets = (readArray(all) ?? []).map((set) => (Array.isArray(set) ? uniqueJson(set) : undefined));
  const [first, ...others] = sets;
  if (!first || others.includes(undefined)) return undefined;
  return writeJson(combine(first, others as readonly (readonly Json[])[]));
}
