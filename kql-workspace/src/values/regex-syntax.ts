import { BadConstant } from './bad-constant.ts';
import { listedClass } from './character-class.ts';
import { ALIGNED, MARK, MARKED_EDGES } from './marked-text.ts';
import { codePoint, literal, propertyOf, SPACE, WORD } from './regex-escapes.ts';

/**
 * Kusto's regular expressions (the syntax of Rust's `regex`, Unicode throughout) as RE2's, which takes time in proportion
 * to the text. Where RE2 has no word for a class, its characters are listed.
 */

/** A Kusto pattern in RE2's words. */
export interface Re2Pattern {
  readonly source: string;
  /** How many groups it has. */
  readonly groups: number;
  /**
   * RE2's `\b` knows ASCII's words alone: true when the pattern holds only for texts in ASCII. The others are matched,
   * by `marked`, in a form in which a mark behind each character says whether a word character follows.
   */
  readonly asciiOnly: boolean;
  /** True when not even texts in ASCII can do without marks. */
  readonly needsMarks: boolean;
  /** How much the pattern weighs: classes of all scripts, times their repetitions. */
  readonly weight: number;
}

/** The Kusto pattern as RE2's; throws BadConstant. */
export function toRe2(pattern: string): Re2Pattern {
  return new Translator(pattern, false).translate();
}

/** The Kusto pattern as RE2's, with lookbehinds, for a text with marks; throws BadConstant. */
export function toMarkedRe2(pattern: string): string {
  return `(?:${ALIGNED})(?:${new Translator(pattern, true).translate().source})`;
}

class Translator {
  private readonly pattern: string;
  private readonly marked: boolean;
  private position = 0;
  private groups = 0;
  private asciiOnly = false;
  private needsMarks = false;
  private weight = 0;

  constructor(pattern: string, marked: boolean) {
    this.pattern = pattern;
    this.marked = marked;
  }

  translate(): Re2Pattern {
    const source = this.alternatives();
    if (this.position < this.pattern.length) this.fail('an unopened )');
    const { groups, asciiOnly, needsMarks, weight } = this;
    return { source, groups, asciiOnly, needsMarks, weight };
  }

  private fail(what: string): never {
    throw new BadConstant(`the pattern '${this.pattern}': ${what} at ${this.position}`);
  }

  private get rest(): string {
    return this.pattern.slice(this.position);
  }

  /** Something that takes one character, which in a marked text has its mark behind it. */
  private one(source: string): string {
    return this.marked ? `(?:${source}${MARK})` : source;
  }

  /** Everything up to the group's end. */
  private alternatives(): string {
    let output = '';
    while (this.position < this.pattern.length && this.pattern[this.position] !== ')') output += this.atom();
    return output;
  }

  private atom(): string {
    const character = String.fromCodePoint(this.pattern.codePointAt(this.position) ?? 0);
    switch (character) {
      case '(':
        return this.group();
      case '[':
        return this.one(this.characterClass());
      case '\\':
        return this.escape();
      case '{':
        return this.repetition();
      case '.':
        this.position++;
        return this.one('.');
      case '*':
      case '+':
      case '?':
      case '|':
      case '$':
        this.position++;
        return character;
      case '^':
        this.position++;
        return this.marked ? `(?<=^${MARK})` : '^';
      default:
        this.position += character.length;
        return this.one(literal(character));
    }
  }

  private repetition(): string {
    const [quantifier] = /^\{\d+(,\d*)?\}/.exec(this.rest) ?? [];
    if (quantifier === undefined) return this.fail('a { that begins no repetition');
    this.position += quantifier.length;
    const times = Math.max(...(quantifier.match(/\d+/g) ?? []).map(Number));
    if (times > 1000) this.fail(`more than 1,000 repetitions`);
    this.weight *= Math.max(times, 1);
    return quantifier;
  }

  private group(): string {
    const flags = /^\(\?[imsU]*(?:-[imsU]+)?\)/.exec(this.rest)?.[0];
    if (flags !== undefined) {
      this.position += flags.length;
      return flags === '(?)' ? '' : flags;
    }
    const start = /^\((\?P?<[A-Za-z_][A-Za-z0-9_]*>|\?[imsU]*(?:-[imsU]+)?:)?/.exec(this.rest)?.[0] ?? '(';
    if (start === '(' && this.pattern[this.position + 1] === '?') this.fail('a group that is not supported');
    if (!start.endsWith(':')) this.groups++;
    this.position += start.length;
    const inner = this.alternatives();
    if (this.pattern[this.position] !== ')') this.fail('a group without its end');
    this.position++;
    return `${start.replace('(?<', '(?P<')}${inner})`;
  }

  private characterClass(): string {
    const start = this.position;
    this.skipClass();
    const source = this.pattern.slice(start, this.position);
    // RE2 has neither classes in classes nor the complement of another class in a class.
    const body = source.slice(1, -1);
    const isPlain = !/\[(?!:\^?\w+:\])|&&|--|~~|\\[WSD]|\\[pP](?!\{?\^?[A-Z][a-z]?\}?)/.test(body);
    if (!isPlain) return this.listed(source);
    let output = '';
    const end = this.position;
    this.position = start + 1;
    if (this.pattern[this.position] === '^') {
      output += '^';
      this.position++;
    }
    for (let first = true; this.position < end - 1; first = false) output += this.classMember(first, end - 1);
    this.position = end;
    return `[${output}]`;
  }

  private classMember(isFirst: boolean, end: number): string {
    const posix = /^\[:\^?\w+:\]/.exec(this.rest)?.[0];
    if (posix !== undefined) {
      this.position += posix.length;
      return posix;
    }
    if (this.rest.startsWith('\\')) return this.classEscape();
    const character = String.fromCodePoint(this.pattern.codePointAt(this.position) ?? 0);
    this.position += character.length;
    const isRange = character === '-' && !isFirst && this.position < end;
    return isRange ? '-' : literal(character);
  }

  private classEscape(): string {
    const rest = this.rest.slice(1);
    const code = codePoint(rest);
    if (code) return this.take(code.length, code.source);
    const property = propertyOf(rest);
    if (property) {
      this.weight++;
      return this.take(property.length, property.source);
    }
    const [character = ''] = rest;
    const members = { d: '\\p{Nd}', w: WORD, s: SPACE }[character];
    if (members) {
      this.weight++;
      return this.take(1, members);
    }
    return this.take(1, this.plainEscape(character));
  }

  /** Moves behind the class that begins here. */
  private skipClass(): void {
    this.position++;
    if (this.pattern[this.position] === '^') this.position++;
    // A bracket in front is a character of the class.
    if (this.pattern[this.position] === ']') this.position++;
    while (this.pattern[this.position] !== ']') {
      const posix = /^\[:\^?\w+:\]/.exec(this.rest)?.[0];
      if (this.position >= this.pattern.length) this.fail('a class without its end');
      if (posix !== undefined) this.position += posix.length;
      else if (this.pattern[this.position] === '[') this.skipClass();
      else this.position += this.pattern[this.position] === '\\' ? 2 : 1;
    }
    this.position++;
  }

  private listed(source: string): string {
    this.weight++;
    try {
      return listedClass(source);
    } catch (error) {
      return this.fail(`the class ${source} (${error instanceof Error ? error.message : error})`);
    }
  }

  private take(length: number, output: string): string {
    this.position += 1 + length;
    return output;
  }

  private escape(): string {
    const rest = this.rest.slice(1);
    const code = codePoint(rest);
    if (code) return this.take(code.length, this.one(code.source));
    const property = propertyOf(rest);
    if (property) {
      this.weight++;
      return this.take(property.length, this.one(property.source));
    }
    const [, name] = /^[pP](\{[^}]*\}|\w)/.exec(rest) ?? [];
    if (name !== undefined) {
      const listed = this.listed(`[\\${rest.slice(0, 1 + name.length)}]`);
      return this.take(1 + name.length, this.one(listed));
    }
    const [character = ''] = rest;
    const members = { d: '\\p{Nd}', w: WORD, s: SPACE }[character.toLowerCase()];
    if (members) {
      this.weight++;
      return this.take(1, this.one(`[${character === character.toLowerCase() ? '' : '^'}${members}]`));
    }
    if (character === 'A') return this.take(1, this.marked ? `(?<=\\A${MARK})` : '\\A');
    if (character === 'z') return this.take(1, '\\z');
    const half = /^b\{(start|end)\}/.exec(rest);
    if (half) return this.take(half[0].length, this.edge(half[1] === 'start' ? '<' : '>'));
    if (/^[bB<>]/.test(character)) return this.take(1, this.edge(character));
    return this.take(1, this.one(this.plainEscape(character)));
  }

  private edge(kind: string): string {
    this.asciiOnly = true;
    if (kind === '<' || kind === '>') this.needsMarks = true;
    return this.marked ? (MARKED_EDGES[kind] ?? '') : `\\${kind}`;
  }

  private plainEscape(character: string): string {
    if (character === '') this.fail('a lone backslash at the end');
    const control = { a: '\\x{7}', f: '\\f', n: '\\n', r: '\\r', t: '\\t', v: '\\v' }[character];
    if (control) return control;
    if (/[0-9A-Za-z]/.test(character)) this.fail(`the escape \\${character}`);
    return literal(character);
  }
}
