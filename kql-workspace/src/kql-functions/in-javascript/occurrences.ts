import { kustoPattern } from '../../values/kusto-pattern.ts';
import { integerLiteral, stringLiteral } from '../../values/scalar-types.ts';
import type { JsFunctions } from './js-function.ts';

/** Kusto's functions that say where and how often something stands in a text. Positions count code points. */
export const occurrenceFunctions: JsFunctions = {
  countof: {
    takes: ['string', 'string', 'string'],
    defaults: [stringLiteral('normal')],
    gives: 'long',
    call: countOf,
  },
  indexof: {
    takes: ['string', 'string', 'long', 'long', 'long'],
    defaults: [integerLiteral(0n, 'long'), integerLiteral(-1n, 'long'), integerLiteral(1n, 'long')],
    gives: 'long',
    call: (text: string, match: string, start: bigint, length: bigint, occurrence: bigint) =>
      indexOf(text, start, length, occurrence, (window) => plainMatch(window, match), true),
  },
  indexof_regex: {
    takes: ['string', 'string', 'long', 'long', 'long'],
    defaults: [integerLiteral(0n, 'long'), integerLiteral(-1n, 'long'), integerLiteral(1n, 'long')],
    gives: 'long',
    call: (text: string, pattern: string, start: bigint, length: bigint, occurrence: bigint) =>
      start < 0n
        ? undefined
        : indexOf(text, start, length, occurrence, (window) => regexMatch(window, pattern), false),
  },
};

/** Plain matches may overlap, those of patterns don't. */
function countOf(text: string, search: string, kind: string): bigint {
  if (kind.toLowerCase() === 'regex') return BigInt(kustoPattern(search).all(text).length);
  if (search === '') return 0n;
  let count = 0n;
  for (let at = text.indexOf(search); at >= 0; at = text.indexOf(search, at + 1)) count++;
  return count;
}

/** Where the wanted occurrence begins, in code points; each one is looked for within `length` of where the last began. */
function indexOf(
  text: string,
  from: bigint,
  length: bigint,
  occurrence: bigint,
  find: (text: string) => readonly [start: number, end: number] | undefined,
  overlapping: boolean,
): bigint | undefined {
  if (length < -1n || occurrence < 1n) return undefined;
  const characters = [...text];
  let start = from < 0n ? Math.max(characters.length + Number(from), 0) : Number(from);
  for (let seen = 1n; ; seen++) {
    const end = length < 0n ? characters.length : Math.min(start + Number(length), characters.length);
    const window = characters.slice(start, end).join('');
    const match = find(window);
    if (!match) return -1n;
    const [before, within] = match.map((offset) => [...window.slice(0, offset)].length);
    const position = start + (before ?? 0);
    if (seen === occurrence) return BigInt(position);
    start = overlapping ? position + 1 : start + Math.max(within ?? 0, (before ?? 0) + 1);
  }
}

function plainMatch(text: string, needle: string): readonly [number, number] | undefined {
  const at = text.indexOf(needle);
  return at < 0 ? undefined : [at, at + needle.length];
}

function regexMatch(text: string, pattern: string): readonly [number, number] | undefined {
  const match = kustoPattern(pattern).first(text);
  return match && [match.index, match.end];
}
