import { RE2JS } from 're2js';
import { BadConstant } from './bad-constant.ts';
import { MARKS } from './marked-text.ts';
import { WORD } from './regex-escapes.ts';
import { toMarkedRe2, toRe2 } from './regex-syntax.ts';

/** A match: where it is, its text and its groups. */
export interface PatternMatch {
  /** In UTF-16 units, like every index into a JavaScript string. */
  readonly index: number;
  readonly end: number;
  /** The whole match, then the groups; undefined for a group that took no part. */
  readonly texts: readonly (string | undefined)[];
  readonly named: Readonly<Record<string, string | undefined>>;
}

const compiled = new Map<string, KustoPattern>();
const MAX_REMEMBERED = 500;

/** Compiles a Kusto pattern, or remembers it; throws BadConstant. */
export function kustoPattern(pattern: string): KustoPattern {
  const known = compiled.get(pattern);
  if (known) return known;
  if (compiled.size >= MAX_REMEMBERED) compiled.clear();
  const made = new KustoPattern(pattern);
  compiled.set(pattern, made);
  return made;
}

/** A regular expression of Kusto's, matched in time that grows with the text and no faster. */
export class KustoPattern {
  private readonly pattern: string;
  /** How many groups it captures. */
  readonly groups: number;
  private readonly plain: RE2JS;
  private readonly asciiOnly: boolean;
  private readonly needsMarks: boolean;
  private withMarks: RE2JS | undefined;

  constructor(pattern: string) {
    const { source, groups, asciiOnly, needsMarks } = toRe2(pattern);
    this.pattern = pattern;
    this.groups = groups;
    this.asciiOnly = asciiOnly;
    this.needsMarks = needsMarks;
    this.plain = needsMarks ? this.marked : compile(source, pattern);
  }

  test(text: string): boolean {
    return this.takes(text) ? this.plain.test(text) : this.marked.test(mark(text));
  }

  /** The first match. */
  first(text: string): PatternMatch | undefined {
    const isPlain = this.takes(text);
    const found = isPlain ? this.plain.exec(text) : this.marked.exec(mark(text));
    return found ? matchOf(found, isPlain) : undefined;
  }

  /** All matches; an empty one right behind another is none. */
  all(text: string): readonly PatternMatch[] {
    const isPlain = this.takes(text);
    const found = isPlain ? this.plain.matchAll(text) : this.marked.matchAll(mark(text));
    const matches: PatternMatch[] = [];
    for (const raw of found) {
      const match = matchOf(raw, isPlain);
      if (match.index !== match.end || match.index !== matches.at(-1)?.end) matches.push(match);
    }
    return matches;
  }

  /** The text with every match replaced. */
  replaceAll(text: string, replacement: (match: PatternMatch) => string): string {
    let output = '';
    let from = 0;
    for (const match of this.all(text)) {
      output += text.slice(from, match.index) + replacement(match);
      from = match.end;
    }
    return output + text.slice(from);
  }

  private takes(text: string): boolean {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
    return !this.needsMarks && (!this.asciiOnly || /^[\x00-\x7f]*$/.test(text));
  }

  private get marked(): RE2JS {
    this.withMarks ??= compile(toMarkedRe2(this.pattern), this.pattern);
    return this.withMarks;
  }
}

function compile(source: string, pattern: string): RE2JS {
  try {
    return RE2JS.compile(source, RE2JS.LOOKBEHINDS);
  } catch (error) {
    throw new BadConstant(`the pattern '${pattern}': ${error instanceof Error ? error.message : error}`);
  }
}

/** A match as RE2JS gives it. */
interface RawMatch extends ReadonlyArray<string | undefined> {
  readonly index?: number;
  readonly input?: string;
  readonly groups?: Readonly<Record<string, string | undefined>> | undefined;
}

function matchOf(found: RawMatch, isPlain: boolean): PatternMatch {
  const texts = isPlain ? [...found] : found.map((text) => text && unmarked(text));
  const at = found.index ?? 0;
  const index = isPlain ? at : unmarked((found.input ?? '').slice(0, at)).length;
  const named = Object.entries(found.groups ?? {}).map(
    ([name, text]) => [name, isPlain || text === undefined ? text : unmarked(text)] as const,
  );
  return { index, end: index + (texts[0] ?? '').length, texts, named: Object.fromEntries(named) };
}

const wordCharacter = RE2JS.compile(`[${WORD}]`);

/** The text with a mark in front and behind each character: does a word character follow? */
function mark(text: string): string {
  const characters = [...text.replace(/[\uFDD0\uFDD1]/g, '\uFFFD')];
  const marks = characters.map((character) => (wordCharacter.test(character) ? MARKS.word : MARKS.other));
  return (
    (marks[0] ?? MARKS.other) +
    characters.map((character, index) => character + (marks[index + 1] ?? MARKS.other)).join('')
  );
}

function unmarked(text: string): string {
  return text.replace(/[\uFDD0\uFDD1]/g, '');
}
