import { parseDatetime, parseTimespan, UNIX_EPOCH_TICKS } from 'kql-workspace/values/time-text.ts';
import type { Moment } from '../../functions/domain/hunting/compiled-hunt.ts';
import { add, at, earliest, LOOKBACK, latest, RUN } from './moments.ts';
import type { Findings } from './scope.ts';
import { DATA, UNKNOWN, type Value } from './values.ts';

const TICKS_PER_MS = 10_000n;
const DAY_MS = 86_400_000;

type Unit = 'day' | 'week' | 'month' | 'year';
type Placeholders = Findings['placeholders'];

/** Of the units of `datetime_add` and `datetime_diff` that have a length. */
const unitMs: Readonly<Record<string, number>> = {
  millisecond: 1,
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: DAY_MS,
  week: 7 * DAY_MS,
};
const unitMonths: Readonly<Record<string, number>> = { month: 1, quarter: 3, year: 12 };
/** The longest of each, so that a bound on rows that were rounded down is never taken for too short. */
const wideMs: Readonly<Record<Unit, number>> = {
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 31 * DAY_MS,
  year: 366 * DAY_MS,
};

/** A time that is written in the query: a placeholder's, or an absolute one. */
export function readTime(text: string, placeholders: Placeholders): Value | undefined {
  const placeholder = placeholders.get(text.trim());
  if (placeholder) return { kind: 'moment', moment: placeholder === 'start' ? LOOKBACK : RUN };
  const ticks = parseDatetime(text.trim());
  if (ticks === undefined) return undefined;
  return { kind: 'moment', moment: at(new Date(Number((ticks - UNIX_EPOCH_TICKS) / TICKS_PER_MS))) };
}

/** What a call of one of Kusto's own functions gives, where that is known before the query runs. */
export function callValue(
  name: string,
  values: readonly Value[],
  placeholders: Placeholders,
): Value | undefined {
  const [first, second, third] = values;
  switch (name) {
    case 'now':
      if (!first) return { kind: 'moment', moment: RUN };
      return first.kind === 'timespan' ? { kind: 'moment', moment: add(RUN, first.ms) } : UNKNOWN;
    case 'ago':
      return first?.kind === 'timespan' ? { kind: 'moment', moment: add(RUN, -first.ms) } : UNKNOWN;
    case 'todatetime':
    case 'datetime':
      if (first?.kind === 'text') return readTime(first.value, placeholders) ?? UNKNOWN;
      return first;
    case 'totimespan':
    case 'timespan':
    case 'time':
      return toTimespan(first);
    case 'toint':
    case 'tolong':
    case 'toreal':
    case 'todouble':
    case 'todecimal':
      return toNumber(first);
    case 'tostring':
      return first?.kind === 'text' ? first : keepOrigin(first);
    case 'make_timespan':
      return makeTimespan(values);
    case 'make_datetime':
      return makeDatetime(values);
    case 'datetime_add':
      return datetimeAdd(first, second, third);
    case 'datetime_diff':
      return datetimeDiff(first, second, third);
    case 'startofday':
    case 'startofweek':
    case 'startofmonth':
    case 'startofyear':
      return rounded('floor', name.slice('startof'.length) as Unit, first, second);
    case 'endofday':
    case 'endofweek':
    case 'endofmonth':
    case 'endofyear':
      return rounded('ceil', name.slice('endof'.length) as Unit, first, second);
    case 'bin':
    case 'floor':
    case 'bin_at':
      return binned(first, second);
    case 'min_of':
    case 'max_of':
      return outermost(name === 'min_of' ? earliest : latest, values);
    case 'coalesce':
    case 'materialize':
      return first;
    case 'iff':
    case 'iif':
      return second && third && JSON.stringify(second) === JSON.stringify(third) ? second : undefined;
    default:
      return undefined;
  }
}

function keepOrigin(value: Value | undefined): Value | undefined {
  return value?.kind === 'aggregate' || value?.kind === 'picked' ? value : undefined;
}

function toTimespan(value: Value | undefined): Value | undefined {
  if (value?.kind !== 'text') return value;
  const ticks = parseTimespan(value.value);
  return ticks === undefined ? UNKNOWN : { kind: 'timespan', ms: Number(ticks) / Number(TICKS_PER_MS) };
}

function toNumber(value: Value | undefined): Value | undefined {
  if (value?.kind !== 'text') return value;
  const number = Number(value.value);
  return Number.isNaN(number) ? UNKNOWN : { kind: 'number', value: number };
}

function numbersOf(values: readonly Value[]): number[] | undefined {
  const numbers = values.flatMap((value) => (value.kind === 'number' ? [value.value] : []));
  return numbers.length === values.length ? numbers : undefined;
}

/** Hours and minutes, and seconds; days come first when there are four. */
function makeTimespan(values: readonly Value[]): Value {
  const numbers = numbersOf(values);
  if (!numbers) return UNKNOWN;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = numbers.length === 4 ? numbers : [0, ...numbers];
  return { kind: 'timespan', ms: (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 };
}

function makeDatetime(values: readonly Value[]): Value {
  const [year, month = 1, day = 1, hour = 0, minute = 0, second = 0] = numbersOf(values) ?? [];
  if (year === undefined) return values.some(isOfRow) ? DATA : UNKNOWN;
  return {
    kind: 'moment',
    moment: at(new Date(Date.UTC(year, month - 1, day, hour, minute) + second * 1000)),
  };
}

function isOfRow({ kind }: Value): boolean {
  return kind === 'data' || kind === 'time' || kind === 'stamp';
}

function datetimeAdd(unit?: Value, amount?: Value, to?: Value): Value | undefined {
  if (to && isOfRow(to) && to.kind !== 'time') return to;
  if (unit?.kind !== 'text' || amount?.kind !== 'number' || !to) return UNKNOWN;
  const ms = unitMs[unit.value.toLowerCase()];
  if (ms !== undefined && to.kind === 'moment')
    return { kind: 'moment', moment: add(to.moment, ms * amount.value) };
  if (ms !== undefined && to.kind === 'time') return { ...to, shiftMs: to.shiftMs + ms * amount.value };
  const months = unitMonths[unit.value.toLowerCase()];
  if (months === undefined || to.kind !== 'moment' || !Number.isInteger(amount.value)) return UNKNOWN;
  return { kind: 'moment', moment: { op: 'months', count: months * amount.value, of: to.moment } };
}

/** The first time less the second, in units. */
function datetimeDiff(unit?: Value, later?: Value, sooner?: Value): Value | undefined {
  if (unit?.kind !== 'text') return UNKNOWN;
  const ms = unitMs[unit.value.toLowerCase()];
  if (later?.kind === 'moment' && sooner?.kind === 'time')
    return ms === undefined ? UNKNOWN : { kind: 'age', until: later.moment, of: sooner, unitMs: ms, sign: 1 };
  if (later?.kind === 'time' && sooner?.kind === 'moment')
    return ms === undefined
      ? UNKNOWN
      : { kind: 'age', until: sooner.moment, of: later, unitMs: ms, sign: -1 };
  return undefined;
}

/** The second argument counts units from the one that the time lies in. */
function rounded(op: 'floor' | 'ceil', to: Unit, value?: Value, offset?: Value): Value | undefined {
  if (value?.kind === 'time') return { ...value, wideMs: Math.max(value.wideMs, wideMs[to]) };
  if (value?.kind !== 'moment') return value;
  if (offset && offset.kind !== 'number') return UNKNOWN;
  const count = offset?.kind === 'number' ? offset.value : 0;
  if (!Number.isInteger(count)) return UNKNOWN;
  return { kind: 'moment', moment: { op, to, of: moved(value.moment, to, count) } };
}

function moved(moment: Moment, unit: Unit, count: number): Moment {
  if (count === 0) return moment;
  if (unit === 'day' || unit === 'week') return add(moment, count * wideMs[unit]);
  const months = unit === 'month' ? count : 12 * count;
  // From the month's first day: the 31st would be moved to a shorter month's last one, which lies in it all the same.
  return { op: 'months', count: months, of: { op: 'floor', to: 'month', of: moment } };
}

function binned(value?: Value, size?: Value): Value | undefined {
  if (value?.kind === 'number' && size?.kind === 'number')
    return { kind: 'number', value: Math.floor(value.value / size.value) * size.value };
  if (size?.kind !== 'timespan' || size.ms <= 0)
    return value?.kind === 'time' || value?.kind === 'moment' ? UNKNOWN : value;
  if (value?.kind === 'time') return { ...value, wideMs: Math.max(value.wideMs, size.ms) };
  if (value?.kind === 'moment')
    return { kind: 'moment', moment: { op: 'bin', ms: size.ms, of: value.moment } };
  return value;
}

function outermost(choose: typeof latest, values: readonly Value[]): Value | undefined {
  const [first, ...others] = values;
  if (!first || !values.every(({ kind }) => kind === 'moment')) return undefined;
  return others.reduce<Value>(
    (one, other) =>
      one.kind === 'moment' && other.kind === 'moment'
        ? { kind: 'moment', moment: choose(one.moment, other.moment) }
        : UNKNOWN,
    first,
  );
}
