import { InvalidArgumentError, Option, program } from 'commander';
import { type DayOrder, EventFileError, startWorkspace } from './start-workspace.ts';

/** Serves the embedded workspace until Ctrl-C: `npm run workspace -- --events DIR [--port N]`. */

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) throw new InvalidArgumentError('not a port.');
  return value;
}

function clock(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw new InvalidArgumentError('not an ISO 8601 date and time.');
  return date;
}

interface Options {
  readonly events?: string;
  readonly watchlists?: string;
  readonly external?: string;
  readonly table?: string;
  readonly dates?: DayOrder;
  readonly port: number;
  readonly now?: Date;
}

async function serve({
  events,
  watchlists,
  external,
  table,
  dates,
  port: wanted,
  now,
}: Options): Promise<void> {
  const workspace = await startWorkspace({
    port: wanted,
    ...(events !== undefined && { events }),
    ...(watchlists !== undefined && { watchlists }),
    ...(external !== undefined && { external }),
    ...(table !== undefined && { table }),
    ...(dates && { dates }),
    ...(now ? { now: () => now } : {}),
  });
  for (const { table, file, rows, flavour, extraColumns, warnings } of workspace.loaded) {
    const extra = extraColumns.length > 0 ? `, besides: ${extraColumns.join(', ')}` : '';
    console.log(`${table}: ${rows} rows from ${file} (${flavour}${extra})`);
    for (const warning of warnings) console.log(`  ${warning}`);
  }
  for (const { file, why } of workspace.notRead) console.log(`Not read: ${file}: ${why}`);
  console.log(`${workspace.url}/v1/workspaces/<any id>/query takes {"query": "…", "timespan": "P1D"}`);
  console.log('Ctrl-C ends it.');
  // The first query loads the parser, which takes a second; so it is this one.
  await workspace.run('print 1');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      workspace.close().then(() => process.exit(0));
    });
  }
}

program
  .name('workspace')
  .description('An embedded Log Analytics workspace: real KQL over event files, behind the query API.')
  .option('--events <path>', 'a file of events, or a folder: DeviceNetworkEvents.csv, DeviceInfo/, …')
  .option('--watchlists <folder>', "files ALIAS.csv, for _GetWatchlist('ALIAS')")
  .option('--external <folder>', 'stand-ins for what lies outside: map.json, with the file of each URL')
  .option('--table <name>', "the table of files that don't say theirs")
  .addOption(
    new Option('--dates <order>', 'what 05/06/2026 is, where a file leaves it open').choices(['dmy', 'mdy']),
  )
  .option('--port <number>', 'port on 127.0.0.1; 0 takes any free one', port, 8090)
  .option('--now <time>', "what KQL's now() says, for old events", clock);
program.parse();
try {
  await serve(program.opts());
} catch (error) {
  if (!(error instanceof EventFileError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
