import { ipRange } from './ip-ranges.ts';
import { sqlString } from './sql-text.ts';

/**
 * IPv4 addresses by DuckDB's own patterns, in the very forms that `ip-ranges.ts` reads: blanks around, no leading zeros,
 * a prefix of up to three digits behind. An address is in a range when its own prefix is not the shorter one.
 */

/** What JavaScript trims. */
const BLANKS =
  '[\\t\\n\\v\\f\\r \\x{A0}\\x{1680}\\x{2000}-\\x{200A}\\x{2028}\\x{2029}\\x{202F}\\x{205F}\\x{3000}\\x{FEFF}]*';
const OCTET = '(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
const PLAIN = `${OCTET}\\.${OCTET}\\.${OCTET}\\.${OCTET}`;
const ANY = `${BLANKS}${PLAIN}${prefixFrom(0)}${BLANKS}`;

/** A prefix in up to three digits that is at least this long; none is 32. */
function prefixFrom(least: number): string {
  const lengths = Array.from({ length: 33 - least }, (_, index) => least + index);
  return `(?:/(?:${lengths.map((length) => (length < 10 ? `0?0?${length}` : `0?${length}`)).join('|')}))?`;
}

/** A pattern of the IPv4 addresses in a range. */
function patternOf(network: bigint, prefix: number): string {
  const octets = [24n, 16n, 8n, 0n].map((shift, index) => {
    const fixed = Math.min(Math.max(prefix - index * 8, 0), 8);
    if (fixed === 0) return OCTET;
    const size = 1 << (8 - fixed);
    const first = Number((network >> shift) & 255n) & -size;
    const values = Array.from({ length: size }, (_, offset) => first + offset);
    return size === 1 ? String(first) : `(?:${values.join('|')})`;
  });
  return `${octets.join('\\.')}${prefixFrom(prefix)}`;
}

/** True where the text is an IPv4 address, with or without a prefix. */
export function isIpv4(text: string): string {
  return `regexp_full_match(${text}, ${sqlString(ANY)})`;
}

/** True where the text is an IPv4 address in one of the ranges, false or null elsewhere; ranges that are none are passed over. */
export function isInIpv4Ranges(text: string, ranges: readonly string[]): string {
  const patterns = ranges.flatMap((range) => {
    const read = ipRange(range, 4);
    return read ? [patternOf(read.address & 0xffff_ffffn, read.prefix - 96)] : [];
  });
  if (patterns.length === 0) return 'FALSE';
  return `regexp_full_match(${text}, ${sqlString(`${BLANKS}(?:${patterns.join('|')})${BLANKS}`)})`;
}

/** The number of an IPv4 address; null where the text is none. `otherwise` reads what has blanks or a prefix. */
export function ipv4Number(text: string, otherwise: string): string {
  const octets = [1, 2, 3, 4].map((part) => `CAST(split_part(${text}, '.', ${part}) AS BIGINT)`);
  const [a, b, c, d] = octets;
  return `CASE WHEN regexp_full_match(${text}, ${sqlString(PLAIN)}) THEN ${a} * 16777216 + ${b} * 65536 + ${c} * 256 + ${d}
    WHEN ${isIpv4(text)} THEN ${otherwise} END`;
}
