import { integerLiteral, realLiteral } from '../../values/scalar-types.ts';
import { dateToTicks, parseDatetime, TICKS_PER_DAY, TICKS_PER_SECOND } from '../../values/time-text.ts';
import type { JsFunctions } from './js-function.ts';

/** Kusto's functions of the calendar; datetimes and timespans are ticks. */

const EPOCH = dateToTicks(new Date(0));
export const TICKS_PER_MILLISECOND = 10_000n;

/** A datetime as a JavaScript date and what is below its millisecond. */
export function splitTicks(ticks: bigint): { readonly date: Date; readonly rest: bigint } {
  const since = ticks - EPOCH;
  const rest = ((since % TICKS_PER_MILLISECOND) + TICKS_PER_MILLISECOND) % TICKS_PER_MILLISECOND;
  return { date: new Date(Number((since - rest) / TICKS_PER_MILLISECOND)), rest };
}

/** The start of a day; what JavaScript can't count is before all datetimes. */
function at(year: number, month: number, day: number): bigint {
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  return Number.isNaN(date.getTime()) ? -1n : dateToTicks(date);
}

type Unit = 'day' | 'week' | 'month' | 'year';

/** The start of the day, week (Sunday), month or year, shifted by so many of them. */
function startOf(unit: Unit, ticks: bigint, offset: bigint): bigint {
  const { date } = splitTicks(ticks);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const by = Number(offset);
  switch (unit) {
    case 'day':
      return at(year, month, day + by);
    case 'week':
      return at(year, month, day - date.getUTCDay() + 7 * by);
    case 'month':
      return at(year, month + by, 1);
    case 'year':
      return at(year + by, 0, 1);
  }
}

const units: readonly Unit[] = ['day', 'week', 'month', 'year'];
const noOffset = [integerLiteral(0n, 'long')];

/** ISO 8601: the week with the year's first Thursday is its first. */
function weekOfYear(ticks: bigint): bigint {
  const { date } = splitTicks(ticks);
  const thursday = new Date(date);
  thursday.setUTCDate(date.getUTCDate() + 4 - (date.getUTCDay() || 7));
  const start = new Date(0).setUTCFullYear(thursday.getUTCFullYear(), 0, 1);
  return BigInt(Math.floor((thursday.getTime() - start) / 86_400_000 / 7) + 1);
}

/** Calendar arithmetic; a day that the target month lacks becomes its last. */
function add(part: string, amount: bigint, ticks: bigint): bigint | undefined {
  const fixed = FIXED_PARTS[part.toLowerCase()];
  if (fixed !== undefined)
    return ticks + (amount * fixed) / (part.toLowerCase() === 'nanosecond' ? 100n : 1n);
  const months = { year: 12n, quarter: 3n, month: 1n }[part.toLowerCase()];
  if (months === undefined) return undefined;
  const { date, rest } = splitTicks(ticks);
  const month = date.getUTCMonth() + Number(amount * months);
  const lastDay = new Date(new Date(0).setUTCFullYear(date.getUTCFullYear(), month + 1, 0)).getUTCDate();
  const target = new Date(date);
  target.setUTCFullYear(date.getUTCFullYear(), month, Math.min(date.getUTCDate(), lastDay));
  return Number.isNaN(target.getTime()) ? undefined : dateToTicks(target) + rest;
}

/** Ticks of the parts of a datetime that are always as long (a nanosecond: of a hundred). */
const FIXED_PARTS: Readonly<Record<string, bigint>> = {
  week: 7n * TICKS_PER_DAY,
  day: TICKS_PER_DAY,
  hour: 3600n * TICKS_PER_SECOND,
  minute: 60n * TICKS_PER_SECOND,
  second: TICKS_PER_SECOND,
  millisecond: TICKS_PER_MILLISECOND,
  microsecond: 10n,
  nanosecond: 1n,
};

/** How many boundaries of the period lie between the two. */
function difference(period: string, left: bigint, right: bigint): bigint | undefined {
  const name = period.toLowerCase();
  if (name === 'nanosecond') return (left - right) * 100n;
  if (name === 'week') return (startOf('week', left, 0n) - startOf('week', right, 0n)) / (7n * TICKS_PER_DAY);
  const fixed = FIXED_PARTS[name];
  if (fixed !== undefined) return left / fixed - right / fixed;
  const [a, b] = [splitTicks(left).date, splitTicks(right).date];
  const years = a.getUTCFullYear() - b.getUTCFullYear();
  switch (name) {
    case 'year':
      return BigInt(years);
    case 'quarter':
      return BigInt(years * 4 + Math.floor(a.getUTCMonth() / 3) - Math.floor(b.getUTCMonth() / 3));
    case 'month':
      return BigInt(years * 12 + a.getUTCMonth() - b.getUTCMonth());
    default:
      return undefined;
  }
}

function dayOfYear(ticks: bigint): bigint {
  return (startOf('day', ticks, 0n) - startOf('year', ticks, 0n)) / TICKS_PER_DAY + 1n;
}

function part(name: string, ticks: bigint): bigint | undefined {
  const { date } = splitTicks(ticks);
  const withinSecond = ticks % TICKS_PER_SECOND;
  switch (name.toLowerCase()) {
    case 'year':
      return BigInt(date.getUTCFullYear());
    case 'quarter':
      return BigInt(Math.floor(date.getUTCMonth() / 3) + 1);
    case 'month':
      return BigInt(date.getUTCMonth() + 1);
    case 'week_of_year':
    case 'weekofyear':
      return weekOfYear(ticks);
    case 'day':
      return BigInt(date.getUTCDate());
    case 'dayofyear':
      return dayOfYear(ticks);
    case 'hour':
      return BigInt(date.getUTCHours());
    case 'minute':
      return BigInt(date.getUTCMinutes());
    case 'second':
      return BigInt(date.getUTCSeconds());
    case 'millisecond':
      return withinSecond / TICKS_PER_MILLISECOND;
    case 'microsecond':
      return withinSecond / 10n;
    case 'nanosecond':
      return withinSecond * 100n;
    default:
      return undefined;
  }
}

export const calendarFunctions: JsFunctions = {
  ...Object.fromEntries(
    units.flatMap((unit) => [
      [
        `startof${unit}`,
        {
          takes: ['datetime', 'long'],
          defaults: noOffset,
          gives: 'datetime',
          call: (ticks: bigint, offset: bigint) => startOf(unit, ticks, offset),
        } as const,
      ],
      [
        `endof${unit}`,
        {
          takes: ['datetime', 'long'],
          defaults: noOffset,
          gives: 'datetime',
          call: (ticks: bigint, offset: bigint) => startOf(unit, ticks, offset + 1n) - 1n,
        } as const,
      ],
    ]),
  ),
  datetime_add: { takes: ['string', 'long', 'datetime'], gives: 'datetime', call: add },
  datetime_diff: { takes: ['string', 'datetime', 'datetime'], gives: 'long', call: difference },
  datetime_part: { takes: ['string', 'datetime'], gives: 'long', call: part },
  dayofmonth: {
    takes: ['datetime'],
    gives: 'int',
    call: (ticks: bigint) => splitTicks(ticks).date.getUTCDate(),
  },
  dayofweek: {
    takes: ['datetime'],
    gives: 'timespan',
    call: (ticks: bigint) => BigInt(splitTicks(ticks).date.getUTCDay()) * TICKS_PER_DAY,
  },
  dayofyear: { takes: ['datetime'], gives: 'int', call: (ticks: bigint) => Number(dayOfYear(ticks)) },
  getmonth: {
    takes: ['datetime'],
    gives: 'int',
    call: (ticks: bigint) => splitTicks(ticks).date.getUTCMonth() + 1,
  },
  getyear: {
    takes: ['datetime'],
    gives: 'int',
    call: (ticks: bigint) => splitTicks(ticks).date.getUTCFullYear(),
  },
  hourofday: {
    takes: ['datetime'],
    gives: 'int',
    call: (ticks: bigint) => splitTicks(ticks).date.getUTCHours(),
  },
  make_datetime: {
    takes: ['long', 'long', 'long', 'long', 'long', 'real'],
    defaults: [integerLiteral(0n, 'long'), integerLiteral(0n, 'long'), realLiteral(0)],
    gives: 'datetime',
    call: (year: bigint, month: bigint, day: bigint, hour: bigint, minute: bigint, second: number) => {
      const two = (value: bigint): string => String(value).padStart(2, '0');
      const whole = BigInt(Math.floor(second));
      const midnight = parseDatetime(
        `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(whole)}Z`,
      );
      return midnight === undefined
        ? undefined
        : midnight + BigInt(Math.round((second - Number(whole)) * 1e7));
    },
  },
  make_timespan: {
    takes: ['long', 'long', 'real', 'real'],
    defaults: [realLiteral(Number.NaN), realLiteral(Number.NaN)],
    gives: 'timespan',
    call: makeTimespan,
  },
  monthofyear: {
    takes: ['datetime'],
    gives: 'int',
    call: (ticks: bigint) => splitTicks(ticks).date.getUTCMonth() + 1,
  },
  week_of_year: { takes: ['datetime'], gives: 'long', call: weekOfYear },
  weekofyear: { takes: ['datetime'], gives: 'long', call: weekOfYear },
};

/** Two parts are hours and minutes, three add seconds, four begin with days. */
function makeTimespan(first: bigint, second: bigint, third: number, fourth: number): bigint {
  const hasDays = !Number.isNaN(fourth);
  const [days, hours, minutes] = hasDays ? [first, second, BigInt(Math.trunc(third))] : [0n, first, second];
  const seconds = hasDays ? fourth : Number.isNaN(third) ? 0 : third;
  const whole = ((days * 24n + hours) * 60n + minutes) * 60n * TICKS_PER_SECOND;
  return whole + BigInt(Math.round(seconds * 1e7));
}
