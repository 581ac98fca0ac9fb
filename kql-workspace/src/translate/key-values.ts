import { BadConstant } from '../values/bad-constant.ts';
import { kustoPattern } from '../values/kusto-pattern.ts';

/** How `parse-kv` finds pairs. */
export interface KeyValueSpec {
  readonly keys: readonly string[];
  readonly pairDelimiter?: string | undefined;
  readonly kvDelimiter?: string | undefined;
  /** Opening and closing quotes. */
  readonly quotes: readonly (readonly [open: string, close: string])[];
  readonly escapes: readonly string[];
  readonly greedy: boolean;
  readonly regex?: string | undefined;
}

type Pair = readonly [key: string, value: string];

/** The values of the spec's keys (the spec as JSON), as a JSON array with null for what is not there; the first of equal keys counts. */
export function keyValues(text: string, specJson: string): string {
  const spec = JSON.parse(specJson) as KeyValueSpec;
  return valuesOf(spec, pairsOf(text, spec));
}

/** True where a text can be read in two ways, and no document says which: the values would differ. */
export function keyValuesDiffer(text: string, specJson: string): boolean {
  const spec = JSON.parse(specJson) as KeyValueSpec;
  return valuesOf(spec, pairsOf(text, spec)) !== valuesOf(spec, otherPairsOf(text, spec));
}

/** Throws BadConstant when the spec is none. */
export function checkKeyValueSpec({
  regex,
  quotes,
  escapes,
  pairDelimiter,
  kvDelimiter,
}: KeyValueSpec): void {
  if (regex !== undefined && kustoPattern(regex).groups !== 2)
    throw new BadConstant(`parse-kv with the pattern '${regex}', which has not two groups`);
  if (quotes.some((pair) => pair.some((quote) => quote === '')))
    throw new BadConstant('parse-kv with a quote that is not one or two characters');
  if (escapes.some((one) => [...one].length !== 1))
    throw new BadConstant('parse-kv with an escape that is not one character');
  if ((pairDelimiter === undefined) !== (kvDelimiter === undefined))
    throw new BadConstant('parse-kv with one of the two delimiters');
  if (pairDelimiter === '' || kvDelimiter === '') throw new BadConstant('parse-kv with an empty delimiter');
}

function valuesOf({ keys }: KeyValueSpec, pairs: readonly Pair[]): string {
  const found = new Map<string, string>();
  for (const [key, value] of pairs) if (!found.has(key)) found.set(key, value.trim());
  return JSON.stringify(keys.map((key) => found.get(key) ?? null));
}

function pairsOf(text: string, spec: KeyValueSpec): readonly Pair[] {
  const { regex, pairDelimiter, kvDelimiter } = spec;
  if (regex !== undefined) {
    return kustoPattern(regex)
      .all(text)
      .map(({ texts }) => [(texts[1] ?? '').trim(), texts[2] ?? ''] as const);
  }
  if (pairDelimiter === undefined || kvDelimiter === undefined) return wordsBehindKeys(text, spec);
  return delimited(text, spec, pairDelimiter, kvDelimiter, (key) => !spec.greedy || spec.keys.includes(key));
}

/** Greedy: the value ends at any key, not at a listed one. Without delimiters: words are keys and values by turns. */
function otherPairsOf(text: string, spec: KeyValueSpec): readonly Pair[] {
  const { pairDelimiter, kvDelimiter } = spec;
  if (pairDelimiter !== undefined && kvDelimiter !== undefined)
    return delimited(text, spec, pairDelimiter, kvDelimiter, () => true);
  const words = wordsOf(text, spec);
  return words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1] ?? ''] as const] : []));
}

/** Pairs between delimiters. Greedy, a piece that `startsPair` does not know for a key belongs to the value before it. */
function delimited(
  text: string,
  spec: KeyValueSpec,
  pairDelimiter: string,
  kvDelimiter: string,
  startsPair: (key: string) => boolean,
): readonly Pair[] {
  const pairs: [key: string, value: string][] = [];
  let at = 0;
  while (at < text.length) {
    const start = at;
    const key = tokenAt(text, at, spec, [kvDelimiter, pairDelimiter]);
    if (text.startsWith(kvDelimiter, key.end) && startsPair(key.text)) {
      const value = tokenAt(text, key.end + kvDelimiter.length, spec, [pairDelimiter]);
      pairs.push([key.text, value.text]);
      at = value.end + pairDelimiter.length;
      continue;
    }
    at = key.end;
    if (text.startsWith(kvDelimiter, at)) at = tokenAt(text, at, spec, [pairDelimiter]).end;
    const last = pairs.at(-1);
    if (spec.greedy && last) last[1] += pairDelimiter + text.slice(start, at);
    at += pairDelimiter.length;
  }
  return pairs;
}

/** The text up to one of the delimiters, white space around it taken off; quoted, up to its closing quote. */
function tokenAt(
  text: string,
  from: number,
  spec: KeyValueSpec,
  delimiters: readonly string[],
): { readonly text: string; readonly end: number } {
  let start = from;
  while (/\s/.test(text.charAt(start)) && !delimiters.some((delimiter) => text.startsWith(delimiter, start)))
    start++;
  const quoted = quotedAt(text, start, spec);
  const rest = quoted?.end ?? from;
  const ends = delimiters.map((delimiter) => text.indexOf(delimiter, rest)).filter((end) => end >= 0);
  const end = Math.min(text.length, ...ends);
  return { text: quoted ? quoted.text : text.slice(from, end).trim(), end };
}

/** The quoted text that begins here, if one does. */
function quotedAt(
  text: string,
  at: number,
  { quotes, escapes }: KeyValueSpec,
): { readonly text: string; readonly end: number } | undefined {
  const quote = quotes.find(([open]) => text.startsWith(open, at));
  if (!quote) return undefined;
  const [open, close] = quote;
  let inner = '';
  for (let index = at + open.length; index < text.length; index++) {
    if (text.startsWith(close, index)) return { text: inner, end: index + close.length };
    if (escapes.some((one) => text.startsWith(one, index)) && index + 1 < text.length) index++;
    inner += text.charAt(index);
  }
  return undefined;
}

/** Runs of letters and digits, and quoted texts. */
function wordsOf(text: string, spec: KeyValueSpec): readonly string[] {
  const words: string[] = [];
  for (let at = 0; at < text.length; ) {
    const quoted = quotedAt(text, at, spec);
    const word = quoted ? undefined : /^[\p{L}\p{N}]+/u.exec(text.slice(at, at + 1024))?.[0];
    if (quoted) words.push(quoted.text);
    else if (word) words.push(word);
    at = quoted ? quoted.end : at + (word?.length ?? 1);
  }
  return words;
}

function wordsBehindKeys(text: string, spec: KeyValueSpec): readonly Pair[] {
  const words = wordsOf(text, spec);
  return spec.keys.flatMap((key) => {
    const at = words.indexOf(key);
    return at < 0 ? [] : [[key, words[at + 1] ?? ''] as const];
  });
}
