import { bigintOf, type Json, readArray } from '../../values/json-values.ts';
import { kustoRegExp } from '../../values/regex-syntax.ts';
import type { JsFunctions } from './js-function.ts';

/** Kusto's functions that take a regular expression. */
export const patternFunctions: JsFunctions = {
  extract_all: {
    takes: ['string', 'dynamic', 'string'],
    gives: 'dynamic',
    call: extractAll,
  },
  regex_quote: {
    takes: ['string'],
    gives: 'string',
    call: (text: string) => text.replace(/[\\^$.*+?()[\]{}|#&\-~]/g, '\\$&'),
  },
  // The old name of `replace_regex` takes its arguments in another order.
  replace: {
    takes: ['string', 'string', 'string'],
    gives: 'string',
    call: (pattern: string, rewrite: string, text: string) => replaceRegex(text, pattern, rewrite),
  },
  replace_regex: { takes: ['string', 'string', 'string'], gives: 'string', call: replaceRegex },
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

function trim(pattern: string, text: string, sides: 'both' | 'start' | 'end'): string {
  let output = text;
  if (sides !== 'end') output = output.replace(kustoRegExp(`^(?:${pattern})+`), '');
  return sides === 'start' ? output : output.replace(kustoRegExp(`(?:${pattern})+$`), '');
}
