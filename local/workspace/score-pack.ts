import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { program } from 'commander';
import { documentedTables } from './documented-columns.ts';
import { dateToTicks } from './time-text.ts';
import { openEngine, QueryError } from './workspace.ts';

/**
 * Tries every query of a folder of hunting queries (Sentinel YAML, and Markdown with queries in code fences) on an
 * empty workspace: does Microsoft's binder accept it, and does it run? Columns that Defender has and Log Analytics
 * lacks come from a prelude, as they do for hunts.
 *
 * The yardstick is the public RMM pack: github.com/jischell-msft/RemoteManagementMonitoringTools.
 */

interface PackQuery {
  readonly file: string;
  readonly query: string;
}

/** The queries in a file; the files of the pack are no strict YAML, so this reads lines. */
function queriesOf(file: string, content: string): readonly string[] {
  const text = content.replace(/\r\n/g, '\n').replace(/^\uFEFF/, '');
  if (extname(file) === '.md') {
    return [...text.matchAll(/^```[a-z]*[ \t]*\n([\s\S]*?)^```/gm)]
      .map(([, query = '']) => query)
      .filter(looksLikeKql);
  }
  const start = /^query:[ \t]*[|>]?-?[ \t]*\n?/m.exec(text);
  const block = start ? text.slice(start.index + start[0].length).split(/^(?=[A-Za-z]\w*:)/m)[0] : text;
  return [(block ?? '').replace(/^[ \t]*```.*$/gm, '')];
}

function looksLikeKql(text: string): boolean {
  return /^\s*\|/m.test(text);
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(md|ya?ml)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

/** Gives each table the columns that the pack's queries expect of it. */
function prelude(query: string): string {
  return [...documentedTables().keys()]
    .filter((table) => new RegExp(`\\b${table}\\b`).test(query))
    .map(
      (table) =>
        `let ${table} = table("${table}") | extend Timestamp = column_ifexists("Timestamp", TimeGenerated), AccountUpn = column_ifexists("AccountUpn", column_ifexists("InitiatingProcessAccountUpn", ""));`,
    )
    .join(' ');
}

async function score(folder: string): Promise<boolean> {
  const engine = await openEngine(new Map(), () => dateToTicks(new Date()));
  const queries: PackQuery[] = filesBelow(folder).flatMap((file) =>
    queriesOf(file, readFileSync(file, 'utf8')).map((query) => ({ file: relative(folder, file), query })),
  );
  const failures: { readonly file: string; readonly kind: string; readonly message: string }[] = [];
  const started = performance.now();
  for (const { file, query } of queries) {
    try {
      await engine.run(`${prelude(query)}\n${query}`);
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      // The prelude is one line, in front.
      const { code, message, line, column } = error.diagnostic;
      failures.push({ file, kind: error.kind, message: `${line - 1}:${column} ${code} ${message}` });
    }
  }
  engine.close();
  const refused = failures.filter(({ kind }) => kind === 'syntax' || kind === 'semantic');
  const failed = failures.filter((failure) => !refused.includes(failure));
  for (const { file, kind, message } of failures) console.log(`${kind}: ${file}:${message}`);
  console.log(
    `${queries.length} queries: ${queries.length - failures.length} ran, ${refused.length} refused by Microsoft's binder, ` +
      `${failed.length} beyond this workspace; ${Math.round(performance.now() - started)} ms`,
  );
  return failed.length === 0;
}

program
  .name('score-pack')
  .description('Tries every hunting query of a folder on an empty workspace.')
  .argument('<folder>', 'a checkout with Sentinel YAML files and Markdown')
  .action(async (folder: string) => {
    process.exitCode = (await score(folder)) ? 0 : 1;
  });
await program.parseAsync();
