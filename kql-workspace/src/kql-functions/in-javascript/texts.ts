import { bigintOf, type Json, readArray, textOf } from '../../values/json-values.ts';
import { kustoRegExp } from '../../values/regex-syntax.ts';
import { integerLiteral, stringLiteral } from '../../values/scalar-types.ts';
import type { JsFunctions } from './js-function.ts';

/** `replace`, the old name of `replace_regex`, takes its arguments in another order. */
const oldNames: JsFunctions = {
  replace: {
    takes: ['string', 'string', 'string'],
    gives: 'string',
    call: (pattern: string, rewrite: string, text: string) => replaceRegex(text, pattern, rewrite),
  },
};

/** Kusto's functions of strings that have no exact counterpart in SQL. Positions count code points. */
export const textFunctions: JsFunctions = {
  ...oldNames,
  countof: {
    takes: ['string', 'string', 'string'],
    defaults: [stringLiteral('normal')],
    gives: 'long',
    call: countOf,
  },
  extract_all: {
    takes: ['string', 'dynamic', 'string'],
    gives: 'dynamic',
    call: extractAll,
  },
  format_bytes: {
    takes: ['real', 'long', 'string'],
    defaults: [integerLiteral(0n, 'long'), stringLiteral('')],
    gives: 'string',
    call: formatBytes,
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
  parse_command_line: { takes: ['string', 'string'], gives: 'dynamic', call: parseCommandLine },
  parse_csv: { takes: ['string'], gives: 'dynamic', call: parseCsv },
  regex_quote: {
    takes: ['string'],
    gives: 'string',
    call: (text: string) => text.replace(/[\\^$.*+?()[\]{}|#&\-~]/g, '\\$&'),
  },
  replace_regex: { takes: ['string', 'string', 'string'], gives: 'string', call: replaceRegex },
  replace_strings: {
    takes: ['string', 'dynamic', 'dynamic'],
    gives: 'string',
    call: replaceStrings,
  },
  reverse: { takes: ['string'], gives: 'string', call: (text: string) => [...text].reverse().join('') },
  split: {
    takes: ['string', 'string', 'long'],
    defaults: [integerLiteral(-1n, 'long')],
    gives: 'dynamic',
    call: (text: string, delimiter: string, index: bigint) => {
      const parts = delimiter === '' ? [text] : text.split(delimiter);
      const wanted = parts[Number(index)];
      return JSON.stringify(index < 0n ? parts : wanted === undefined ? [] : [wanted]);
    },
  },
  strcat_array: {
    takes: ['dynamic', 'string'],
    gives: 'string',
    call: (array: string, delimiter: string) => readArray(array)?.map(textOf).join(delimiter),
  },
  strrep: {
    takes: ['string', 'long', 'string'],
    defaults: [stringLiteral('')],
    gives: 'string',
    call: (text: string, count: bigint, delimiter: string) =>
      Array.from({ length: Math.min(Number(count), 1024) }, () => text).join(delimiter),
  },
  to_utf8: {
    takes: ['string'],
    gives: 'dynamic',
    call: (text: string) => JSON.stringify([...text].map((character) => character.codePointAt(0))),
  },
  unicode_codepoints_from_string: {
    takes: ['string'],
    gives: 'dynamic',
    call: (text: string) => JSON.stringify([...text].map((character) => character.codePointAt(0))),
  },
  unicode_codepoints_to_string: { takes: ['dynamic'], rest: true, gives: 'string', call: fromCodePoints },
  make_string: { takes: ['dynamic'], rest: true, gives: 'string', call: fromCodePoints },
  translate: {
    takes: ['string', 'string', 'string'],
    gives: 'string',
    call: (search: string, replacement: string, text: string) => {
      const [from, to] = [[...search], [...replacement]];
      return [...text]
        .map((character) => {
          const index = from.indexOf(character);
          return index < 0 ? character : (to[Math.min(index, to.length - 1)] ?? '');
        })
        .join('');
    },
  },
  trim: {
    takes: ['string', 'string'],
    gives: 'string',
    call: (pattern: string, text: string) => trim(pattern, text, 'both'),
  },
  trim_end: {
    takes: ['string', 'string'],
    gives: 'string',
    call: (pattern: string, text: string) => trim(pattern, text, 'end'),
  },
  trim_start: {
    takes: ['string', 'string'],
    gives: 'string',
    call: (pattern: string, text: string) => trim(pattern, text, 'start'),
  },
};

/** `extract()`: a capture group of the first match, or null. */
export function extract(pattern: string, group: bigint, text: string): string | undefined {
  return kustoRegExp(pattern).exec(text)?.[Number(group)];
}

/** `matches regex` for patterns that RE2 reads differently. */
export function matchesPattern(text: string, pattern: string): boolean {
  return kustoRegExp(pattern).test(text);
}

/** In the rewrite `\1` is the first group and `\0` the whole match. */
function replaceRegex(text: string, pattern: string, rewrite: string): string {
  return text.replace(kustoRegExp(pattern), (...match: (string | undefined)[]) =>
    rewrite.replace(/\\(\d|\\)/g, (_all, group: string) =>
      group === '\\' ? '\\' : (match[Number(group)] ?? ''),
    ),
  );
}

const BYTE_UNITS = ['Bytes', 'KB', 'MB', 'GB', 'TB', 'PB'];

/** In the given unit, or the largest of which there is at least one. */
function formatBytes(size: number, precision: bigint, unit: string): string | undefined {
  const wanted = BYTE_UNITS.findIndex((name) => name.toLowerCase() === unit.toLowerCase());
  if (unit !== '' && wanted < 0) return undefined;
  const largest = Math.floor(Math.log2(Math.max(Math.abs(size), 1)) / 10);
  const index = unit === '' ? Math.min(largest, BYTE_UNITS.length - 1) : wanted;
  const scale = 10 ** Number(precision);
  return `${Math.round((size / 1024 ** index) * scale) / scale} ${BYTE_UNITS[index]}`;
}

/** Plain matches may overlap, those of patterns don't. */
function countOf(text: string, search: string, kind: string): bigint {
  if (kind.toLowerCase() === 'regex') return BigInt([...text.matchAll(kustoRegExp(search))].length);
  if (search === '') return 0n;
  let count = 0n;
  for (let at = text.indexOf(search); at >= 0; at = text.indexOf(search, at + 1)) count++;
  return count;
}

/** One capture group gives a list of its matches, several give a list of lists. `groups` is null or an array. */
function extractAll(pattern: string, groups: string, text: string): string | undefined {
  const matches = [...text.matchAll(kustoRegExp(pattern))];
  if (matches.length === 0) return undefined;
  const chosen = readArray(groups);
  const found = matches.map((match) => {
    const wanted: readonly Json[] =
      chosen ?? Array.from({ length: match.length - 1 }, (_, index) => index + 1);
    return wanted.map((group) =>
      typeof group === 'string'
        ? (match.groups?.[group] ?? '')
        : (match[Number(bigintOf(group) ?? 0n)] ?? ''),
    );
  });
  return JSON.stringify(found[0]?.length === 1 ? found.map(([only]) => only) : found);
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
  const match = kustoRegExp(pattern).exec(text);
  return match ? [match.index, match.index + match[0].length] : undefined;
}

/** Windows' rules (CommandLineToArgvW): quotes group, backslashes count only in front of a quote. */
function parseCommandLine(line: string, kind: string): string | undefined {
  if (kind.toLowerCase() !== 'windows') return undefined;
  const args: string[] = [];
  let current: string | undefined;
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? '';
    if (!quoted && /[ \t]/.test(character)) {
      if (current !== undefined) args.push(current);
      current = undefined;
      continue;
    }
    current ??= '';
    if (character === '\\') {
      const run = /^\\+/.exec(line.slice(at))?.[0].length ?? 1;
      const beforeQuote = line[at + run] === '"';
      current += '\\'.repeat(beforeQuote ? Math.floor(run / 2) : run);
      at += run - 1;
      if (beforeQuote && run % 2 === 1) {
        current += '"';
        at++;
      }
    } else if (character === '"') {
      if (quoted && line[at + 1] === '"') {
        current += '"';
        at++;
      }
      quoted = !quoted;
    } else current += character;
  }
  if (current !== undefined) args.push(current);
  return JSON.stringify(args);
}

/** The fields of the first record. */
function parseCsv(text: string): string {
  const fields: string[] = [];
  let current = '';
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (quoted) {
      if (character !== '"') current += character;
      else if (text[at + 1] === '"') {
        current += '"';
        at++;
      } else quoted = false;
    } else if (character === '"' && current === '') quoted = true;
    else if (character === ',') {
      fields.push(current);
      current = '';
    } else if (character === '\n' || character === '\r') break;
    else current += character;
  }
  return JSON.stringify([...fields, current]);
}

/** Each lookup in turn takes the places that those before it left; pairs that aren't two strings are passed over. */
function replaceStrings(text: string, lookups: string, rewrites: string): string | undefined {
  const [from, to] = [readArray(lookups), readArray(rewrites)];
  if (!from || !to) return undefined;
  /** Pieces of the text, and those that are replaced already. */
  let pieces: readonly { readonly text: string; readonly done: boolean }[] = [{ text, done: false }];
  for (const [index, lookup] of from.entries()) {
    const rewrite = to[index];
    if (typeof lookup !== 'string' || typeof rewrite !== 'string' || lookup === '') continue;
    pieces = pieces.flatMap((piece) =>
      piece.done
        ? [piece]
        : piece.text
            .split(lookup)
            .flatMap((rest, at) => [
              ...(at === 0 ? [] : [{ text: rewrite, done: true }]),
              { text: rest, done: false },
            ]),
    );
  }
  return pieces.map((piece) => piece.text).join('');
}

function fromCodePoints(values: string): string | undefined {
  const flat = (readArray(values) ?? []).flat();
  const points = flat.map((value) => Number(bigintOf(value) ?? -1n));
  return points.every((point) => point >= 0 && point <= 0x10ffff)
    ? String.fromCodePoint(...points)
    : undefined;
}

function trim(pattern: string, text: string, sides: 'both' | 'start' | 'end'): string {
  let output = text;
  if (sides !== 'end') output = output.replace(kustoRegExp(`^(?:${pattern})+`), '');
  return sides === 'start' ? output : output.replace(kustoRegExp(`(?:${pattern})+$`), '');
}
