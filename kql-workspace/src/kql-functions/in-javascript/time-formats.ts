import { BadConstant } from '../../values/bad-constant.ts';
import { TICKS_PER_DAY, TICKS_PER_SECOND } from '../../values/time-text.ts';
import { splitTicks } from './calendar.ts';
import type { JsFunctions } from './js-function.ts';

/** The documented elements and delimiters. */
const DATETIME_FORMAT = /^[yMdHhmsfFt /\-:,._[\]]*$/;
const TIMESPAN_FORMAT = /^[dHhmsfF /\-:,._[\]]*$/;

/** Kusto's functions that write datetimes and timespans by a format. */
export const timeFormatFunctions: JsFunctions = {
  format_datetime: {
    takes: ['datetime', 'string'],
    gives: 'string',
    check: ([, format]) => refuseOddFormat(format, DATETIME_FORMAT),
    call: (ticks: bigint, format: string) => {
      refuseOddFormat(format, DATETIME_FORMAT);
      return formatDatetimeBy(ticks, format);
    },
  },
  format_timespan: {
    takes: ['timespan', 'string'],
    gives: 'string',
    check: ([, format]) => refuseOddFormat(format, TIMESPAN_FORMAT),
    call: (ticks: bigint, format: string) => {
      refuseOddFormat(format, TIMESPAN_FORMAT);
      return formatTimespanBy(ticks, format);
    },
  },
};

function fractionOf(letters: string, withinSecond: bigint): string {
  const digits = String(withinSecond).padStart(7, '0').slice(0, letters.length);
  return letters.startsWith('F') ? digits.replace(/0+$/, '') : digits;
}

function formatDatetimeBy(ticks: bigint, format: string): string {
  const { date } = splitTicks(ticks);
  const [year, hour] = [date.getUTCFullYear(), date.getUTCHours()];
  const padded = (value: number, width: number): string => String(value).padStart(width, '0');
  return format.replace(/y+|M+|d+|H+|h+|m+|s+|f+|F+|t+/g, (letters) => {
    const width = Math.min(letters.length, 2);
    switch (letters[0]) {
      case 'y':
        return letters.length > 2 ? padded(year, letters.length) : padded(year % 100, width);
      case 'M':
        return padded(date.getUTCMonth() + 1, width);
      case 'd':
        return padded(date.getUTCDate(), width);
      case 'H':
        return padded(hour, width);
      case 'h':
        return padded(hour % 12 || 12, width);
      case 'm':
        return padded(date.getUTCMinutes(), width);
      case 's':
        return padded(date.getUTCSeconds(), width);
      case 't':
        return (hour < 12 ? 'AM' : 'PM').slice(0, letters.length);
      default:
        return fractionOf(letters, ticks % TICKS_PER_SECOND);
    }
  });
}

function formatTimespanBy(ticks: bigint, format: string): string {
  const size = ticks < 0n ? -ticks : ticks;
  const seconds = size / TICKS_PER_SECOND;
  const text = format.replace(/d+|[Hh]+|m+|s+|f+|F+/g, (letters) => {
    const padded = (value: bigint): string => String(value).padStart(letters.length, '0');
    switch (letters[0]) {
      case 'd':
        return padded(size / TICKS_PER_DAY);
      case 'H':
      case 'h':
        return padded((seconds / 3600n) % 24n);
      case 'm':
        return padded((seconds / 60n) % 60n);
      case 's':
        return padded(seconds % 60n);
      default:
        return fractionOf(letters, size % TICKS_PER_SECOND);
    }
  });
  return ticks < 0n ? `-${text}` : text;
}

/** A letter outside of the documented elements would mean something else to the service. */
function refuseOddFormat(format: unknown, allowed: RegExp): void {
  if (typeof format === 'string' && !allowed.test(format))
    throw new BadConstant(`the format '${format}' has elements that are not documented`);
}
