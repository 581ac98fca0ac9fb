import { basename } from 'node:path';
import { Command } from 'commander';
import { answersTo, type Hunt } from '../../functions/domain/hunting/hunt.ts';
import { readCompiledHunts } from '../compiler/compile-hunts.ts';
import { checkout } from '../environment/checkout.ts';
import { compareExclusions } from '../exclusions/compare-exclusions.ts';
import { importWatchlist } from '../exclusions/import-watchlist.ts';
import { previewOnEvents } from '../exclusions/preview-on-events.ts';
import { fromWhereYouAre, toDate } from '../printing/arguments.ts';
import { printComparison, printPreviews } from '../printing/print-exclusions.ts';
import { printImported } from '../printing/print-imported.ts';
import { oneLine, terminal } from '../printing/terminal.ts';

const program = new Command('npm run exclusions --').description(
  'Says what exclusions hide, before they do.',
);

program
  .command('preview')
  .description('what an exclusion would hide')
  .argument('<exclusion>', 'the id of one in exclusions/, or a YAML or JSON file with one or a list of them')
  .option(
    '--events <path>',
    'CSV, JSON, NDJSON or Parquet, or a folder with a file for each table; sample events without it',
  )
  .option('--now <time>', 'as if it were then (ISO 8601), for older exports', toDate)
  .option('--json', 'print JSON and nothing else')
  .action(async (subject: string, options: { events?: string; now?: Date; json?: true }) => {
    const outcomes = await previewOnEvents({
      subject,
      file: fromWhereYouAre(subject),
      ...(options.events !== undefined && { events: fromWhereYouAre(options.events) }),
      ...(options.now && { now: options.now }),
      env: process.env,
    });
    console.log(options.json ? JSON.stringify(outcomes, undefined, 2) : printPreviews(outcomes, terminal()));
    if (outcomes.some(({ kind }) => kind !== 'preview')) process.exitCode = 1;
  });

program
  .command('check')
  .description(
    'what a change of exclusions/ does to the test events of the hunts; fails when a true positive would disappear',
  )
  .requiredOption('--base <revision>', 'the git revision to compare with, for example origin/main')
  .action(async ({ base }: { base: string }) => {
    const comparison = await compareExclusions({ root: checkout, base });
    console.log(printComparison(comparison, terminal()));
    if (comparison.lost.length > 0 || comparison.problems.length > 0) process.exitCode = 1;
  });

program
  .command('import')
  .description("prints exclusions of a watchlist's file, for a file of exclusions/")
  .argument('<file>', 'CSV, as Sentinel takes and gives it')
  .requiredOption('--column <name>', 'its column with the values')
  .option('--to <name>', 'the column of the events that is compared with them', 'RemoteIP')
  .option('--id <id>', "the exclusion's id; without it, from the file's name")
  .requiredOption('--owner <who>', 'who answers for it')
  .option('--reason <text>', 'why this is known good')
  .option('--expires <day>', 'its last day, like 2027-05-31; without it, in 90 days')
  .option('--hunts <name...>', 'hunts that it applies to; without it, all of hunts/')
  .action(async (file: string, options: ImportOptions) => {
    const hunts = await huntsCalled(options.hunts);
    const name = basename(file).replace(/\.[^.]*$/, '');
    const imported = await importWatchlist({
      ...options,
      file: fromWhereYouAre(file),
      id:
        options.id ??
        name
          .toLowerCase()
          .replace(/[^a-z0-9]+/g, '-')
          .replace(/^-|-$/g, ''),
      reason: options.reason ?? `Listed in the watchlist ${name}`,
      hunts,
      now: new Date(),
    });
    console.log(imported.yaml);
    console.error(printImported(imported));
    if (imported.leftOut.length > 0) process.exitCode = 1;
  });

interface ImportOptions {
  column: string;
  to: string;
  id?: string;
  owner: string;
  reason?: string;
  expires?: string;
  hunts?: string[];
}

async function huntsCalled(names: string[] | undefined): Promise<Hunt[]> {
  const all = await readCompiledHunts(checkout);
  for (const name of names ?? [])
    if (!all.some((hunt) => answersTo(hunt, name)))
      throw new Error(`there is no hunt ${name}; there are: ${all.map((hunt) => hunt.name).join(', ')}`);
  return names ? all.filter((hunt) => names.some((name) => answersTo(hunt, name))) : all;
}

try {
  await program.parseAsync();
} catch (error) {
  console.error(oneLine(error));
  process.exitCode = 1;
}
