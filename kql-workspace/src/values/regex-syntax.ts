/**
 * Kusto's regular expressions (the syntax of Rust's `regex`, Unicode throughout) as JavaScript's, in its `v` mode,
 * which has the same set operations inside classes.
 */

const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}';
const SPACE = '\\p{White_Space}';

/** The pattern is not one that Kusto would take, or has something with no counterpart here. */
export class RegexError extends Error {
  override readonly name = 'RegexError';
}

const compiled = new Map<string, RegExp>();
const MAX_REMEMBERED = 500;

/** The JavaScript counterpart of a Kusto pattern; throws RegexError. */
export function kustoRegExp(pattern: string): RegExp {
  const known = compiled.get(pattern);
  if (known) {
    known.lastIndex = 0;
    return known;
  }
  if (compiled.size >= MAX_REMEMBERED) compiled.clear();
  const { source, flags } = new Translator(pattern).translate();
  let expression: RegExp;
  try {
    expression = new RegExp(source, `gv${flags}`);
  } catch (error) {
    throw new RegexError(`the pattern '${pattern}': ${error instanceof Error ? error.message : error}`);
  }
  compiled.set(pattern, expression);
  return expression;
}

const WORD_EDGES: Readonly<Record<string, string>> = {
  b: `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`,
  B: `(?:(?<=[${WORD}])(?=[${WORD}])|(?<![${WORD}])(?![${WORD}]))`,
  '<': `(?<![${WORD}])(?=[${WORD}])`,
  '>': `(?<=[${WORD}])(?![${WORD}])`,
};

const CONTROL: Readonly<Record<string, string>> = {
  a: '\\x07',
  f: '\\f',
  n: '\\n',
  r: '\\r',
  t: '\\t',
  v: '\\v',
};

class Translator {
  private readonly pattern: string;
  private position = 0;

  constructor(pattern: string) {
    this.pattern = pattern;
  }

  translate(): { source: string; flags: string } {
    let flags = '';
    const leading = /^\(\?([ims]+)\)/.exec(this.pattern);
    if (leading) {
      flags = [...new Set(leading[1])].join('');
      this.position = leading[0].length;
    }
    const source = this.alternatives();
    if (this.position < this.pattern.length) this.fail('an unopened )');
    return { source, flags };
  }

  private fail(what: string): never {
    throw new RegexError(`the pattern '${this.pattern}': ${what} at ${this.position}`);
  }

  /** Everything up to the group's end. A flag in the middle holds for the rest of its group. */
  private alternatives(): string {
    let output = '';
    while (this.position < this.pattern.length && this.pattern[this.position] !== ')') {
      const flags = /^\(\?([ims]*)(?:-([ims]+))?\)/.exec(this.pattern.slice(this.position));
      if (flags) {
        this.position += flags[0].length;
        const rest = this.alternatives();
        return `${output}(?${flags[1]}${flags[2] ? `-${flags[2]}` : ''}:${rest})`;
      }
      output += this.atom();
    }
    return output;
  }

  private atom(): string {
    const character = this.pattern[this.position] ?? '';
    switch (character) {
      case '(':
        return this.group();
      case '[':
        return this.characterClass();
      case '\\':
        return this.escape(false);
      case '/':
        this.position++;
        return '\\/';
      case '{': {
        const quantifier = /^\{\d+(,\d*)?\}/.exec(this.pattern.slice(this.position))?.[0];
        if (!quantifier) this.fail('a { that begins no repetition');
        this.position += quantifier.length;
        return quantifier;
      }
      case '}':
      case ']':
        this.position++;
        return `\\${character}`;
      default:
        this.position++;
        return character;
    }
  }

  private group(): string {
    const opening = /^\((\?P?<[^>]*>|\?[ims]*(?:-[ims]+)?:)?/.exec(this.pattern.slice(this.position));
    const start = opening?.[0] ?? '(';
    if (start === '(' && this.pattern[this.position + 1] === '?') this.fail('a group that is not supported');
    this.position += start.length;
    const inner = this.alternatives();
    if (this.pattern[this.position] !== ')') this.fail('a group without its end');
    this.position++;
    return `${start.replace('?P<', '?<')}${inner})`;
  }

  /** Unions bind tighter than set operations, which JavaScript wants between whole classes. */
  private characterClass(): string {
    this.position++;
    const negated = this.pattern[this.position] === '^';
    if (negated) this.position++;
    let operand = '';
    let left: string | undefined;
    let operator = '';
    // A bracket in front is a character of the class.
    if (this.pattern[this.position] === ']') {
      operand += '\\]';
      this.position++;
    }
    while (this.pattern[this.position] !== ']') {
      const rest = this.pattern.slice(this.position);
      if (rest === '') this.fail('a class without its end');
      if (rest.startsWith('~~')) this.fail('a symmetric difference, which is not supported');
      if (/^(&&|--)/.test(rest)) {
        left = left === undefined ? `[${operand}]` : `[${left}${operator}[${operand}]]`;
        operator = rest.slice(0, 2);
        operand = '';
        this.position += 2;
      } else operand += this.classMember(rest, operand === '');
    }
    this.position++;
    const inner = left === undefined ? operand : `${left}${operator}[${operand}]`;
    return `[${negated ? '^' : ''}${inner}]`;
  }

  private classMember(rest: string, isFirst: boolean): string {
    const posix = /^\[:(\^?)(\w+):\]/.exec(rest);
    if (posix) {
      this.position += posix[0].length;
      return this.posixClass(posix[2] ?? '', posix[1] === '^');
    }
    if (rest.startsWith('[')) return this.characterClass();
    if (rest.startsWith('\\')) return this.escape(true);
    const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
    this.position += character.length;
    const isRange = character === '-' && !isFirst && rest[1] !== ']';
    return /[(){}/|\-&!#$%*+,.:;<=>?@^`~]/.test(character) && !isRange ? `\\${character}` : character;
  }

  private posixClass(name: string, negated: boolean): string {
    const classes: Readonly<Record<string, string>> = {
      alnum: '0-9A-Za-z',
      alpha: 'A-Za-z',
      ascii: '\\x00-\\x7F',
      blank: '\\t ',
      cntrl: '\\x00-\\x1F\\x7F',
      digit: '0-9',
      graph: '!-~',
      lower: 'a-z',
      print: ' -~',
      punct: '!-\\/:-@\\[-`\\{-~',
      space: '\\t\\n\\v\\f\\r ',
      upper: 'A-Z',
      word: '0-9A-Za-z_',
      xdigit: '0-9A-Fa-f',
    };
    const members = classes[name];
    if (!members) this.fail(`the class [:${name}:]`);
    return `[${negated ? '^' : ''}${members}]`;
  }

  private escape(inClass: boolean): string {
    const rest = this.pattern.slice(this.position + 1);
    const take = (length: number, output: string): string => {
      this.position += 1 + length;
      return output;
    };
    const code =
      /^x\{([0-9a-f]+)\}|^x([0-9a-f]{2})|^u\{([0-9a-f]+)\}|^u([0-9a-f]{4})|^U\{([0-9a-f]+)\}|^U([0-9a-f]{8})/i.exec(
        rest,
      );
    if (code) return take(code[0].length, `\\u{${code.slice(1).find((digits) => digits !== undefined)}}`);
    const property = /^([pP])(?:\{(\^?)([^}]+)\}|(\w))/.exec(rest);
    if (property) {
      const [all, letter = 'p', not, long, short] = property;
      const kind = not ? (letter === 'p' ? 'P' : 'p') : letter;
      const name = long ?? short ?? '';
      const script =
        /^[A-Z][a-z]{2,}$/.test(name) &&
        !/^(Letter|Mark|Number|Other|Punctuation|Separator|Symbol)$/.test(name);
      return take(all.length, `\\${kind}{${script ? `Script=${name}` : name}}`);
    }
    const [character = ''] = rest;
    if (character === '') this.fail('a lone backslash at the end');
    const classes: Readonly<Record<string, string>> = { d: '\\p{Nd}', w: WORD, s: SPACE };
    const members = classes[character.toLowerCase()];
    if (members) return take(1, `[${character === character.toLowerCase() ? '' : '^'}${members}]`);
    const control = CONTROL[character];
    if (control) return take(1, control);
    if (!inClass) {
      if (character === 'A') return take(1, '(?<![\\s\\S])');
      if (character === 'z') return take(1, '(?![\\s\\S])');
      const half = /^b\{(start|end)\}/.exec(rest);
      if (half) return take(half[0].length, WORD_EDGES[half[1] === 'start' ? '<' : '>'] ?? '');
      const edge = WORD_EDGES[character];
      if (edge) return take(1, edge);
    }
    if (/[0-9A-Za-z]/.test(character)) this.fail(`the escape \\${character}`);
    return take(
      1,
      /[\^$\\.*+?()[\]{}|/\-&!#%,:;<=>@`~]/.test(character) ? classEscape(character, inClass) : character,
    );
  }
}

/** In `v` mode only syntax characters may be escaped outside of classes. */
function classEscape(character: string, inClass: boolean): string {
  return inClass || /[\^$\\.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}

/**
 * The RE2 pattern with the same meaning, for patterns simple enough that the two agree; undefined for others, which
 * take the slower way through JavaScript.
 */
export function re2Equivalent(pattern: string): string | undefined {
  if (/\[\[|&&|--|~~|[^\x20-\x7e]|\(\?(?![ims]*\)|[ims]*:|P<)/.test(pattern)) return undefined;
  let output = '';
  for (let position = 0; position < pattern.length; position++) {
    const character = pattern[position] ?? '';
    if (character !== '\\') {
      output += character;
      continue;
    }
    const escaped = pattern[++position] ?? '';
    if (escaped === 'd') output += '\\p{Nd}';
    else if (/[nrt]/.test(escaped) || /[^0-9A-Za-z<>]/.test(escaped)) output += `\\${escaped}`;
    else return undefined;
  }
  return output;
}
