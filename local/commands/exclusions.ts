import { Command } from 'commander';
import { checkout } from '../environment/checkout.ts';
import { compareExclusions } from '../exclusions/compare-exclusions.ts';
import { previewOnEvents } from '../exclusions/preview-on-events.ts';
import { fromWhereYouAre, toDate } from '../printing/arguments.ts';
import { printComparison, printPreviews } from '../printing/print-exclusions.ts';
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

try {
  await program.parseAsync();
} catch (error) {
  console.error(oneLine(error));
  process.exitCode = 1;
}
