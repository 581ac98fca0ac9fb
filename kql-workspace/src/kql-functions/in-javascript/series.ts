import {
  bigintOf,
  type Json,
  numberOf,
  readArray,
  readJson,
  sameJson,
  writeJson,
} from '../../values/json-values.ts';
import { boolLiteral, type Scalar } from '../../values/scalar-types.ts';
import type { JsFunction, JsFunctions } from './js-function.ts';
import { real } from './series-statistics.ts';

/** JSON's null as an argument that is there. */
const jsonNull: Scalar = { sql: "'null'::JSON", type: 'dynamic', nullable: false };

/** Kusto's functions that make a series of a series, as far as their documents leave nothing open. A series is an array as JSON text. */
export const seriesFunctions: JsFunctions = {
  series_abs: each((value) =>
    writeJson(value).startsWith('-') ? (readJson(writeJson(value).slice(1)) ?? null) : value,
  ),
  series_add: pairwise(
    (a, b) => a + b,
    (a, b) => a + b,
  ),
  series_ceiling: each((value) => real(Math.ceil(numberOf(value) ?? 0))),
  series_cos: each((value) => real(Math.cos(numberOf(value) ?? 0))),
  series_divide: pairwise((a, b) => a / b),
  series_equals: compared((a, b) => a === b),
  series_exp: each((value) => real(Math.exp(numberOf(value) ?? 0))),
  series_fill_backward: {
    takes: ['dynamic', 'dynamic'],
    nullsAsJson: true,
    defaults: [jsonNull],
    gives: 'dynamic',
    call: (series: string, missing: string) => {
      const filled = readArray(series)?.toReversed();
      return filled && writeJson(forward(filled, missing).toReversed());
    },
  },
  series_fill_const: {
    takes: ['dynamic', 'dynamic', 'dynamic'],
    nullsAsJson: true,
    defaults: [jsonNull],
    gives: 'dynamic',
    call: (series: string, constant: string, missing: string) => {
      const isMissing = missingBy(missing);
      return withItems(series, (items) =>
        items.map((item) => (isMissing(item) ? (readJson(constant) ?? null) : item)),
      );
    },
  },
  series_fill_forward: {
    takes: ['dynamic', 'dynamic'],
    nullsAsJson: true,
    defaults: [jsonNull],
    gives: 'dynamic',
    call: (series: string, missing: string) => withItems(series, (items) => forward(items, missing)),
  },
  series_fill_linear: {
    takes: ['dynamic', 'dynamic', 'bool'],
    nullsAsJson: true,
    defaults: [jsonNull, boolLiteral(true)],
    gives: 'dynamic',
    call: (series: string, missing: string, edges: boolean) =>
      withItems(series, (items) => linear(items, missing, edges)),
  },
  series_floor: each((value) => real(Math.floor(numberOf(value) ?? 0))),
  series_greater: compared((a, b) => a > b),
  series_greater_equals: compared((a, b) => a >= b),
  series_less: compared((a, b) => a < b),
  series_less_equals: compared((a, b) => a <= b),
  series_multiply: pairwise(
    (a, b) => a * b,
    (a, b) => a * b,
  ),
  series_not_equals: compared((a, b) => a !== b),
  series_pow: pairwise((a, b) => a ** b),
  series_sin: each((value) => real(Math.sin(numberOf(value) ?? 0))),
  series_subtract: pairwise(
    (a, b) => a - b,
    (a, b) => a - b,
  ),
};

function isReal(value: Json): boolean {
  return /[.e]/i.test(writeJson(value));
}

function withItems(series: string, map: (items: readonly Json[]) => Json): string | undefined {
  const items = readArray(series);
  return items && writeJson(map(items));
}

function each(map: (value: Json) => Json): JsFunction {
  return {
    takes: ['dynamic'],
    gives: 'dynamic',
    call: (series: string) =>
      withItems(series, (items) => items.map((item) => (numberOf(item) === undefined ? null : map(item)))),
  };
}

/** Element by element; where there is no number on either side, null. */
function byElement(left: string, right: string, combine: (a: Json, b: Json) => Json): string | undefined {
  const [a, b] = [readArray(left), readArray(right)];
  if (!a || !b) return undefined;
  const longer = a.length >= b.length ? a : b;
  return writeJson(
    longer.map((_item, index) => {
      const [x = null, y = null] = [a[index], b[index]];
      return numberOf(x) === undefined || numberOf(y) === undefined ? null : combine(x, y);
    }),
  );
}

function pairwise(
  reals: (a: number, b: number) => number,
  longs?: (a: bigint, b: bigint) => bigint,
): JsFunction {
  return {
    takes: ['dynamic', 'dynamic'],
    gives: 'dynamic',
    call: (left: string, right: string) =>
      byElement(left, right, (x, y) => {
        const [a, b] = [bigintOf(x), bigintOf(y)];
        if (longs && a !== undefined && b !== undefined && !isReal(x) && !isReal(y))
          return readJson(String(longs(a, b))) ?? null;
        return real(reals(numberOf(x) ?? 0, numberOf(y) ?? 0));
      }),
  };
}

function compared(test: (a: number, b: number) => boolean): JsFunction {
  return {
    takes: ['dynamic', 'dynamic'],
    gives: 'dynamic',
    call: (left: string, right: string) =>
      byElement(left, right, (x, y) => test(numberOf(x) ?? 0, numberOf(y) ?? 0)),
  };
}

function missingBy(placeholder: string): (item: Json) => boolean {
  const wanted = readJson(placeholder) ?? null;
  const number = numberOf(wanted);
  return (item) => (number === undefined ? sameJson(item, wanted) : numberOf(item) === number);
}

function forward(items: readonly Json[], placeholder: string): readonly Json[] {
  const isMissing = missingBy(placeholder);
  let last: Json | undefined;
  return items.map((item) => {
    if (!isMissing(item)) last = item;
    return isMissing(item) ? (last ?? item) : item;
  });
}

/** Between two numbers on a line, whole ones where all are whole; at the edges the nearest number, unless told otherwise. */
function linear(items: readonly Json[], placeholder: string, edges: boolean): readonly Json[] {
  const isMissing = missingBy(placeholder);
  const known = items.flatMap((item, index) => (isMissing(item) ? [] : [index]));
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined) return items.map(() => real(0));
  const whole = known.every((index) => !isReal(items[index] ?? null));
  let next = 0;
  return items.map((item, index) => {
    if (!isMissing(item)) return item;
    if (index < first || index > last) return edges ? (items[index < first ? first : last] ?? null) : item;
    while ((known[next] ?? 0) < index) next++;
    const [before, after] = [known[next - 1] ?? 0, known[next] ?? 0];
    const [from, to] = [numberOf(items[before] ?? null) ?? 0, numberOf(items[after] ?? null) ?? 0];
    const value = from + ((to - from) * (index - before)) / (after - before);
    return whole ? Math.trunc(value) : real(value);
  });
}
