const MAX_LENGTH = 1_000;
/** Instructions of a compiled pattern; an engine of a service has such a limit too. */
const MAX_SIZE = 10_000;
/** The same for the patterns of one entry together: what judging them may cost. */
const MAX_SIZE_IN_ALL = 50_000;
/** Patterns whose judgement is kept, so that no later read of the lists pays for it again. */
const MAX_KEPT = 5_000;

/** Short, unrelated values of each kind: what matches all of one kind tells nothing apart. Numbers are no kind of their own: `^[0-9]+$` can name devices. */
const unrelatedValues = [
  ['launchd', 'curl', 'WINWORD.EXE', 'my tool'],
  ['/usr/bin/id', 'C:\\Win\\a.exe', '/opt/x'],
  ['a.example', 'bit.ly', 'foo.org'],
  ['10.1.2.3', '2001:db8::1', 'fe80::a'],
];

interface Judgement {
  problem?: string;
  size: number;
}

/** Says what speaks against a pattern, or undefined. */
export type PatternJudge = (source: string) => string | undefined;

const kept = new Map<string, Judgement>();

/**
 * A judge for the patterns of one entry. Accepted is only what RE2 and Rust's regex (Microsoft's reference describes the one or the other) both know, and
 * what is not satisfied by anything: no empty match, and no match with every one of some unrelated values. Should a service still refuse one, the query
 * fails and nothing is hidden. A pattern comes from outside, so it is tried by RE2 in JavaScript, whose time grows with the lengths of pattern and text alone;
 * JavaScript's own engine could take for ever. The engine is loaded on first use.
 */
export async function patternJudge(): Promise<PatternJudge> {
  const { RE2JS } = await import('re2js');
  const compile = (source: string) => RE2JS.compile(source, RE2JS.CASE_INSENSITIVE);
  let sizeInAll = 0;
  return (source) => {
    if (sizeInAll > MAX_SIZE_IN_ALL) return 'comes after patterns that are too large together';
    let judgement = kept.get(source);
    if (!judgement) {
      judgement = judge(source, compile);
      if (kept.size >= MAX_KEPT) kept.clear();
      kept.set(source, judgement);
    }
    sizeInAll += judgement.size;
    return judgement.problem;
  };
}

interface Pattern {
  test(text: string): boolean;
  programSize(): number;
}

function judge(source: string, compile: (source: string) => Pattern): Judgement {
  if (source.length > MAX_LENGTH) return { problem: `is longer than ${MAX_LENGTH} characters`, size: 0 };
  const foreign = foreignSyntax(source);
  if (foreign !== undefined) return { problem: foreign, size: 0 };
  let pattern: Pattern;
  try {
    pattern = compile(source);
  } catch (error) {
    const said = error instanceof Error ? error.message.replace('error parsing regexp: ', '') : 'unreadable';
    const why = said.startsWith('invalid repeat') ? `${said}; at most 1000 repetitions are possible` : said;
    return { problem: `is not a valid regular expression (${why})`, size: 0 };
  }
  const size = pattern.programSize();
  if (size > MAX_SIZE) return { problem: 'is too large: its repetitions multiply', size };
  if (pattern.test('')) return { problem: 'matches an empty text, and so every row', size };
  if (unrelatedValues.some((values) => values.every((value) => pattern.test(value))))
    return { problem: 'matches everything', size };
  return { size };
}

const token =
  /\\(?<escaped>[\s\S])|(?<group>\(\?)(?!:)|(?<repeat>\{\d+(?:,\d*)?\})|(?<stray>[{}])|\[\^?(?<class>(?:\\[\s\S]|[^\]\\])*)\]/gu;
/** Escapes that mean the same everywhere: classes, edges, white space, and signs that would otherwise mean something. */
const sharedEscape = /[dDwWsSbtnrfv^$\\.*+?()[\]{}|/-]/;

function foreignSyntax(source: string): string | undefined {
  for (const { groups } of source.matchAll(token)) {
    const { escaped, group, stray } = groups ?? {};
    const inClass = groups?.class;
    if (group)
      return 'uses (?…): only (?:…) is allowed; look-around, named groups and flags are not (case is ignored anyway)';
    if (escaped !== undefined && !sharedEscape.test(escaped))
      return `uses \\${escaped}, which regular expressions in KQL may not know`;
    if (stray !== undefined) return `has ${stray} that repeats nothing; as a sign it is written \\${stray}`;
    if (inClass === undefined) continue;
    if (inClass === '') return 'has an empty class []';
    const escapes = [...inClass.matchAll(/\\([\s\S])/gu)].map(([, sign = '']) => sign);
    const strange = escapes.some((sign) => sign === 'b' || !sharedEscape.test(sign));
    if (strange || /\[|&&|--|~~/.test(inClass))
      return `has [${inClass}], which is read differently by different engines`;
  }
  return undefined;
}
