/** Kusto's datetime and timespan as text. Both are counted in ticks of 100 ns; datetime from 0001-01-01. */

export const TICKS_PER_SECOND = 10_000_000n;
export const TICKS_PER_DAY = 86_400n * TICKS_PER_SECOND;
/** 1970-01-01 in ticks. */
export const UNIX_EPOCH_TICKS = 621_355_968_000_000_000n;
/** 9999-12-31T23:59:59.9999999Z in ticks. */
export const MAX_DATETIME_TICKS = 3_155_378_975_999_999_999n;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

const ISO =
  /^(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?|-(\d{1,2})-(\d{1,2}))?(?:[T\s]\s*(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?$/i;
/** The US style in which the Defender and Azure portals write CSV: `6/5/2025, 1:02:03.456 AM`. */
const US =
  /^(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?:,?\s+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*([AP]M)?)?\s*(Z|UTC|GMT)?$/i;
/** RFC 822 and 850: `Sat, 8 Nov 14 15:05:02 GMT`, `8 Nov 2014 15:05`, `Saturday, 08-Nov-14 15:05:02 UTC`. */
const RFC =
  /^(?:[a-z]{3,9},\s*)?(\d{1,2})[\s-]([a-z]{3})[a-z]*[\s-](\d{4}|\d{2})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?$/i;

/** The datetime that the text says, in ticks, or undefined when it says none. No zone means UTC. */
export function parseDatetime(input: string): bigint | undefined {
  const text = input.trim();
  const iso = ISO.exec(text);
  if (iso) {
    const [, year, month, day, looseMonth, looseDay, hour, minute, second, fraction, zone] = iso;
    return ticksOf(
      year,
      month ?? looseMonth ?? '1',
      day ?? looseDay ?? '1',
      hour,
      minute,
      second,
      fraction,
      zone,
    );
  }
  const us = US.exec(text);
  if (us) {
    const [, month, day, year, hour, minute, second, fraction, half] = us;
    return ticksOf(year, month, day, hourOf(hour, half), minute, second, fraction, undefined);
  }
  const rfc = RFC.exec(text);
  if (rfc) {
    const [, day, monthName, year, hour, minute, second, fraction, zone] = rfc;
    const month = MONTHS.indexOf((monthName ?? '').toLowerCase()) + 1;
    const fullYear = year?.length === 2 ? String((Number(year) < 50 ? 2000 : 1900) + Number(year)) : year;
    return month === 0
      ? undefined
      : ticksOf(fullYear, String(month), day, hour, minute, second, fraction, zone);
  }
  return undefined;
}

function hourOf(hour: string | undefined, half: string | undefined): string | undefined {
  if (!half || hour === undefined) return hour;
  const twelve = Number(hour);
  if (twelve < 1 || twelve > 12) return '99';
  return String((twelve % 12) + (half.toUpperCase() === 'PM' ? 12 : 0));
}

function ticksOf(
  year: string | undefined,
  month: string | undefined,
  day: string | undefined,
  hour = '0',
  minute = '0',
  second = '0',
  fraction = '',
  zone = 'Z',
): bigint | undefined {
  const y = Number(year);
  const date = new Date(0);
  date.setUTCFullYear(y, Number(month) - 1, Number(day));
  if (y < 1 || date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day))
    return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const seconds =
    BigInt(date.getTime() / 1000) + BigInt(Number(hour) * 3600 + Number(minute) * 60 + Number(second));
  const offset = /^([+-])(\d{2}):?(\d{2})$/.exec(zone);
  const offsetSeconds = offset
    ? BigInt((offset[1] === '-' ? -1 : 1) * (Number(offset[2]) * 3600 + Number(offset[3]) * 60))
    : 0n;
  const ticks =
    UNIX_EPOCH_TICKS +
    (seconds - offsetSeconds) * TICKS_PER_SECOND +
    BigInt(fraction.slice(0, 7).padEnd(7, '0'));
  return isDatetime(ticks) ? ticks : undefined;
}

/** True for ticks that are a datetime of Kusto's: from the year 1 to 9999. */
export function isDatetime(ticks: bigint): boolean {
  return ticks >= 0n && ticks <= MAX_DATETIME_TICKS;
}

/** Ticks as ISO 8601 in UTC; `digits` of the fraction: `all` seven (Kusto's `tostring`) or `trimmed` (its JSON). */
export function formatDatetime(ticks: bigint, digits: 'all' | 'trimmed'): string {
  const sinceEpoch = ticks - UNIX_EPOCH_TICKS;
  const fraction = ((sinceEpoch % TICKS_PER_SECOND) + TICKS_PER_SECOND) % TICKS_PER_SECOND;
  const date = new Date(Number((sinceEpoch - fraction) / 10_000n));
  const whole = date.toISOString().slice(0, 19);
  const shown = String(fraction).padStart(7, '0');
  const kept = digits === 'all' ? shown : shown.replace(/0+$/, '');
  return `${whole}${kept === '' ? '' : `.${kept}`}Z`;
}

/** The point in time of a JavaScript date, in ticks. */
export function dateToTicks(date: Date): bigint {
  return UNIX_EPOCH_TICKS + BigInt(date.getTime()) * 10_000n;
}

/** Units of timespan literals (`5d`, `1.5h`), in ticks. */
const TIMESPAN_UNITS: readonly (readonly [pattern: RegExp, ticks: bigint])[] = [
  [/^d(ays?)?$/, TICKS_PER_DAY],
  [/^h((ou)?rs?)?$/, 3600n * TICKS_PER_SECOND],
  [/^m(in(ute)?s?)?$/, 60n * TICKS_PER_SECOND],
  [/^s(ec(ond)?s?)?$/, TICKS_PER_SECOND],
  [/^(ms|milli(s|seconds?)?)$/, 10_000n],
  [/^micro(s|seconds?)?$/, 10n],
  [/^nano(s|seconds?)?$/, 0n],
  [/^ticks?$/, 1n],
];

/** A timespan such as `5d`, `1.5h`, `100ms`, `1.02:03:04.5` or `-00:01:00`, in ticks; undefined when it is none. */
export function parseTimespan(input: string): bigint | undefined {
  const text = input.trim().replace(/^["'](.*)["']$/, '$1');
  const clock = /^(-)?(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?$/.exec(text);
  if (clock) {
    const [, sign, days = '0', hours, minutes, seconds = '0', fraction = ''] = clock;
    if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
    const whole = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    const ticks =
      BigInt(days) * TICKS_PER_DAY + BigInt(whole) * TICKS_PER_SECOND + BigInt(fraction.padEnd(7, '0'));
    return sign ? -ticks : ticks;
  }
  const unit = /^(-)?(\d+)(?:\.(\d+))?\s*([a-z]+)$/i.exec(text);
  if (unit) {
    const [, sign, whole = '', fraction = '', name = ''] = unit;
    const size = TIMESPAN_UNITS.find(([pattern]) => pattern.test(name.toLowerCase()))?.[1];
    if (size === undefined) return undefined;
    const scaled = size === 0n ? BigInt(whole) / 100n : BigInt(whole + fraction) * size;
    const ticks = size === 0n ? scaled : scaled / 10n ** BigInt(fraction.length);
    return sign ? -ticks : ticks;
  }
  // A bare number is a count of days: time(2) is two days.
  return /^-?\d+$/.test(text) ? BigInt(text) * TICKS_PER_DAY : undefined;
}

/** Ticks as Kusto writes a timespan: `[-][d.]hh:mm:ss[.fffffff]`. */
export function formatTimespan(ticks: bigint): string {
  const size = ticks < 0n ? -ticks : ticks;
  const days = size / TICKS_PER_DAY;
  const seconds = (size % TICKS_PER_DAY) / TICKS_PER_SECOND;
  const fraction = size % TICKS_PER_SECOND;
  const clock = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  const shownFraction = fraction === 0n ? '' : `.${String(fraction).padStart(7, '0')}`;
  return `${ticks < 0n ? '-' : ''}${days === 0n ? '' : `${days}.`}${clock}${shownFraction}`;
}
