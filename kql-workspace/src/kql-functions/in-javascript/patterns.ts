import { BadConstant } from '../../values/bad-constant.ts';
import { bigintOf, type Json, readArray } from '../../values/json-values.ts';
import { kustoPattern } from '../../values/kusto-pattern.ts';
import type { JsFunctions } from './js-function.ts';

/** The check of a function whose argument at the index is a pattern. */
function isPattern(index: number): (constants: readonly unknown[]) => void {
  return (constants) => {
    const pattern = constants[index];
    if (typeof pattern === 'string') kustoPattern(pattern);
  };
}

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
    check: isPattern(0),
    call: (pattern: string, rewrite: string, text: string) => replaceRegex(text, pattern, rewrite),
  },
  replace_regex: {
    takes: ['string', 'string', 'string'],
    gives: 'string',
    check: isPattern(1),
    call: replaceRegex,
  },
  trim: {
    takes: ['string', 'string'],
    gives: 'string',
    check: isPattern(0),
    call: (pattern: string, text: string) => trim(pattern, text, 'both'),
  },
  trim_end: {
    takes: ['string', 'string'],
    gives: 'string',
    check: isPattern(0),
    call: (pattern: string, text: string) => trim(pattern, text, 'end'),
  },
  trim_start: {
    takes: ['string', 'string'],
    gives: 'string',
    check: isPattern(0),
    call: (pattern: string, text: string) => trim(pattern, text, 'start'),
  },
};

/** `extract()`: a capture group of the first match, or null. */
export function extract(pattern: string, group: bigint, text: string): string | undefined {
  return kustoPattern(pattern).first(text)?.texts[Number(group)];
}

/** `matches regex`. */
export function matchesPattern(text: string, pattern: string): boolean {
  return kustoPattern(pattern).test(text);
}

/** In the rewrite `\1` is the first group and `\0` the whole match; a group that isn't there is nothing. */
function replaceRegex(text: string, pattern: string, rewrite: string): string {
  return kustoPattern(pattern).replaceAll(text, ({ texts }) =>
    rewrite.replace(/\\(\d|\\)/g, (_all, group: string) =>
      group === '\\' ? '\\' : (texts[Number(group)] ?? ''),
    ),
  );
}

/** One capture group gives a list of its matches, several give a list of lists. `groups` is null or an array. */
function extractAll(pattern: string, groups: string, text: string): string | undefined {
  const compiled = kustoPattern(pattern);
  if (compiled.groups === 0)
    throw new BadConstant(`extract_all() with the pattern '${pattern}', which captures nothing`);
  const matches = compiled.all(text);
  if (matches.length === 0) return undefined;
  const chosen: readonly Json[] =
    readArray(groups) ?? Array.from({ length: compiled.groups }, (_, index) => index + 1);
  const found = matches.map(({ texts, named }) =>
    chosen.map((group) =>
      typeof group === 'string' ? (named[group] ?? '') : (texts[Number(bigintOf(group) ?? 0n)] ?? ''),
    ),
  );
  return JSON.stringify(chosen.length === 1 ? found.map(([only]) => only) : found);
}

function trim(pattern: string, text: string, sides: 'both' | 'start' | 'end'): string {
  // Its error is about the pattern as it is written.
  kustoPattern(pattern);
  let output = text;
  if (sides !== 'end') output = kustoPattern(`\\A(?:${pattern})+`).replaceAll(output, () => '');
  return sides === 'start' ? output : kustoPattern(`(?:${pattern})+\\z`).replaceAll(output, () => '');
}
