import { Command, InvalidArgumentError } from 'commander';
import { type LocalEnvironment, startLocally } from '../environment/start-locally.ts';
import { fromWhereYouAre } from '../printing/arguments.ts';
import { printLog } from '../printing/print-log.ts';
import { printReport } from '../printing/print-report.ts';
import { oneLine, terminal } from '../printing/terminal.ts';

const options = new Command('npm start --')
  .description(
    'Runs everything on this machine: workspace, tables, functions, and a receiver in the place of Teams.',
  )
  .option('--data <folder>', 'keep what was seen, found and delivered; without it, it is gone at the end')
  .option(
    '--port <number>',
    'port of the functions; receiver and workspace take the next two; 0: free ones',
    toPort,
    7071,
  )
  .option('--events <path>', 'your own events in the place of the sample: a file, or a folder of files')
  .parse()
  .opts<{ data?: string; port: number; events?: string }>();

let running: LocalEnvironment | undefined;
let endingSince: number | undefined;
process.on('SIGINT', end);
process.on('SIGTERM', end);
// npm passes a signal on to its shell, and some shells die of it without telling us.
const shell = process.ppid;
if (process.env.npm_lifecycle_event) setInterval(() => process.ppid !== shell && end(), 1_000).unref();

try {
  console.log('Building and starting …');
  running = await startLocally({
    port: options.port,
    env: process.env,
    ...(options.data && { dataDir: fromWhereYouAre(options.data) }),
    ...(options.events && { events: fromWhereYouAre(options.events) }),
    onLog: (entry) => {
      const text = printLog(entry, { at: new Date(), colour: terminal().colour });
      if (text) console.log(text);
    },
  });
  await huntOnce(running);
  console.log(addresses(running));
} catch (error) {
  if (endingSince === undefined) {
    console.error(oneLine(error));
    process.exitCode = 1;
    await running?.close();
  }
}

/** What went wrong with a hunt is in the log; the rest goes on serving. */
async function huntOnce(environment: LocalEnvironment): Promise<void> {
  try {
    console.log(`\n${printReport(await environment.hunt(), terminal())}`);
  } catch (error) {
    if (endingSince === undefined) console.error(`\n${oneLine(error)}\n`);
  }
}

/** Ctrl-C: everything that was started ends. One Ctrl-C can arrive twice, from the terminal and from npm; a later one does not wait. */
async function end(): Promise<void> {
  if (endingSince !== undefined) {
    if (Date.now() - endingSince > 1_000) process.exit(1);
    return;
  }
  endingSince = Date.now();
  console.log('\nEnding …');
  await running?.close();
  process.exit(0);
}

function addresses({ host, receiver, workspace, tablesUrl, key, events }: LocalEnvironment): string {
  const rows = `${events.rows.toLocaleString('en')} ${events.sample ? 'sample events' : 'events'}`;
  const lines: [string, string][] = [
    ...host.http.map(({ methods, route }): [string, string] => [
      'function',
      `${methods.join(' ')} ${host.url}${route}`,
    ]),
    ...host.timers.map(({ name, schedule, next }): [string, string] => [
      'timer',
      `${name}: ${schedule}, next at ${next?.toISOString().slice(0, 16).replace('T', ' ') ?? 'no time'} UTC`,
    ]),
    ['received', `${receiver.url}  open it to see what Teams would show`],
    ['workspace', `${workspace.url}/v1  ${rows}`],
    [
      'tables',
      `${tablesUrl}  ${options.data ? `kept in ${options.data}` : 'in memory; --data FOLDER keeps them'}`,
    ],
  ];
  return [
    'Serving on this machine only. Ctrl-C ends it.',
    '',
    ...lines.map(([name, text]) => `  ${name.padEnd(12)}${text}`),
    ...events.warnings.map((warning) => `  ! ${warning}`),
    '',
    '  To hunt on demand:',
    `  curl -X POST ${host.url}/api/hunt -H 'x-functions-key: ${key}'`,
    '',
  ].join('\n');
}

function toPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_533)
    throw new InvalidArgumentError('That is no port.');
  return port;
}
