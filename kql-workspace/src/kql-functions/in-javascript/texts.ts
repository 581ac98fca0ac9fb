import { bigintOf, readArray, textOf } from '../../values/json-values.ts';
import { integerLiteral, stringLiteral } from '../../values/scalar-types.ts';
import type { JsFunctions } from './js-function.ts';

/** Kusto's functions of strings that have no exact counterpart in SQL. */
export const textFunctions: JsFunctions = {
  format_bytes: {
    takes: ['real', 'long', 'string'],
    defaults: [integerLiteral(0n, 'long'), stringLiteral('')],
    gives: 'string',
    call: formatBytes,
  },
  parse_command_line: { takes: ['string', 'string'], gives: 'dynamic', call: parseCommandLine },
  parse_csv: { takes: ['string'], gives: 'dynamic', call: parseCsv },
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
};

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
