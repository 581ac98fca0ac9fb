import { Command } from 'commander';
import { compose } from '../../functions/composition.ts';
import type { DeviceExplanation } from '../../functions/flows/explain-device.ts';
import { appOnEvents, offline } from '../environment/app-on-events.ts';
import { startTableService } from '../environment/azurite.ts';
import { fromWhereYouAre, toDate } from '../printing/arguments.ts';
import { printExplanation } from '../printing/print-explanation.ts';
import { oneLine, terminal } from '../printing/terminal.ts';

interface Options {
  data?: string;
  events?: string;
  now?: Date;
  json?: true;
}

const LIMITS = { queriesMs: 10 * 60_000, deliveryMs: 0, patienceMs: 0 };

const program = new Command('npm run explain --')
  .description('Says why a device did or did not lead to findings.')
  .argument('<device>', 'its name, the first part of its name, or its id')
  .option('--data <folder>', 'what npm start keeps there (end npm start first: one at a time uses it)')
  .option('--events <path>', 'hunt once through these events in its place; nothing is sent')
  .option('--now <time>', 'with --events: as if it were then (ISO 8601)', toDate)
  .option('--json', 'print JSON and nothing else')
  .action(async (device: string, options: Options) => {
    if ((options.data === undefined) === (options.events === undefined))
      throw new Error('Say where to look: --data FOLDER or --events PATH.');
    const explanation = await (options.events === undefined
      ? explainState(device, fromWhereYouAre(options.data ?? ''))
      : explainEvents(device, fromWhereYouAre(options.events), options.now));
    console.log(
      options.json ? JSON.stringify(explanation, undefined, 2) : printExplanation(explanation, terminal()),
    );
  });

try {
  await program.parseAsync();
} catch (error) {
  console.error(oneLine(error));
  process.exitCode = 1;
}

async function explainState(device: string, dataDir: string): Promise<DeviceExplanation> {
  const tables = await startTableService({ dataDir });
  try {
    return await compose(offline({}, 'http://127.0.0.1/nobody', tables.connectionString)).explain(device);
  } finally {
    await tables.close();
  }
}

async function explainEvents(
  device: string,
  events: string,
  now: Date | undefined,
): Promise<DeviceExplanation> {
  const { app, close } = await appOnEvents({ events, env: process.env, ...(now && { now }) });
  try {
    await app.hunt({ limits: LIMITS });
    return await app.explain(device);
  } finally {
    await close();
  }
}
