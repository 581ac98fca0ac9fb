import { codeOf } from '../../functions/domain/kql/kql-code.ts';

/** Sentinel's placeholders of its hunting queries, in every spelling of its own files. */
const START = /^start\s*time(iso)?$/i;
const END = /^end\s*time(iso)?$/i;
const placeholder = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** Times that no query names by chance: what stands for a placeholder while the query is parsed. */
const START_TEXT = '1901-02-03T04:05:06.0000007Z';
const END_TEXT = '1901-02-03T04:05:08.0000009Z';
export const placeholderTexts: ReadonlyMap<string, 'start' | 'end'> = new Map([
  [START_TEXT, 'start'],
  [END_TEXT, 'end'],
]);

/** A placeholder in the query's text; `quoted`: it stands within a string or a `datetime(…)`. */
export interface Placeholder {
  kind: 'start' | 'end';
  start: number;
  end: number;
  quoted: boolean;
}

/** A query that can be parsed: times stand in for placeholders. */
export interface Filled {
  text: string;
  placeholders: Placeholder[];
  /** Placeholders that nothing fills, with their lines. */
  unknown: { name: string; line: number }[];
  /** Where a character of the text stands in the query. */
  originalOffset(offset: number): number;
}

export function fillPlaceholders(query: string): Filled {
  const code = codeOf(query);
  const placeholders: Placeholder[] = [];
  const unknown: Filled['unknown'] = [];
  const moved: { from: number; by: number }[] = [];
  let text = '';
  let done = 0;
  for (const match of query.matchAll(placeholder)) {
    const [whole, name = ''] = match;
    const kind = START.test(name) ? 'start' : END.test(name) ? 'end' : undefined;
    if (!kind) {
      unknown.push({ name: whole, line: query.slice(0, match.index).split('\n').length });
      continue;
    }
    const end = match.index + whole.length;
    const inString = code.slice(match.index, end).trim() === '';
    const quoted = inString || /datetime\s*\(\s*$/.test(code.slice(0, match.index));
    const iso = kind === 'start' ? START_TEXT : END_TEXT;
    text += query.slice(done, match.index) + (quoted ? iso : `datetime(${iso})`);
    done = end;
    placeholders.push({ kind, start: match.index, end, quoted });
    moved.push({ from: text.length, by: text.length - end });
  }
  text += query.slice(done);
  const originalOffset = (offset: number) => offset - (moved.findLast(({ from }) => offset >= from)?.by ?? 0);
  return { text, placeholders, unknown, originalOffset };
}
