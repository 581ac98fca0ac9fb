import { relative } from 'node:path';
import { Command } from 'commander';
import { type HuntFileResult, huntFile } from '../environment/hunt-file.ts';
import { fromWhereYouAre, toDate } from '../printing/arguments.ts';
import { printReport } from '../printing/print-report.ts';
import { oneLine, terminal } from '../printing/terminal.ts';

const options = new Command('npm run hunt --')
  .description(
    'Hunts once through your own export of DeviceNetworkEvents and prints what it found. Nothing is kept or sent.',
  )
  .requiredOption('--events <path>', 'CSV, JSON, NDJSON or Parquet; or a folder with a file for each table')
  .option('--now <time>', 'hunt as if it were then (ISO 8601), for older exports', toDate)
  .option('--hunt <name...>', 'id, name or file name of a hunt; all of them without it')
  .option('--exclusions <folder>', 'use these exclusion lists in the place of exclusions/')
  .option('--json', 'print the run reports as JSON and nothing else')
  .parse()
  .opts<{ events: string; now?: Date; hunt?: string[]; exclusions?: string; json?: true }>();

try {
  const { now, hunt } = options;
  const result = await huntFile({
    events: fromWhereYouAre(options.events),
    env: process.env,
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
  const { loaded, newestEvent, reports } = result;
  const files = loaded.flatMap(({ table, file, rows, warnings }) => [
    `${relative(process.cwd(), file)}: ${rows.toLocaleString('en')} rows of ${table}`,
    ...warnings.map((warning) => `  ! ${warning}`),
  ]);
  const hint =
    newestEvent && reports.every(({ outcome }) => outcome === 'no-data')
      ? [`The newest event in the files is of ${newestEvent}: try --now ${newestEvent}`]
      : [];
  return [...files, '', printReport(result, terminal()), ...hint].join('\n');
}
