import { dateToTicks, parseDatetime, TICKS_PER_DAY, UNIX_EPOCH_TICKS } from '../values/time-text.ts';

/** Which comes first where a date is written in numbers alone, year last. */
export type DayOrder = 'dmy' | 'mdy';

/** Languages whose names of months are known; a name that means another month elsewhere is left out. */
const LANGUAGES =
  'en en-GB en-AU en-CA de de-AT fr fr-CA es es-MX it pt pt-PT nl sv da nb fi pl cs sk hr hu tr ru uk ro el id ca bg sl lt lv et vi'.split(
    ' ',
  );

let months: ReadonlyMap<string, number> | undefined;

function monthOf(name: string): number | undefined {
  months ??= monthNames();
  return months.get(name.toLowerCase().replace(/\.$/, ''));
}

function monthNames(): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const twice = new Set<string>();
  for (const language of LANGUAGES) {
    for (const options of [{ month: 'short' }, { month: 'long' }] as const) {
      // A month beside a day is inflected in many languages.
      for (const format of [options, { ...options, day: 'numeric' } as const]) {
        const formatter = new Intl.DateTimeFormat(language, { ...format, timeZone: 'UTC' });
        for (let month = 1; month <= 12; month++) {
          const parts = formatter.formatToParts(Date.UTC(2026, month - 1, 5));
          const name = parts
            .find(({ type }) => type === 'month')
            ?.value.toLowerCase()
            .replace(/\.$/, '');
          if (!name || /\d/.test(name)) continue;
          if ((found.get(name) ?? month) !== month) twice.add(name);
          found.set(name, month);
        }
      }
    }
  }
  for (const name of twice) found.delete(name);
  return found;
}

const CLOCK = String.raw`(?<hour>\d{1,2})(?:[:.h]| h )(?<minute>\d{2})(?:(?:[:.]| min )(?<second>\d{2})(?:[.,](?<fraction>\d{1,9}))?(?: s)?)?`;
const HALF = String.raw`(?<half>[ap]\.? ?m\.?)`;
const ZONE = String.raw`(?<zone>Z|(?:UTC|GMT)?(?: ?[+-]\d{1,2}(?::?\d{2})?)?)`;
/** Words that languages put between the date and the time. */
const AT = String.raw`(?:,|\.)?(?: (?:at|um|à|kl\.?|klo|ore|às|a las|alle|om|в|o))?,?`;
const TIME = `(?:${AT} (?<asian>上午|下午|午前|午後|오전|오후)? ?${CLOCK}(?: ?${HALF})?(?: ?${ZONE}(?: Uhr)?)?)?`;

const NUMBERS = new RegExp(
  String.raw`^(?<first>\d{1,2})[./-] ?(?<other>\d{1,2})[./-] ?(?<year>\d{4})${TIME}$`,
  'iu',
);
const YEAR_FIRST = new RegExp(
  String.raw`^(?<year>\d{4})[./-] ?(?<month>\d{1,2})[./-] ?(?<day>\d{1,2})${TIME}$`,
  'iu',
);
const DAY_AND_NAME = new RegExp(
  String.raw`^(?:\p{L}+\.?,? )?(?<day>\d{1,2})\.?[ -](?:de )?(?<name>\p{L}+)\.?,?[ -](?:de )?(?<year>\d{4})(?: (?:r|г|р)\.)?${TIME}$`,
  'iu',
);
const NAME_AND_DAY = new RegExp(
  String.raw`^(?:\p{L}+\.?,? )?(?<name>\p{L}+)\.? (?<day>\d{1,2})(?:st|nd|rd|th)?,? (?<year>\d{4})${TIME}$`,
  'iu',
);
const YEAR_AND_NAME = new RegExp(
  String.raw`^(?<year>\d{4})\. (?<name>\p{L}+)\.? (?<day>\d{1,2})${TIME}$`,
  'iu',
);

/**
 * The time that a cell of an export says, in ticks: what KQL itself reads, what the portals write in the languages of
 * their users, numbers since 1970 and those of Excel. No zone means UTC. `order` says what `05/06/2026` is.
 */
export function eventTime(input: string, order: DayOrder): bigint | undefined {
  // Formatters put invisible marks and spaces of many widths around the parts.
  const text = input
    .replace(/[\u200e\u200f\u061c]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  if (/^-?\d+([.,]\d+)?$/.test(text) && text.length > 4)
    return ofNumber(text.replace(',', '.')) ?? parseDatetime(text);
  const json = /^\/Date\((-?\d+)([+-]\d{4})?\)\/$/.exec(text);
  if (json?.[1]) return ofEpoch(json[1], '', 10_000n);
  const numbers = NUMBERS.exec(text)?.groups;
  if (numbers) {
    const [day, month] = order === 'dmy' ? [numbers.first, numbers.other] : [numbers.other, numbers.first];
    return ofParts({ ...numbers, day, month });
  }
  const yearFirst = YEAR_FIRST.exec(text)?.groups;
  if (yearFirst) return ofParts(yearFirst);
  const named = (DAY_AND_NAME.exec(text) ?? NAME_AND_DAY.exec(text) ?? YEAR_AND_NAME.exec(text))?.groups;
  const month = named?.name === undefined ? undefined : monthOf(named.name);
  if (named && month !== undefined) return ofParts({ ...named, month: String(month) });
  return parseDatetime(text);
}

function ofParts(parts: Readonly<Record<string, string | undefined>>): bigint | undefined {
  const { year, month = '', day = '', hour = '0', minute = '00', second = '00', fraction = '0' } = parts;
  const half = parts.half ?? parts.asian;
  const isPm = half !== undefined && /^p|下午|午後|오후/i.test(half);
  const twelve = Number(hour);
  if (half !== undefined && (twelve < 1 || twelve > 12) && !parts.asian) return undefined;
  const hours = half === undefined ? twelve : (twelve % 12) + (isPm ? 12 : 0);
  const two = (value: string | number): string => String(value).padStart(2, '0');
  return parseDatetime(
    `${year}-${two(month)}-${two(day)}T${two(hours)}:${minute}:${second}.${fraction}${zoneOf(parts.zone)}`,
  );
}

function zoneOf(zone: string | undefined): string {
  const offset = /([+-])(\d{1,2}):?(\d{2})?$/.exec(zone ?? '');
  return offset ? `${offset[1]}${offset[2]?.padStart(2, '0')}:${offset[3] ?? '00'}` : 'Z';
}

/** Numbers are told apart by their size: each range is some decades around now, and none meets another. */
function ofNumber(text: string): bigint | undefined {
  const [whole = '', fraction = ''] = text.split('.');
  const size = BigInt(whole);
  // Days since 1899-12-30, as Excel counts them: 1954 to 2119.
  if (size >= 20_000n && size < 80_000n) {
    const milliseconds = Math.round(Number(`0.${fraction || '0'}`) * 86_400_000);
    return (
      dateToTicks(new Date(Date.UTC(1899, 11, 30))) + size * TICKS_PER_DAY + BigInt(milliseconds) * 10_000n
    );
  }
  const epoch = UNITS.find(({ from, to }) => size >= from && size < to);
  return epoch?.ticks(whole, fraction);
}

const UNITS: readonly {
  from: bigint;
  to: bigint;
  ticks: (whole: string, fraction: string) => bigint | undefined;
}[] = [
  // Seconds, milliseconds, microseconds and nanoseconds since 1970: 1990 to 2096.
  { from: 631_152_000n, to: 4_000_000_000n, ticks: (w, f) => ofEpoch(w, f, 10_000_000n) },
  { from: 631_152_000_000n, to: 4_000_000_000_000n, ticks: (w, f) => ofEpoch(w, f, 10_000n) },
  { from: 631_152_000_000_000n, to: 4_000_000_000_000_000n, ticks: (w, f) => ofEpoch(w, f, 10n) },
  // Windows' file times, ticks since 1601: 1985 to 2170.
  {
    from: 121_000_000_000_000_000n,
    to: 180_000_000_000_000_000n,
    ticks: (w) => BigInt(w) + 504_911_232_000_000_000n,
  },
  // .NET's ticks: 1990 to 2107.
  { from: 627_000_000_000_000_000n, to: 665_000_000_000_000_000n, ticks: (w) => BigInt(w) },
  {
    from: 1_000_000_000_000_000_000n,
    to: 4_000_000_000_000_000_000n,
    ticks: (w) => UNIX_EPOCH_TICKS + BigInt(w) / 100n,
  },
];

function ofEpoch(whole: string, fraction: string, unit: bigint): bigint {
  const part = (BigInt(fraction.slice(0, 7).padEnd(7, '0')) * unit) / 10_000_000n;
  return UNIX_EPOCH_TICKS + BigInt(whole) * unit + part;
}
