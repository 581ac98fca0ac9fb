import { parse } from 'tinyduration';
import { z } from 'zod';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Ten years: no workspace keeps more, and dates stay dates. */
const LONGEST_MS = 3_660 * DAY_MS;

const number = String.raw`\d+(?:[.,]\d+)?`;
/** The whole text: the library finds a duration anywhere in it, and passes over what it does not know. */
const wholeText = new RegExp(
  `^[+-]?P(?=.)(?:${number}Y)?(?:${number}M)?(?:${number}W)?(?:${number}D)?(?:T(?=.)(?:${number}H)?(?:${number}M)?(?:${number}S)?)?$`,
);

/** An ISO 8601 duration from outside, as milliseconds. */
export const durationSchema = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  context.addIssue({
    code: 'custom',
    message: 'must be an ISO 8601 duration in weeks, days, hours or minutes, for example P5D or PT4H',
  });
  return z.NEVER;
});

/**
 * Milliseconds of an ISO 8601 duration such as `P5D` or `PT4H`; undefined when it is not one, is not longer than nothing, or counts in months or years,
 * which have no fixed length.
 */
function parseDuration(text: string): number | undefined {
  if (!wholeText.test(text)) return undefined;
  try {
    const { negative, years, months, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0 } = parse(text);
    if (negative || years || months) return undefined;
    const ms = (weeks * 7 + days) * DAY_MS + ((hours * 60 + minutes) * 60 + seconds) * 1000;
    return ms > 0 && ms <= LONGEST_MS ? ms : undefined;
  } catch {
    return undefined;
  }
}
