import { parseDatetime, parseTimespan, UNIX_EPOCH_TICKS } from 'kql-workspace/values/time-text.ts';
import type { Moment } from '../../functions/domain/hunting/compiled-hunt.ts';
import { add, at, earliest, LOOKBACK, latest, RUN } from './moments.ts';
import { floorOf } from './reaches.ts';
import type { Findings } from './scope.ts';
import { DATA, OF_RUN, UNKNOWN, type Value } from './values.ts';

const TICKS_PER_MS = 10_000n;
const DAY_MS = 86_400_000;

type Unit = 'day' | 'week' | 'month' | 'year';
type Placeholders = Findings['placeholders'];
type Time = Extract<Value, { kind: 'time' }>;

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
const fixedMs = { day: DAY_MS, week: 7 * DAY_MS };

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
    case 'toreal':
    case 'todouble':
    case 'todecimal':
      return first?.kind === 'age' ? first : toNumber(first);
    case 'toint':
    case 'tolong':
      return toNumber(first);
    case 'tostring':
      return first?.kind === 'text' ? first : undefined;
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
      return binned(first, second);
    case 'rand':
    case 'new_guid':
      return OF_RUN;
    case 'row_number':
    case 'row_cumsum':
    case 'row_rank_dense':
    case 'row_rank_min':
      return { kind: 'aggregate' };
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

function toTimespan(value: Value | undefined): Value | undefined {
  if (value?.kind !== 'text') return value;
  const ticks = parseTimespan(value.value);
  return ticks === undefined ? UNKNOWN : { kind: 'timespan', ms: Number(ticks) / Number(TICKS_PER_MS) };
}

function toNumber(value: Value | undefined): Value | undefined {
  if (value?.kind !== 'text') return value?.kind === 'age' ? undefined : value;
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

/** How many borders of hours, days, … lie between two times: those are what is compared, not the times themselves. */
function datetimeDiff(unit?: Value, later?: Value, sooner?: Value): Value | undefined {
  if (unit?.kind !== 'text' || !later || !sooner) return UNKNOWN;
  const ms = unitMs[unit.value.toLowerCase()];
  if (ms === undefined) return undefined;
  const name = unit.value.toLowerCase();
  const cell =
    name === 'day' || name === 'week' ? ({ op: 'floor', to: name } as const) : ({ op: 'bin', ms } as const);
  if (later.kind === 'moment' && sooner.kind === 'time') return ageOf(cell, later.moment, sooner, ms, 1);
  if (later.kind === 'time' && sooner.kind === 'moment') return ageOf(cell, sooner.moment, later, ms, -1);
  return undefined;
}

type Cell = { op: 'floor'; to: Unit } | { op: 'bin'; ms: number };

function ageOf(cell: Cell, moment: Moment, time: Time, unitMs: number, sign: 1 | -1): Value | undefined {
  const of = roundDown(time, cell);
  if (of?.kind !== 'time') return undefined;
  return { kind: 'age', until: floorOf({ ...cell, innerMs: 0 }, moment), of, unitMs, sign };
}

/** Undefined where it was rounded before: that is not followed any further. */
function roundDown({ shiftMs, rounded: before, ...time }: Time, cell: Cell): Time | undefined {
  return before ? undefined : { ...time, shiftMs: 0, rounded: { ...cell, innerMs: shiftMs } };
}

/** The second argument counts units from the one that the time lies in. */
function rounded(op: 'floor' | 'ceil', to: Unit, value?: Value, offset?: Value): Value | undefined {
  if (offset && offset.kind !== 'number') return undefined;
  const count = offset?.kind === 'number' ? offset.value : 0;
  if (value?.kind === 'time') return roundedTime(op, to, value, count);
  if (value?.kind !== 'moment') return value;
  if (!Number.isInteger(count)) return UNKNOWN;
  return { kind: 'moment', moment: { op, to, of: moved(value.moment, to, count) } };
}

function roundedTime(op: 'floor' | 'ceil', to: Unit, value: Time, count: number): Value | undefined {
  const down = roundDown(value, { op: 'floor', to });
  if (!down || (op === 'floor' && count === 0)) return down;
  // Months and years differ in length.
  if (to === 'month' || to === 'year') return undefined;
  const end = op === 'ceil' ? fixedMs[to] - 1 : 0;
  return { ...down, shiftMs: count * fixedMs[to] + end };
}

function moved(moment: Moment, unit: Unit, count: number): Moment {
  if (count === 0) return moment;
  if (unit === 'day' || unit === 'week') return add(moment, count * fixedMs[unit]);
  const months = unit === 'month' ? count : 12 * count;
  // From the month's first day: the 31st would be moved to a shorter month's last one, which lies in it all the same.
  return { op: 'months', count: months, of: { op: 'floor', to: 'month', of: moment } };
}

function binned(value?: Value, size?: Value): Value | undefined {
  if (value?.kind === 'number' && size?.kind === 'number')
    return { kind: 'number', value: Math.floor(value.value / size.value) * size.value };
  if (size?.kind !== 'timespan' || size.ms <= 0) return undefined;
  if (value?.kind === 'time') return roundDown(value, { op: 'bin', ms: size.ms });
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
