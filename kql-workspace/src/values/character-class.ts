/**
 * A character class of Kusto's regular expressions as JavaScript's (in its `v` mode, which has the same set operations),
 * and from there as the list of its characters.
 */

const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}';
const SPACE = '\\p{White_Space}';

const listed = new Map<string, string>();
const MAX_REMEMBERED = 200;

/** The class as one of ranges alone, which RE2 reads; throws an Error that says what is wrong with it. */
export function listedClass(source: string): string {
  const known = listed.get(source);
  if (known !== undefined) return known;
  if (listed.size >= MAX_REMEMBERED) listed.clear();
  const negated = source.startsWith('[^');
  const inner = new ClassReader(negated ? `[${source.slice(2)}` : source).read();
  const ranges = rangesOf(new RegExp(`^${inner}$`, 'v'));
  const all = '\\x{0}-\\x{10FFFF}';
  const written = ranges === '' ? `[${negated ? '' : '^'}${all}]` : `[${negated ? '^' : ''}${ranges}]`;
  listed.set(source, written);
  return written;
}

function rangesOf(matches: RegExp): string {
  const hex = (code: number): string => `\\x{${code.toString(16).toUpperCase()}}`;
  let ranges = '';
  let start = -1;
  for (let code = 0; code <= 0x110000; code++) {
    // Lone surrogates are no characters.
    const isCharacter = code < 0x110000 && (code < 0xd800 || code > 0xdfff);
    const isInside = isCharacter && matches.test(String.fromCodePoint(code));
    if (isInside && start < 0) start = code;
    if (!isInside && start >= 0) {
      ranges += start === code - 1 ? hex(start) : `${hex(start)}-${hex(code - 1)}`;
      start = -1;
    }
  }
  return ranges;
}

class ClassReader {
  private readonly pattern: string;
  private position = 0;

  constructor(pattern: string) {
    this.pattern = pattern;
  }

  read(): string {
    return this.characterClass();
  }

  private fail(what: string): never {
    throw new Error(what);
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
    if (rest.startsWith('\\')) return this.escape();
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

  private escape(): string {
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
      return take(all.length, `\\${kind}{${javaScriptName(long ?? short ?? '')}}`);
    }
    const [character = ''] = rest;
    const members = { d: '\\p{Nd}', w: WORD, s: SPACE }[character.toLowerCase()];
    if (members) return take(1, `[${character === character.toLowerCase() ? '' : '^'}${members}]`);
    const control = { a: '\\x07', f: '\\f', n: '\\n', r: '\\r', t: '\\t', v: '\\v' }[character];
    if (control) return take(1, control);
    if (/[0-9A-Za-z]/.test(character)) this.fail(`the escape \\${character}`);
    return take(1, /[\^$\\.*+?()[\]{}|/\-&!#%,:;<=>@`~]/.test(character) ? `\\${character}` : character);
  }
}

/** Scripts stand by their bare names in Kusto's patterns. */
function javaScriptName(name: string): string {
  const isScript =
    /^[A-Z][a-z]{2,}(_[A-Z][a-z]+)*$/.test(name) &&
    !/^(Alphabetic|Cased|Emoji|Lowercase|Uppercase|White_Space|Letter|Mark|Number|Other|Punctuation|Separator|Symbol|([A-Z][a-z]+_)+(Letter|Mark|Number|Punctuation|Separator|Symbol))$/.test(
      name,
    );
  return isScript ? `Script=${name}` : name;
}
