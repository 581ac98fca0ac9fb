import { type Json, numberOf, readArray, readJson, writeJson } from '../../values/json-values.ts';
import { boolLiteral } from '../../values/scalar-types.ts';
import type { JsFunction, JsFunctions } from './js-function.ts';

/** Kusto's functions that sum up, fit and filter a series, as far as their documents leave nothing open. */
export const seriesStatistics: JsFunctions = {
  series_cosine_similarity: {
    takes: ['dynamic', 'dynamic'],
    gives: 'real',
    call: (left: string, right: string) => {
      const [a, b] = cutAlike(left, right);
      const product = dotProduct(a, b);
      return product === undefined
        ? undefined
        : product / Math.sqrt((dotProduct(a, a) ?? 0) * (dotProduct(b, b) ?? 0));
    },
  },
  series_dot_product: {
    takes: ['dynamic', 'dynamic'],
    gives: 'real',
    call: (left: string, right: string) => dotProduct(...cutAlike(left, right)),
  },
  series_fit_line: lineFit(({ line, ...numbers }) => [...Object.values(numbers), line]),
  series_fit_line_dynamic: lineFit(({ line, ...numbers }) => ({ ...numbers, line_fit: line })),
  series_iir: { takes: ['dynamic', 'dynamic', 'dynamic'], gives: 'dynamic', call: recursiveFilter },
  series_magnitude: ofNumbers((values) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))),
  series_pearson_correlation: {
    takes: ['dynamic', 'dynamic'],
    gives: 'real',
    call: (left: string, right: string) => {
      const [a, b] = [numbersOf(left), numbersOf(right)];
      return a && b && a.length === b.length ? correlation(a, b) : undefined;
    },
  },
  series_product: ofNumbers((values) => values.reduce((product, value) => product * value, 1)),
  series_stats: stats((all) =>
    [all.min, all.min_idx, all.max, all.max_idx, all.avg, all.stdev, all.variance].map(
      (value) => value ?? null,
    ),
  ),
  series_stats_dynamic: stats((all) => all),
  series_sum: ofNumbers((values) => values.reduce((sum, value) => sum + value, 0)),
};

/** A real as JSON, which keeps its point. */
export function real(value: number): Json {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  return Number.isSafeInteger(value) ? (readJson(`${Object.is(value, -0) ? 0 : value}.0`) ?? null) : value;
}

/** The numbers of a series; undefined where an element is none. */
export function numbersOf(series: string): readonly number[] | undefined {
  const numbers = readArray(series)?.map(numberOf);
  return numbers?.every((number) => number !== undefined) ? numbers : undefined;
}

function ofNumbers(combine: (values: readonly number[]) => number): JsFunction {
  return {
    takes: ['dynamic'],
    gives: 'real',
    call: (series: string) => {
      const numbers = numbersOf(series);
      return numbers && combine(numbers);
    },
  };
}

/** Both as long as the shorter; a number in place of a series is that number all along. */
function cutAlike(left: string, right: string): [readonly Json[], readonly Json[]] {
  const [a, b] = [readArray(left), readArray(right)];
  const constant = (text: string, length: number): readonly Json[] =>
    Array.from({ length }, () => readJson(text) ?? null);
  const [x, y] = [a ?? constant(left, b?.length ?? 0), b ?? constant(right, a?.length ?? 0)];
  const length = Math.min(x.length, y.length);
  return [x.slice(0, length), y.slice(0, length)];
}

function dotProduct(a: readonly Json[], b: readonly Json[]): number | undefined {
  if (a.length === 0) return undefined;
  return a.reduce<number>(
    (sum, item, index) => sum + (numberOf(item) ?? 0) * (numberOf(b[index] ?? null) ?? 0),
    0,
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function squares(values: readonly number[]): number {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
}

function correlation(a: readonly number[], b: readonly number[]): number | undefined {
  const [x, y] = [mean(a), mean(b)];
  const common = a.reduce((sum, value, index) => sum + (value - x) * ((b[index] ?? 0) - y), 0);
  const spread = Math.sqrt(squares(a) * squares(b));
  return spread === 0 ? undefined : common / spread;
}

type Stats = Readonly<Record<string, Json>>;

/** Null where an element is no number, unless those are to be ignored. */
function stats(shape: (all: Stats) => Json): JsFunction {
  return {
    takes: ['dynamic', 'bool'],
    defaults: [boolLiteral(false)],
    gives: 'dynamic',
    call: (series: string, ignores: boolean) => {
      const items = readArray(series)?.map(numberOf);
      const numbers = items?.filter((item) => item !== undefined);
      if (!items || !numbers || numbers.length === 0 || (!ignores && numbers.length < items.length))
        return undefined;
      const [min, max] = [Math.min(...chunked(numbers, Math.min)), Math.max(...chunked(numbers, Math.max))];
      const variance = numbers.length > 1 ? squares(numbers) / (numbers.length - 1) : 0;
      return writeJson(
        shape({
          min: real(min),
          min_idx: items.indexOf(min),
          max: real(max),
          max_idx: items.indexOf(max),
          avg: real(mean(numbers)),
          stdev: real(Math.sqrt(variance)),
          variance: real(variance),
          sum: real(numbers.reduce((sum, value) => sum + value, 0)),
          len: items.length,
        }),
      );
    },
  };
}

/** JavaScript takes only so many arguments. */
function chunked(values: readonly number[], combine: (...values: number[]) => number): readonly number[] {
  const size = 10_000;
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    combine(...values.slice(index * size, (index + 1) * size)),
  );
}

interface Fit {
  readonly rsquare: Json;
  readonly slope: Json;
  readonly variance: Json;
  readonly rvariance: Json;
  readonly interception: Json;
  readonly line: readonly Json[];
}

/** The line that is nearest to the values at 1, 2, …; of fewer than two, or of what is no number, there is none. */
function lineFit(shape: (fit: Fit) => Json): JsFunction {
  return {
    takes: ['dynamic'],
    gives: 'dynamic',
    call: (series: string) => {
      const values = numbersOf(series);
      if (!values || values.length < 2) return undefined;
      const at = values.map((_value, index) => index + 1);
      const [x, y] = [mean(at), mean(values)];
      const slope =
        values.reduce((sum, value, index) => sum + (index + 1 - x) * (value - y), 0) / squares(at);
      const interception = y - slope * x;
      const line = at.map((position) => slope * position + interception);
      const residual = values.reduce((sum, value, index) => sum + (value - (line[index] ?? 0)) ** 2, 0);
      const total = squares(values);
      if (total === 0) return undefined;
      return writeJson(
        shape({
          rsquare: real(1 - residual / total),
          slope: real(slope),
          variance: real(total / (values.length - 1)),
          rvariance: real(residual / (values.length - 1)),
          interception: real(interception),
          line: line.map(real),
        }),
      );
    },
  };
}

function recursiveFilter(series: string, numerators: string, denominators: string): string | undefined {
  const [x, b, a] = [numbersOf(series), numbersOf(numerators), numbersOf(denominators)];
  const [scale] = a ?? [];
  if (!x || !b || !a || !scale) return undefined;
  const y: number[] = [];
  for (let at = 0; at < x.length; at++) {
    const given = b.reduce((sum, weight, back) => sum + weight * (x[at - back] ?? 0), 0);
    const fedBack = a.reduce(
      (sum, weight, back) => (back === 0 ? sum : sum + weight * (y[at - back] ?? 0)),
      0,
    );
    y.push((given - fedBack) / scale);
  }
  return writeJson(y.map(real));
}
