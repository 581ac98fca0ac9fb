import { statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { readArmFile } from './read-arm-file.ts';
import { readMarkdownFile } from './read-markdown-file.ts';
import { readQueryFile } from './read-query-file.ts';
import { readYamlRule } from './read-yaml-rule.ts';
import type { RuleFile } from './rule.ts';

/** More than any rule or export of rules has. */
const MAX_BYTES = 50 * 1024 * 1024;
/** Folders that hold no rules, whatever is in them. */
const noRules: ReadonlySet<string> = new Set(['.git', '.github', 'node_modules']);

/** A file, or a folder that was not looked into. */
export interface FoundFile extends RuleFile {
  path: string;
}

/** Everything in a file or in a folder of any depth, in order: whatever is there is told, also what is no rule. */
export async function* findRuleFiles(path: string): AsyncGenerator<FoundFile> {
  if (!statSync(path).isDirectory()) {
    yield { path, ...(await readRuleFile(path)) };
    return;
  }
  const entries = (await readdir(path, { withFileTypes: true })).toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  for (const entry of entries) {
    const inner = join(path, entry.name);
    if (entry.isDirectory() && noRules.has(entry.name))
      yield { path: inner, ...nothing(`is ${entry.name}, which is not looked into`) };
    else if (entry.isDirectory()) yield* findRuleFiles(inner);
    else if (entry.isFile()) yield { path: inner, ...(await readRuleFile(inner)) };
    else yield { path: inner, ...nothing('is a link or no file') };
  }
}

async function readRuleFile(path: string): Promise<RuleFile> {
  const ending = extname(path).toLowerCase();
  const name = basename(path, extname(path));
  const known = ['.yaml', '.yml', '.json', '.kql', '.kusto', '.csl', '.md', '.markdown', '.txt', ''].includes(
    ending,
  );
  if (/\.test\.ya?ml$/i.test(path)) return nothing('is the test of a hunt');
  if (!known) return nothing(`ends in ${ending}, as no rule does`);
  if (statSync(path).size > MAX_BYTES) return nothing('is larger than 50 MB');
  const content = decode(await readFile(path));
  if (content === undefined) return nothing('is no text');
  switch (ending) {
    case '.yaml':
    case '.yml':
      return readYamlRule(name, content);
    case '.json':
      return readArmFile(content);
    case '.md':
    case '.markdown':
      return readMarkdownFile(name, content);
    case '.kql':
    case '.kusto':
    case '.csl':
      return readQueryFile(name, content, { mustBeKql: true });
    default:
      return /^```/m.test(content)
        ? readMarkdownFile(name, content)
        : readQueryFile(basename(path, '.txt'), content, { mustBeKql: false });
  }
}

/** UTF-8, or the UTF-16 that Windows writes. */
function decode(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le');
  const text = bytes.toString('utf8');
  return text.includes('\0') ? undefined : text;
}

function nothing(why: string): RuleFile {
  return { format: 'other', passed: [{ line: 1, why }] };
}
