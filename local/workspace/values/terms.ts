/** `has` for needles that only the data says; the same rules as the patterns of `string-predicates.ts`. */

const patterns = new Map<string, RegExp>();
const MAX_REMEMBERED = 1_000;

function isTermCharacter(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}]/u.test(character);
}

function termRegExp(needle: string, edges: string, caseSensitive: boolean): RegExp {
  const key = `${edges} ${caseSensitive} ${needle}`;
  const known = patterns.get(key);
  if (known) return known;
  if (patterns.size >= MAX_REMEMBERED) patterns.clear();
  const characters = [...needle];
  const start = edges !== 'end' && isTermCharacter(characters[0]) ? '(?<![\\p{L}\\p{N}])' : '';
  const end = edges !== 'start' && isTermCharacter(characters.at(-1)) ? '(?![\\p{L}\\p{N}])' : '';
  const escaped = needle.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  const pattern = new RegExp(`${start}${escaped}${end}`, caseSensitive ? 'u' : 'iu');
  patterns.set(key, pattern);
  return pattern;
}

/** `edges` is `both` (has), `start` (hasprefix) or `end` (hassuffix). */
export function has(text: string, needle: string, edges: string, caseSensitive: boolean): boolean {
  return termRegExp(needle, edges, caseSensitive).test(text);
}

/** Which of the needles of a JSON array must be there: any or all of them. */
export function hasOf(mode: 'any' | 'all'): (text: string, needles: string) => boolean {
  return (text, needles) => {
    const list: unknown = JSON.parse(needles);
    const test = (needle: unknown): boolean =>
      needle !== null &&
      has(text, typeof needle === 'string' ? needle : JSON.stringify(needle), 'both', false);
    const needed = Array.isArray(list) ? list : [list];
    return mode === 'any' ? needed.some(test) : needed.every(test);
  };
}
