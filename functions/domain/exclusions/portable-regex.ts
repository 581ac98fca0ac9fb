const MAX_LENGTH = 1_000;
/** JavaScript's engine backtracks: with more open repetitions it could take for ever to judge a pattern. The service's engine would not. */
const MAX_OPEN_REPEATS = 5;
/** RE2 refuses higher repetition counts. */
const MAX_REPEAT = 1_000;

/** Short, unrelated values of each kind: what matches all of one kind tells nothing apart. Short, since backtracking is exponential. */
const unrelatedValues = [
  ['launchd', 'curl', 'WINWORD.EXE', 'my tool'],
  ['/usr/bin/id', 'C:\\Win\\a.exe', '/opt/x'],
  ['a.example', 'bit.ly', 'foo.org'],
  ['10.1.2.3', '2001:db8::1', 'fe80::a'],
  ['443', '80', '51820'],
];

/**
 * What speaks against a regular expression as an exclusion, or undefined. Accepted is only what RE2, Rust's regex
 * (Microsoft's reference describes the one or the other) and JavaScript all know, and what is not satisfied by anything:
 * no empty match, and no match with every one of some unrelated values. Should a service still refuse one, the query fails and nothing is hidden.
 * JavaScript's engine only judges here; what `\d`, `\w` or `.` mean beyond ASCII is the service's word.
 */
export function problemWithRegex(source: string): string | undefined {
  if (source.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  let regex: RegExp;
  try {
    regex = new RegExp(source, 'iu');
  } catch (error) {
    return `is not a valid regular expression (${error instanceof Error ? error.message.replace(/^.*\/: /s, '') : 'unreadable'})`;
  }
  const foreign = foreignSyntax(source) ?? openRepeats(source);
  if (foreign !== undefined) return foreign;
  if (regex.test('')) return 'matches an empty text, and so every row';
  if (unrelatedValues.some((values) => values.every((value) => regex.test(value))))
    return 'matches everything';
  return undefined;
}

const token =
  /\\(?<escaped>[\s\S])|(?<group>\(\?)(?!:)|\{(?<repeat>\d+)(?:,(?<upTo>\d*))?\}|\[\^?(?<class>(?:\\[\s\S]|[^\]\\])*)\]/gu;

function foreignSyntax(source: string): string | undefined {
  for (const { groups } of source.matchAll(token)) {
    const { escaped, group, repeat, upTo } = groups ?? {};
    const inClass = groups?.class;
    if (group)
      return 'uses (?…): only (?:…) is allowed; look-around, named groups and flags are not (case is ignored anyway)';
    if (escaped !== undefined && /[1-9ckpPuxB0]/.test(escaped))
      return `uses \\${escaped}, which regular expressions in KQL may not know`;
    if (Math.max(Number(repeat ?? 0), Number(upTo ?? 0)) > MAX_REPEAT)
      return `repeats more than ${MAX_REPEAT} times`;
    if (inClass === undefined) continue;
    if (inClass === '') return 'has an empty class []';
    if (/\[|&&|--|~~|\\[1-9bckpPuxB0]/.test(inClass))
      return `has [${inClass}], which is read differently by different engines`;
  }
  return undefined;
}

const repetition =
  /\\[\s\S]|\[\^?(?:\\[\s\S]|[^\]\\])*\]|(?<repeat>[*+]|\{\d+,\d*\})|(?<nested>\)(?:[*+]|\{\d+,\d*\}))/gu;

/** A repeated group is fine by itself, and so are a few repetitions, but not one in the other. */
function openRepeats(source: string): string | undefined {
  const found = [...source.matchAll(repetition)].map(({ groups }) => groups ?? {});
  const repeats = found.filter(({ repeat, nested }) => repeat !== undefined || nested !== undefined).length;
  if (repeats > MAX_OPEN_REPEATS) return `has more than ${MAX_OPEN_REPEATS} open repetitions (*, +, {n,})`;
  if (repeats > 1 && found.some(({ nested }) => nested !== undefined))
    return 'repeats a group and has another repetition: write it with one';
  return undefined;
}
