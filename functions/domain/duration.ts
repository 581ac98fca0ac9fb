import { parse } from 'tinyduration';

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Milliseconds of an ISO 8601 duration such as `P5D` or `PT4H`; undefined when it is not one, is not longer than nothing, or counts in months or years,
 * which have no fixed length.
 */
export function parseDuration(text: string): number | undefined {
  try {
    const { negative, years, months, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0 } = parse(text);
    if (negative || years || months) return undefined;
    const ms = (weeks * 7 + days) * DAY_MS + ((hours * 60 + minutes) * 60 + seconds) * 1000;
    return ms > 0 ? ms : undefined;
  } catch {
    return undefined;
  }
}
