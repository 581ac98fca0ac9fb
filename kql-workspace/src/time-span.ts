import { parse } from 'tinyduration';
import type { TimeSpan } from './events/tables.ts';
import { dateToTicks, MAX_DATETIME_TICKS, parseDatetime } from './values/time-text.ts';

/**
 * Reads the query API's `timespan`: a duration that ends now (`P5D`), or an ISO 8601 interval of start and end, start
 * and duration, or duration and end. Undefined when it is none of these, also where a part is negative.
 */
export function parseTimeSpan(text: string, now: bigint): TimeSpan | undefined {
  const parts = text.trim().split('/');
  const [first = '', second] = parts;
  if (parts.length > 2) return undefined;
  if (second === undefined) return isDuration(first) ? ending(now, first) : undefined;
  if (isDuration(first)) {
    const end = parseDatetime(second);
    return end === undefined ? undefined : ending(end, first);
  }
  const start = parseDatetime(first);
  if (start === undefined) return undefined;
  const end = isDuration(second) ? shift(start, second, 1) : parseDatetime(second);
  return end === undefined ? undefined : { start, end };
}

/** Parts are not negative, and only seconds, days and such, whose length is always the same, have fractions. */
const DURATION =
  /^P(?=\d|T\d)(\d+Y)?(\d+M)?(\d+(\.\d+)?W)?(\d+(\.\d+)?D)?(T(?=\d)(\d+(\.\d+)?H)?(\d+(\.\d+)?M)?(\d+(\.\d+)?S)?)?$/i;

function isDuration(text: string): boolean {
  return DURATION.test(text);
}

function ending(end: bigint, duration: string): TimeSpan | undefined {
  const start = shift(end, duration, -1);
  return start === undefined ? undefined : { start, end };
}

const EPOCH = dateToTicks(new Date(0));

/** Years and months follow the calendar; all else is of fixed length. */
function shift(ticks: bigint, duration: string, direction: 1 | -1): bigint | undefined {
  let parts: ReturnType<typeof parse>;
  try {
    parts = parse(duration.toUpperCase());
  } catch {
    return undefined;
  }
  const date = new Date(Number((ticks - EPOCH) / 10_000n));
  const rest = ticks - dateToTicks(date);
  date.setUTCFullYear(date.getUTCFullYear() + direction * (parts.years ?? 0));
  date.setUTCMonth(date.getUTCMonth() + direction * (parts.months ?? 0));
  const seconds =
    ((parts.weeks ?? 0) * 7 + (parts.days ?? 0)) * 86_400 +
    (parts.hours ?? 0) * 3600 +
    (parts.minutes ?? 0) * 60 +
    (parts.seconds ?? 0);
  if (Number.isNaN(date.getTime()) || !Number.isSafeInteger(seconds * 1000)) return undefined;
  const shifted = dateToTicks(date) + rest + BigInt(Math.round(direction * seconds * 1e7));
  // What lies before the year 1 or after 9999 is all there is on that side.
  return shifted < 0n ? 0n : shifted > MAX_DATETIME_TICKS ? MAX_DATETIME_TICKS : shifted;
}
