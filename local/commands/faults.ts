import { Command, Option } from 'commander';
import pLimit from 'p-limit';
import { faultKinds } from '../faults/fault-kinds.ts';
import { isWrong } from '../faults/judge-books.ts';
import { runLoad } from '../faults/load.ts';
import { raceClocks, raceTwo } from '../faults/race.ts';
import { boundariesOf, type FaultCase, runCase, type Scene, scenes } from '../faults/run-case.ts';
import { simulate } from '../faults/time/simulate.ts';
import { type CaseResult, printFaults, printRaces } from '../printing/print-faults.ts';
import { printSimulated } from '../printing/print-simulated.ts';
import { terminal } from '../printing/terminal.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Most of a case is waiting. */
const AT_ONCE = 12;

const program = new Command('npm run faults --')
  .description(
    'Breaks every request of the real flow in every way, and compares the books with what they should say.',
  )
  .addOption(new Option('--scene <name...>', 'what the app is doing meanwhile').choices([...scenes]))
  .option('--boundary <text>', 'boundaries that contain this, for example "table: commit"')
  .option('--kind <text>', 'kinds of faults that contain this, for example "429"')
  .action(async (options: { scene?: Scene[]; boundary?: string; kind?: string }) => {
    const cases = await casesOf(options);
    const limit = pLimit(AT_ONCE);
    let done = 0;
    const results = await Promise.all(
      cases.map((one) =>
        limit(async (): Promise<CaseResult> => {
          const result = { ...one, ...(await runCase(one)) };
          if (process.stderr.isTTY) process.stderr.write(`\r${++done} of ${cases.length} cases`);
          return result;
        }),
      ),
    );
    if (process.stderr.isTTY) process.stderr.write('\n');
    console.log(printFaults(results, terminal()));
    if (results.some(({ wrong, met }) => isWrong(wrong) || !met)) process.exitCode = 1;
  });

async function casesOf({
  scene = [...scenes],
  boundary = '',
  kind = '',
}: {
  scene?: Scene[];
  boundary?: string;
  kind?: string;
}): Promise<FaultCase[]> {
  const cases: FaultCase[] = [];
  for (const one of scene)
    for (const passed of await boundariesOf(one))
      for (const way of faultKinds)
        if (passed.includes(boundary) && way.name.includes(kind))
          cases.push({ scene: one, boundary: passed, kind: way });
  return cases;
}

program
  .command('races')
  .description('two instances at once, and instances whose clocks are wrong')
  .option('--times <number>', 'how often two run at once', '200')
  .action(async ({ times }: { times: string }) => {
    const limit = pLimit(AT_ONCE);
    const races = [
      ...Array.from({ length: Number(times) }, () => ['two at once', raceTwo] as const),
      ...[10 * MINUTE_MS, 30 * DAY_MS].flatMap((ms) => [
        [`a clock ${inWords(ms)} ahead`, () => raceClocks(ms)] as const,
        [`a clock ${inWords(ms)} behind`, () => raceClocks(-ms)] as const,
      ]),
    ];
    const results = await Promise.all(
      races.map(([name, race]) => limit(async () => ({ name, wrong: await race() }))),
    );
    console.log(printRaces(results));
    if (results.some(({ wrong }) => isWrong(wrong))) process.exitCode = 1;
  });

program
  .command('load')
  .description('many hunts on a slow workspace, two of which never answer')
  .option('--hunts <number>', 'how many', '168')
  .action(async ({ hunts }: { hunts: string }) => {
    // A tenth of the times of a busy workspace, so that a run of 25 minutes takes two and a half.
    const load = { hunts: Number(hunts), queryMs: 200, hanging: 2, queriesMs: 28_000, runs: 4 };
    const { runs, starved } = await runLoad(load);
    for (const { completed, wallMs } of runs)
      console.log(`${completed} of ${hunts} hunts complete, in ${Math.round(wallMs / 1000)} s`);
    console.log(`${starved} hunts had no complete run in ${runs.length}, beside the two that never answer`);
    if (starved > 0) process.exitCode = 1;
  });

program
  .command('time')
  .description(
    'random histories of events, outages, late rows, edits and deaths, against somebody who sees every event',
  )
  .option('--histories <number>', 'how many', '1000')
  .option('--seed <number>', 'of the random numbers; a new one without it')
  .option('--path <path>', 'of a failure, to play it again')
  .action(async ({ histories, seed, path }: { histories: string; seed?: string; path?: string }) => {
    const result = await simulate(
      {
        seed: seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(seed),
        runs: Number(histories),
        ...(path !== undefined && { path }),
      },
      (count) => {
        if (process.stderr.isTTY) process.stderr.write(`\r${count} of ${histories} histories`);
      },
    );
    if (process.stderr.isTTY) process.stderr.write('\n');
    console.log(printSimulated(result));
    if (result.failure) process.exitCode = 1;
  });

const inWords = (ms: number) => (ms < DAY_MS ? `${ms / MINUTE_MS} minutes` : `${ms / DAY_MS} days`);

await program.parseAsync();
