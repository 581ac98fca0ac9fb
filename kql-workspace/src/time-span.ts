import { parse } from 'tinyduration';
import type { TimeSpan } from './events/tables.ts';
import { dateToTicks, parseDatetime } from './values/time-text.ts';

/**
 * Reads the query API's `timespan`: a duration that ends now (`P5D`), or an ISO 8601 interval of start and end, start
 * and duration, or duration and end. Undefined when it is none of these.
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

function isDuration(text: string): boolean {
  return /^-?P/i.test(text);
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
  const sign = parts.negative ? -direction : direction;
  const date = new Date(Number((ticks - EPOCH) / 10_000n));
  const rest = ticks - dateToTicks(date);
  date.setUTCFullYear(date.getUTCFullYear() + sign * (parts.years ?? 0));
  date.setUTCMonth(date.getUTCMonth() + sign * (parts.months ?? 0));
  const seconds =
    ((parts.weeks ?? 0) * 7 + (parts.days ?? 0)) * 86_400 +
    (parts.hours ?? 0) * 3600 +
    (parts.minutes ?? 0) * 60 +
    (parts.seconds ?? 0);
  return dateToTicks(date) + rest + BigInt(Math.round(sign * seconds * 1e7));
}
