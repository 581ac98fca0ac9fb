import { resolve } from 'node:path';
import { program } from 'commander';
import { packQueries } from './score/pack-queries.ts';
import { type Score, scoreQueries } from './score/score-queries.ts';
import { dateToTicks } from './values/time-text.ts';
import { openEngine } from './workspace.ts';

/** Says how many queries of a folder the workspace runs, what it refuses, and whether it understood them. */

interface Options {
  readonly all?: true;
  readonly columns?: readonly string[];
}

async function scorePack(folder: string, { all, columns }: Options): Promise<void> {
  // `npm run` changes to the package's folder.
  const queries = packQueries(resolve(process.env.INIT_CWD ?? '.', folder));
  const now = new Date();
  const started = performance.now();
  const engine = await openEngine(new Map(), () => dateToTicks(now));
  const scores = await scoreQueries(engine, queries, now, columns);
  await engine.close();
  const of = (...outcomes: readonly Score['outcome'][]) =>
    scores.filter(({ outcome }) => outcomes.includes(outcome));
  for (const { file, outcome, why } of all ? scores : of('failed', 'wrong')) {
    if (outcome !== 'ran') console.log(`${outcome}: ${file}:${why}`);
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  const ran = of('ran', 'wrong');
  const wrong = of('wrong').length;
  const bound = scores.length - of('refused by the binder', 'lacks a file').length;
  console.log(`${scores.length} queries, in ${seconds} s`);
  console.log(
    `  run: ${ran.length} (${percent(ran.length, bound)} of those that Microsoft's binder accepts and that need no local file)`,
  );
  list('refused by the binder', of('refused by the binder'));
  list('refused for want of a local file', of('lacks a file'));
  list('refused by this workspace', of('refused by us'));
  list('failed while they ran', of('failed'));
  console.log(`  wrong on planted rows: ${wrong} of ${ran.filter(({ planted }) => planted).length}`);
  process.exitCode = of('failed', 'wrong').length === 0 ? 0 : 1;
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
}

/** How many there are, and for what, most of them first. */
function list(title: string, scores: readonly Score[]): void {
  console.log(`  ${title}: ${scores.length}`);
  const byConstruct = Map.groupBy(scores, ({ construct }) => construct ?? '');
  const groups = [...byConstruct].toSorted(([, a], [, b]) => b.length - a.length);
  for (const [construct, some] of groups.slice(0, 20)) {
    console.log(`    ${String(some.length).padStart(4)}  ${construct}  (${some[0]?.file})`);
  }
  const rest = groups.slice(20).reduce((sum, [, some]) => sum + some.length, 0);
  if (rest > 0) console.log(`    ${String(rest).padStart(4)}  for ${groups.length - 20} other reasons`);
}

program
  .name('score')
  .description(
    'Tries every query of a folder: run, refused by the binder or by the workspace, wrong on planted rows.',
  )
  .argument('<folder>', 'YAML (query: |), Markdown with code fences, .kql, .csl and .txt, at any depth')
  .option('--all', 'names every query that does not run, and why')
  .option(
    '--columns <names...>',
    'columns of strings that queries expect of Defender tables, though undocumented',
  )
  .action(scorePack);
await program.parseAsync();
