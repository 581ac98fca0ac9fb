import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Argument, Command } from 'commander';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { benchAddigy } from '../bench/bench-addigy.ts';
import { benchApp } from '../bench/bench-app.ts';
import { benchPack } from '../bench/bench-pack.ts';
import { benchHunts, benchParser } from '../bench/bench-parser.ts';
import { benchPlan } from '../bench/bench-plan.ts';
import { benchMemory, benchReading } from '../bench/bench-reading.ts';
import { benchStart } from '../bench/bench-start.ts';
import { generatePack, PACK_TABLES } from '../bench/generate-pack.ts';
import { GOAL, type Measure } from '../bench/measure.ts';
import { median } from '../bench/time-in-turns.ts';
import { printMeasures, printPack } from '../printing/print-bench.ts';

/**
 * Times the embedded workspace over generated Parquet events against the best SQL that we could write by hand for the
 * same answers, both in this run, and says what the parts cost: start-up, parsing and binding, checking hunts. Of the
 * deployed app it measures start, first run, reading of results, memory and the pure plan, each beside the least that it can cost.
 */

const NOW = new Date('2025-06-30T12:00:00Z');
const PARTS = ['parser', 'hunts', 'start', 'addigy', 'kql', 'app', 'reading', 'memory', 'plan'] as const;

interface Options {
  readonly rows: number;
  readonly runs: number;
  readonly query?: string[];
  readonly files?: string;
  readonly json?: true;
  readonly check?: true;
}

function huntQuery(): string {
  const hunt = z
    .object({ query: z.string() })
    .parse(parseYaml(readFileSync(join(import.meta.dirname, '../../hunts/addigy.yaml'), 'utf8')));
  return hunt.query;
}

async function bench(named: readonly (typeof PARTS)[number][], options: Options): Promise<void> {
  const parts = named.length === 0 ? PARTS : named;
  const folder = options.files ?? mkdtempSync(join(tmpdir(), 'bench-'));
  const say = (text: string): void => (options.json ? undefined : console.log(text));
  const measures: Measure[] = [];
  const add = (more: readonly Measure[]): void => {
    measures.push(...more);
  };
  try {
    const query = huntQuery();
    const has = (part: (typeof PARTS)[number]): boolean => parts.includes(part);
    if (has('parser')) add(await benchParser(query));
    if (has('hunts')) add(await benchHunts());
    if (options.files === undefined && (has('start') || has('addigy') || has('kql')))
      await generatePack(folder, options.rows, NOW);
    const events = join(folder, `${PACK_TABLES[0]}.parquet`);
    if (has('start')) add(await benchStart(events, query, NOW));
    if (has('addigy')) {
      const runs = options.runs * 2;
      add(await benchAddigy(events, query, { now: NOW, runs }));
      add(await benchAddigy(events, query, { now: NOW, runs, memoryLimit: '64MB' }));
    }
    if (has('app')) add(await benchApp());
    if (has('reading')) add(await benchReading());
    if (has('memory')) add(await benchMemory());
    if (has('plan')) add(benchPlan());
    const pack = has('kql')
      ? await benchPack(folder, { now: NOW, runs: options.runs, only: options.query ?? [] })
      : [];
    if (measures.length > 0) say(printMeasures(measures));
    if (pack.length > 0) say(printPack(pack));
    const ratios = pack.map(({ ratio }) => ratio);
    if (options.json)
      console.log(
        JSON.stringify(
          {
            processors: cpus().length,
            ...(options.files === undefined && { rows: options.rows }),
            measures,
            pack,
            median: median(ratios),
          },
          null,
          2,
        ),
      );
    const missed =
      pack.some(({ wrong }) => wrong !== undefined) ||
      measures.some(({ value, most }) => most !== undefined && value > most) ||
      (pack.length > 1 && (median(ratios) > GOAL.median || Math.max(...ratios) > GOAL.worst));
    process.exitCode = missed && options.check ? 1 : 0;
  } finally {
    if (options.files === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

await new Command('npm run bench --')
  .description(
    'Times the app beside the least that its work can cost, and the embedded workspace against SQL written by hand.',
  )
  .addArgument(new Argument('[part...]', 'all of them without it').choices(PARTS))
  .option('--rows <number>', 'events to generate', Number, 1_000_000)
  .option('--runs <number>', 'runs of each query', Number, 7)
  .option('--query <text...>', 'only the queries of the pack whose names have one of these')
  .option('--files <folder>', 'the files of an earlier generation, which stay')
  .option('--check', 'fails when a goal is missed')
  .option('--json', 'the numbers as JSON')
  .action(bench)
  .parseAsync();
