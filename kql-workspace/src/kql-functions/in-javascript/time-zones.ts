import { splitTicks, TICKS_PER_MILLISECOND } from './calendar.ts';
import type { JsFunctions } from './js-function.ts';

/** Kusto's functions of time zones; datetimes are ticks. */

const zones = new Map<string, Intl.DateTimeFormat>();

/** How far a time zone's clocks are ahead of UTC at the time, in ticks. */
function offsetOf(ticks: bigint, zone: string): bigint {
  const format =
    zones.get(zone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  zones.set(zone, format);
  const { date } = splitTicks(ticks);
  const parts = Object.fromEntries(
    format.formatToParts(date).map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  // `Date.UTC` takes the years below 100 for those of the last century, and the year before 1 is called 1 as well.
  const inYear = year === 1 && month === 12 && date.getUTCMonth() === 0 ? 0 : year;
  const clock = ((hour * 60 + minute) * 60 + second) * 1000;
  const local = new Date(0).setUTCFullYear(inYear, month - 1, day) + clock;
  return BigInt(local - Math.floor(date.getTime() / 1000) * 1000) * TICKS_PER_MILLISECOND;
}

/**
 * The offset holds at the UTC time that is looked for, so it is taken again once that is nearly known. A time that
 * clocks skip when they are put forward counts by the new offset.
 */
function toUtc(ticks: bigint, zone: string): bigint {
  const near = ticks - offsetOf(ticks, zone);
  const utc = ticks - offsetOf(near, zone);
  return utc + offsetOf(utc, zone) === ticks ? utc : near;
}

export const timeZoneFunctions: JsFunctions = {
  datetime_local_to_utc: { takes: ['datetime', 'string'], gives: 'datetime', call: toUtc },
  datetime_utc_to_local: {
    takes: ['datetime', 'string'],
    gives: 'datetime',
    call: (ticks: bigint, zone: string) => ticks + offsetOf(ticks, zone),
  },
};
