import { relative } from 'node:path';
import { Command, Option } from 'commander';
import { showText } from '../../functions/domain/messages/show-text.ts';
import { type HuntFileResult, huntFile } from '../environment/hunt-file.ts';
import { fromWhereYouAre, toDate } from '../printing/arguments.ts';
import { printReport } from '../printing/print-report.ts';
import { oneLine, terminal } from '../printing/terminal.ts';

const options = new Command('npm run hunt --')
  .description(
    'Hunts once through your own export of events and prints what it found. Nothing is kept or sent.',
  )
  .requiredOption('--events <path>', 'CSV, JSON, NDJSON or Parquet, also packed; or a folder of such files')
  .option('--table <name>', "the table of the file, or of files in the folder that don't say theirs")
  .addOption(
    new Option(
      '--dates <order>',
      'what 05/06/2026 is, where a file leaves it open: day or month first',
    ).choices(['dmy', 'mdy']),
  )
  .option('--now <time>', 'hunt as if it were then (ISO 8601), for older exports', toDate)
  .option('--hunt <name...>', 'id, name or file name of a hunt; all of them without it')
  .option('--exclusions <folder>', 'use these exclusion lists in the place of exclusions/')
  .option('--json', 'print the run reports as JSON and nothing else')
  .parse()
  .opts<{
    events: string;
    table?: string;
    dates?: 'dmy' | 'mdy';
    now?: Date;
    hunt?: string[];
    exclusions?: string;
    json?: true;
  }>();

try {
  const { now, hunt, table, dates } = options;
  const result = await huntFile({
    events: fromWhereYouAre(options.events),
    env: process.env,
    ...(table !== undefined && { table }),
    ...(dates && { dates }),
    ...(now && { now }),
    ...(hunt && { hunts: hunt }),
    ...(options.exclusions && { exclusions: fromWhereYouAre(options.exclusions) }),
  });
  console.log(options.json ? JSON.stringify(result, undefined, 2) : forPeople(result));
  if (result.reports.some(({ outcome }) => outcome === 'failed')) process.exitCode = 1;
} catch (error) {
  console.error(oneLine(error));
  process.exitCode = 1;
}

function forPeople(result: HuntFileResult): string {
  const { loaded, notRead, unused, newestEvent, reports } = result;
  const shortOf = (file: string) => showText(relative(process.cwd(), file), 200);
  const files = loaded.flatMap(({ table, file, rows, extraColumns, warnings }) => [
    `${shortOf(file)}: ${rows.toLocaleString('en')} rows of ${table}`,
    ...(extraColumns.length > 0
      ? [`  columns that ${table} is not documented with: ${showText(extraColumns.join(', '), 400)}`]
      : []),
    ...warnings.map((warning) => `  ! ${showText(warning, 400)}`),
  ]);
  const others = [
    ...notRead.map(({ file, why }) => `! ${shortOf(file)} is not read: it ${showText(why, 400)}`),
    ...unused.map((sentence) => `! ${sentence}`),
  ];
  const hint =
    newestEvent && reports.every(({ outcome }) => outcome === 'no-data')
      ? [`The newest event in the files is of ${newestEvent}: try --now ${newestEvent}`]
      : [];
  return [...files, ...others, '', printReport(result, terminal()), ...hint].join('\n');
}
