import { watch } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { readExclusions } from '../../functions/adapters/files/exclusion-files.ts';
import { answersTo } from '../../functions/domain/hunting/hunt.ts';
import { readCompiledHunts } from '../compiler/compile-hunts.ts';
import { checkout } from '../environment/checkout.ts';
import { addHunts } from '../hunts/add-hunts.ts';
import { checkHunts, passes } from '../hunts/check-hunts.ts';
import { explainHunt } from '../hunts/explain-hunt.ts';
import { newHunt } from '../hunts/new-hunt.ts';
import { azdSettings, tablesToRead } from '../hunts/tables-to-read.ts';
import { fromWhereYouAre, toDate } from '../printing/arguments.ts';
import { printAdded, printChecks, printSteps } from '../printing/print-hunts.ts';
import { oneLine, terminal } from '../printing/terminal.ts';

const program = new Command('npm run hunts --').description(
  'Checks hunts and runs their tests; takes new ones in.',
);

program
  .command('check', { isDefault: true })
  .description('every hunt: its file, its query, its prelude, its identity, its tests')
  .option('--hunt <name...>', 'id, name or file name of a hunt; all of them without it')
  .option('--watch', 'check again whenever a file of hunts/ or exclusions/ changes')
  .action(async (options: { hunt?: string[]; watch?: true }) => {
    await check(options.hunt);
    if (options.watch) watchFolders(() => check(options.hunt));
  });

program
  .command('add')
  .description('takes rules into hunts/: Sentinel YAML, exported JSON, KQL, Markdown')
  .argument('<path>', 'a file, or a folder or checkout with files at any depth')
  .option('--dry-run', 'say what would become of each, and write nothing')
  .option('--json', 'for machines')
  .action(async (path: string, { dryRun = false, json }: { dryRun?: true | false; json?: true }) => {
    const added = await addHunts(fromWhereYouAre(path), join(checkout, 'hunts'), { dryRun });
    console.log(json ? JSON.stringify(added, null, 2) : printAdded(added, terminal()));
    const taken = added.some(({ kind }) => kind === 'imported' || kind === 'there');
    if (!taken || added.some(({ kind }) => kind === 'refused')) process.exitCode = 1;
  });

program
  .command('new')
  .description('begins a hunt and its test with events of your own')
  .argument('<name>', 'what the hunt is called')
  .requiredOption('--events <path>', 'CSV, JSON, NDJSON or Parquet; or a folder with a file for each table')
  .option(
    '--where <condition>',
    'what it looks for, as KQL (RemoteUrl has "evil"); what the newest event did without it',
  )
  .option('--table <table>', 'the table of the events, where files leave it open')
  .action(async (name: string, options: { events: string; where?: string; table?: string }) => {
    const { events, where, table } = options;
    const files = await newHunt({
      root: checkout,
      name,
      events: fromWhereYouAre(events),
      ...(table !== undefined && { hints: { table } }),
      ...(where !== undefined && { where }),
    });
    console.log(
      `${files.join(' and ')}: write what it finds, its tactics and techniques, and narrow it down.`,
    );
    await check([name]);
  });

program
  .command('tables')
  .description('the tables that hunts and exclusions read: what the deployed app must be able to')
  .option('--azd', 'as settings for azd env set, one a line; none where HUNT_TABLES was set by hand')
  .action(async ({ azd }: { azd?: true }) => {
    const hunts = await readCompiledHunts(checkout);
    const { exclusions } = await readExclusions(join(checkout, 'exclusions'), process.env, hunts);
    const read = tablesToRead(hunts, exclusions);
    const { settings, remarks } = azd ? azdSettings(read, process.env) : { settings: read.tables, ...read };
    for (const line of settings) console.log(line);
    for (const remark of remarks) console.error(oneLine(remark));
  });

program
  .command('explain')
  .description('how many rows each step of a hunt keeps')
  .argument('<hunt>', 'id, name or file name')
  .requiredOption('--events <path>', 'CSV, JSON, NDJSON or Parquet; or a folder with a file for each table')
  .option('--now <time>', 'as if it were then (ISO 8601), for older exports', toDate)
  .action(async (hunt: string, { events, now }: { events: string; now?: Date }) => {
    const steps = await explainHunt({
      root: checkout,
      hunt,
      events: fromWhereYouAre(events),
      ...(now && { now }),
    });
    console.log(printSteps(steps, terminal()));
  });

try {
  await program.parseAsync();
} catch (error) {
  console.error(oneLine(error));
  process.exitCode = 1;
}

async function check(names: string[] | undefined): Promise<void> {
  const checks = await checkHunts({
    root: checkout,
    ...(names && { only: (hunt) => names.some((name) => answersTo(hunt, name)) }),
  });
  console.log(printChecks(checks, terminal()));
  process.exitCode = checks.length > 0 && checks.every(passes) ? 0 : 1;
}

/** Editors write a file in several steps: what comes within a moment is one change. */
function watchFolders(again: () => Promise<void>): void {
  let timer: NodeJS.Timeout | undefined;
  for (const folder of ['hunts', 'exclusions']) {
    watch(join(checkout, folder), () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        console.log(`\n${new Date().toLocaleTimeString()}`);
        again().catch((error: unknown) => console.error(oneLine(error)));
      }, 200);
    });
  }
}
