import { parseAndBind } from 'kql-workspace/language-service.ts';
import { fillPlaceholders } from '../../compiler/placeholders.ts';
import { type Rule, type RuleFile, techniquesIn } from './rule.ts';

const noTables = new Map();

/** Plain KQL, with one query or with several behind each other. */
export function readQueryFile(
  name: string,
  content: string,
  { mustBeKql }: { mustBeKql: boolean },
): RuleFile {
  const text = content.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  if (text.trim() === '') return { format: 'KQL', passed: [{ line: 1, why: 'is empty' }] };
  const queries = queriesIn(text);
  if (!mustBeKql && queries.every(({ query }) => !/^\s*\|/m.test(query) || !read(query).sound))
    return { format: 'text', passed: [{ line: 1, why: 'is text and no KQL' }] };
  if (queries.length === 0) return { format: 'KQL', passed: [{ line: 1, why: 'has comments and no query' }] };
  return {
    format: 'KQL',
    rules: queries.map((one, index) => ruleOf(name, one, index, queries.length)),
  };
}

function ruleOf(name: string, { query, line }: Query, index: number, count: number): Rule {
  const part = count === 1 ? '' : String(index + 1);
  return {
    line,
    part,
    name: part === '' ? name : `${name} (${part})`,
    query,
    header: { description: commentAbove(query) ?? name, relevantTechniques: techniquesIn(query) },
    remarks: [],
  };
}

interface Query {
  query: string;
  line: number;
}

/** A text that is one query, or else its parts between empty lines, as editors of KQL run them; parts that need each other stay together. */
export function queriesIn(text: string): Query[] {
  const whole = { query: text.trimEnd(), line: 1 };
  const { sound, asks } = read(text);
  if (sound) return asks ? [whole] : [];
  const parts = partsOf(text);
  const queries: Query[] = [];
  let open: Query | undefined;
  for (const part of parts) {
    open = open ? { query: `${open.query}\n\n${part.query}`, line: open.line } : part;
    const { sound, asks } = read(open.query);
    if (!sound || !asks) continue;
    queries.push(open);
    open = undefined;
  }
  if (open && read(open.query).asks) return [whole];
  return queries.length > 1 ? queries.map(withoutBlanks) : [whole];
}

function partsOf(text: string): Query[] {
  const parts: Query[] = [];
  let line = 1;
  for (const part of text.split(/\n[ \t]*\n/)) {
    if (part.trim() !== '') parts.push({ query: part, line });
    line += part.split('\n').length + 1;
  }
  return parts;
}

function withoutBlanks({ query, line }: Query): Query {
  const leading = /^\s*\n/.exec(query)?.[0] ?? '';
  return { query: query.slice(leading.length).trimEnd(), line: line + leading.split('\n').length - 1 };
}

/** Whatever the tables are: whether the parser can make sense of a text, and whether it asks for anything. */
function read(query: string): { sound: boolean; asks: boolean } {
  const { root, diagnostics } = parseAndBind(fillPlaceholders(query).text, noTables);
  return {
    sound: !diagnostics.some(({ phase }) => phase === 'syntax'),
    asks: root.items('Statements').some(({ kind }) => kind === 'ExpressionStatement'),
  };
}

/** What its author says of it ahead of the code. */
function commentAbove(query: string): string | undefined {
  const lines = query.split('\n');
  const end = lines.findIndex((line) => line.trim() !== '' && !line.trim().startsWith('//'));
  const said = lines
    .slice(0, end < 0 ? lines.length : end)
    .map((line) => line.trim().replace(/^\/+\s*/, ''))
    .join('\n')
    .trim();
  return said === '' ? undefined : said.slice(0, 2000);
}
