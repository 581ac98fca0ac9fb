import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { parseAndBind } from '../language-service.ts';

/** The queries of a folder as people keep them: YAML of Sentinel, Markdown with code fences, plain files. */

export interface PackQuery {
  /** The file, from the folder on. */
  readonly file: string;
  readonly query: string;
}

/** Every query of the folder, at any depth. */
export function packQueries(folder: string): readonly PackQuery[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(csl|kql|kusto|md|txt|ya?ml)$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
    .flatMap((file) =>
      queriesIn(file, readFileSync(file, 'utf8')).map((query) => ({ file: relative(folder, file), query })),
    );
}

/** The queries in a file of this name. */
export function queriesIn(file: string, content: string): readonly string[] {
  const text = content.replace(/\r\n?/g, '\n').replace(/^\uFEFF/, '');
  switch (extname(file).toLowerCase()) {
    case '.md':
      return fencesOf(text);
    case '.yaml':
    case '.yml':
      return blocksOf(text);
    default:
      // Some plain files are Markdown or YAML all the same.
      if (/^[ \t]*```/m.test(text)) return fencesOf(text);
      return /^query:/m.test(text) ? blocksOf(text) : separated(text);
  }
}

/** What packs write KQL beside; they give it many names themselves, `C#` among them. */
const OTHER_LANGUAGES = /^(bash|cmd|console|json|powershell|ps1|py|python|sh|shell|xml|ya?ml)$/i;

function fencesOf(text: string): readonly string[] {
  return [...text.matchAll(/^[ \t]*```[ \t]*([\w-]*)[^\n]*\n([\s\S]*?)^[ \t]*```/gm)]
    .filter(([, language = '', query = '']) => !OTHER_LANGUAGES.test(language) && /^\s*\|/m.test(query))
    .flatMap(([, , query = '']) => separated(query));
}

/** The values of `query` in YAML, whose files are not always strict: by lines and their indentation. */
function blocksOf(text: string): readonly string[] {
  const queries: string[] = [];
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    const [, indentation, rest = ''] = /^([ \t]*(?:- )?)query:[ \t]*(.*)$/.exec(line) ?? [];
    if (indentation === undefined) continue;
    const block: string[] = [];
    for (const next of lines.slice(index + 1)) {
      const depth = /^[ \t]*/.exec(next)?.[0].length ?? 0;
      // Some packs forget to indent what begins with a bar or a fence.
      if (next.trim() !== '' && depth <= indentation.length && !/^\s*(\||```|\/\/)/.test(next)) break;
      block.push(next);
    }
    const first = /^[|>][-+\d]*\s*(#.*)?$/.test(rest) ? '' : rest;
    const query = [first, ...block].join('\n').replace(/^[ \t]*```.*$/gm, '');
    if (query.trim() !== '') queries.push(query);
  }
  return queries;
}

/** Kusto's editors take an empty line for the end of a query; it is one here where the text as a whole is none and its parts are. */
function separated(text: string): readonly string[] {
  if (isWhole(text)) return [text];
  const parts: string[] = [];
  for (const part of text.split(/\n[ \t]*(?:\n[ \t]*)+/)) {
    const before = parts.at(-1);
    // What only declares or comments belongs to what follows.
    if (before !== undefined && !yields(before)) parts[parts.length - 1] = `${before}\n\n${part}`;
    else parts.push(part);
  }
  const last = parts.at(-1);
  if (last !== undefined && !yields(last)) parts.pop();
  return parts.length > 1 && parts.every(isWhole) ? parts : [text];
}

function isWhole(text: string): boolean {
  return !parseAndBind(text, new Map()).diagnostics.some(({ phase }) => phase === 'syntax');
}

function yields(text: string): boolean {
  return parseAndBind(text, new Map())
    .root.items('Statements')
    .some(({ kind }) => kind === 'ExpressionStatement');
}
