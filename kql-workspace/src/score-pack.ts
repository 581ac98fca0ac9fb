import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { program } from 'commander';
import { documentedTables, schemaOf } from './documented-columns.ts';
import { parseAndBind } from './language-service.ts';
import { type PlantedRows, plantRows } from './plant-rows.ts';
import { dateToTicks } from './values/time-text.ts';
import { openEngine, type QueryEngine, QueryError, type QueryResult } from './workspace.ts';

/**
 * Tries every query of a folder of hunting queries (Sentinel YAML, and Markdown with queries in code fences): does
 * Microsoft's binder accept it, does it run, and does it find a row made out of its own conditions and not one that
 * only almost matches? Columns that Defender has and Log Analytics
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
  return (
    readdirSync(folder, { withFileTypes: true, recursive: true })
      // The pack keeps templates, with gaps to be filled, in a folder of their own.
      .filter(
        (entry) =>
          entry.isFile() &&
          !/_Templates/.test(relative(folder, entry.parentPath)) &&
          /\.(csl|kql|md|txt|ya?ml)$/.test(entry.name),
      )
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
  );
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

interface Failure {
  readonly file: string;
  readonly kind: string;
  readonly message: string;
}

async function tryQuery(engine: QueryEngine, { file, query }: PackQuery): Promise<QueryResult | Failure> {
  try {
    return await engine.run(`${prelude(query)}\n${query}`);
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    // The prelude is one line, in front.
    const { code, message, line, column } = error.diagnostic;
    return { file, kind: error.kind, message: `${line - 1}:${column} ${code} ${message}` };
  }
}

/** Plants rows for every query that is simple enough; gives their number by query. */
async function plant(
  engine: QueryEngine,
  queries: readonly PackQuery[],
  now: Date,
): Promise<Map<PackQuery, PlantedRows>> {
  const schema = schemaOf('defender-xdr');
  const planted = new Map<PackQuery, PlantedRows>();
  const rows = new Map<string, object[]>();
  const time = new Date(now.getTime() - 3_600_000).toISOString();
  for (const [index, query] of queries.entries()) {
    const made = plantRows(parseAndBind(query.query, schema).root);
    if (!made) continue;
    planted.set(query, made);
    const add = (row: object): number =>
      rows.set(made.table, [...(rows.get(made.table) ?? []), { TimeGenerated: time, ...row }]).size;
    add({ ...made.hit, DeviceId: `hit-${index}`, DeviceName: `hit-${index}` });
    if (made.nearMiss) add({ ...made.nearMiss, DeviceId: `miss-${index}`, DeviceName: `miss-${index}` });
  }
  for (const [table, all] of rows) await engine.append(table, all);
  return planted;
}

/** What is wrong with the answer of a query that rows were planted for, if anything. */
function misunderstanding(result: QueryResult, index: number): string | undefined {
  const cells = new Set(result.rows.flat());
  const hasDevice = result.columns.some(({ name }) => name === 'DeviceId' || name === 'DeviceName');
  if (!hasDevice) return result.rows.length > 0 ? undefined : 'finds none of the rows made for it';
  if (!cells.has(`hit-${index}`)) return 'does not find the row made for it';
  return cells.has(`miss-${index}`) ? 'finds the row that only almost matches' : undefined;
}

async function score(folder: string): Promise<boolean> {
  const now = new Date();
  const engine = await openEngine(new Map(), () => dateToTicks(now));
  const queries: PackQuery[] = filesBelow(folder).flatMap((file) =>
    queriesOf(file, readFileSync(file, 'utf8')).map((query) => ({ file: relative(folder, file), query })),
  );
  const planted = await plant(engine, queries, now);
  const failures: Failure[] = [];
  let checked = 0;
  const started = performance.now();
  for (const [index, query] of queries.entries()) {
    const outcome = await tryQuery(engine, query);
    if ('kind' in outcome) {
      failures.push(outcome);
      continue;
    }
    if (!planted.has(query)) continue;
    checked++;
    const message = misunderstanding(outcome, index);
    if (message) failures.push({ file: query.file, kind: 'wrong', message });
  }
  await engine.close();
  const count = (...kinds: string[]): number => failures.filter(({ kind }) => kinds.includes(kind)).length;
  for (const { file, kind, message } of failures) console.log(`${kind}: ${file}:${message}`);
  const refused = count('syntax', 'semantic');
  const beyond = count('unsupported', 'execution', 'stopped');
  console.log(
    `${queries.length} queries: ${queries.length - refused - beyond} ran, ${refused} refused by Microsoft's binder, ` +
      `${beyond} beyond this workspace; of ${checked} that rows could be made for, ${count('wrong')} wrong; ` +
      `${Math.round(performance.now() - started)} ms`,
  );
  return beyond + count('wrong') === 0;
}

program
  .name('npm run score-pack --')
  .description('Tries every hunting query of a folder on the embedded workspace.')
  .argument('<folder>', 'a checkout with Sentinel YAML files and Markdown')
  .action(async (folder: string) => {
    process.exitCode = (await score(folder)) ? 0 : 1;
  });
await program.parseAsync();
