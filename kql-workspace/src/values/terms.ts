/** `has` for needles that only the data says; the same rules as the patterns of `string-predicates.ts`. */

const patterns = new Map<string, RegExp>();
const MAX_REMEMBERED = 10_000;

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

let lastNeedles = '';
let lastList: readonly string[] = [];

/** The needles of a JSON array; as a rule every row brings the same ones. */
function needlesOf(json: string): readonly string[] {
  if (json === lastNeedles) return lastList;
  const parsed: unknown = JSON.parse(json);
  const all: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  lastNeedles = json;
  lastList = all
    .filter((needle) => needle !== null)
    .map((needle) => (typeof needle === 'string' ? needle : JSON.stringify(needle)));
  return lastList;
}

/** Which of the needles of a JSON array must be there: any or all of them. */
export function hasOf(mode: 'any' | 'all'): (text: string, needles: string) => boolean {
  return (text, needles) => {
    const test = (needle: string): boolean => has(text, needle, 'both', false);
    return mode === 'any' ? needlesOf(needles).some(test) : needlesOf(needles).every(test);
  };
}
