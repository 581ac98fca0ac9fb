import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { program } from 'commander';
import { schemaOf } from 'kql-workspace/documented-columns.ts';
import { parseAndBind } from 'kql-workspace/language-service.ts';
import { dateToTicks } from 'kql-workspace/values/time-text.ts';
import { openEngine } from 'kql-workspace/workspace.ts';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { generateEvents } from './generate-events.ts';

/**
 * Times the Addigy hunt over generated Parquet events against the best SQL that we could write by hand for the same
 * answer, both in this run, and says what the parts cost: start-up, loading the parser, parsing and binding, memory.
 */

const NOW = new Date('2025-06-30T12:00:00Z');

/** The hunt in SQL, as directly as DuckDB allows: one pass, the time as the file has it, one pattern per column. */
const BY_HAND = (file: string): string => `
  SELECT DeviceId, DeviceName, RemoteUrl, min(Timestamp), max(Timestamp), list(DISTINCT ReportId ORDER BY ReportId), count(*)
  FROM read_parquet('${file}')
  WHERE Timestamp BETWEEN TIMESTAMP '2025-06-25 12:00:00' AND TIMESTAMP '2025-06-30 12:00:00'
    AND regexp_matches(RemoteUrl, '(?i)(?:^|[^\\pL\\pN])(?:prod\\.addigy\\.com|grtmprod\\.addigy\\.com|agents\\.addigy\\.com)(?:$|[^\\pL\\pN])')
    AND regexp_matches(InitiatingProcessFileName, '(?i)(?:^|[^\\pL\\pN])(?:go-agent|auditor|collector|xpcproxy|lan-cache|mdmclient|launchd)(?:$|[^\\pL\\pN])')
    AND coalesce(InitiatingProcessVersionInfoCompanyName, '') = ''
  GROUP BY DeviceId, DeviceName, RemoteUrl`;

async function timed<T>(run: () => Promise<T> | T): Promise<{ value: T; ms: number }> {
  const started = performance.now();
  const value = await run();
  return { value, ms: performance.now() - started };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function huntQuery(): string {
  const hunt = z
    .object({ query: z.string() })
    .parse(parseYaml(readFileSync(join(import.meta.dirname, '../../hunts/addigy.yaml'), 'utf8')));
  return hunt.query;
}

function line(what: string, value: string): void {
  console.log(`${what.padEnd(64)} ${value}`);
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

function both(values: readonly number[]): string {
  return `${ms(Math.min(...values))}, ${ms(median(values))}`;
}

async function benchParser(query: string): Promise<void> {
  const schema = schemaOf('defender-xdr');
  const first = await timed(() => parseAndBind('print 1', schema));
  line('parser: load and first bind', ms(first.ms));
  const cold = await timed(() => parseAndBind(query, schema));
  line('parser: the hunt, parsed and bound for the first time', ms(cold.ms));
  const warm: number[] = [];
  for (let run = 0; run < 20; run++) {
    warm.push((await timed(() => parseAndBind(`${query}\n// ${run}`, schema))).ms);
  }
  line('parser: the hunt, parsed and bound again (median of 20)', ms(median(warm)));
}

async function benchHunt(
  file: string,
  query: string,
  runs: number,
  memoryLimit: string | undefined,
): Promise<number> {
  const engine = await openEngine(
    new Map([['DeviceNetworkEvents', [file]]]),
    () => dateToTicks(NOW),
    memoryLimit === undefined ? {} : { memoryLimit },
  );
  const instance = await DuckDBInstance.create(
    ':memory:',
    memoryLimit === undefined ? {} : { memory_limit: memoryLimit },
  );
  const connection = await instance.connect();
  const ours: number[] = [];
  const theirs: number[] = [];
  const answer = await engine.run(query);
  const [expected, actual] = [await byHand(connection, file), answer.rows].map((rows) => summaryOf(rows));
  if (expected !== actual) throw new Error('the two answers differ');
  // In turns, so that whatever else the machine does meets both.
  for (let run = 0; run < runs; run++) {
    theirs.push((await timed(() => byHand(connection, file))).ms);
    ours.push((await timed(() => engine.run(query))).ms);
  }
  // The best run of each: whatever else the machine does only adds to the others.
  const ratio = Math.min(...ours) / Math.min(...theirs);
  const label = memoryLimit === undefined ? '' : `, memory limit ${memoryLimit}`;
  line(`Addigy hunt, hand-written SQL (best, median of ${runs}${label})`, both(theirs));
  line(`Addigy hunt, KQL (best, median of ${runs}${label})`, both(ours));
  line('ratio of the best', ratio.toFixed(2));
  line('rows in the answer', String(answer.rows.length));
  connection.closeSync();
  instance.closeSync();
  await engine.close();
  return ratio;
}

async function byHand(connection: DuckDBConnection, file: string): Promise<readonly (readonly unknown[])[]> {
  const reader = await connection.runAndReadAll(BY_HAND(file));
  return reader.getRows();
}

/** Device, name, URL and count of each row, in order, as one text. */
function summaryOf(rows: readonly (readonly unknown[])[]): string {
  return rows
    .map(([device, name, url, , , , count]) => [device, name, url, count].join(' '))
    .toSorted()
    .join('\n');
}

/** A process of its own, from its start until it listens, and from there to the answer of the first query. */
async function benchStart(folder: string, query: string): Promise<void> {
  const started = performance.now();
  const server = spawn(
    process.execPath,
    [
      join(import.meta.dirname, '../../kql-workspace/src/serve.ts'),
      '--events',
      folder,
      '--port',
      '0',
      '--now',
      NOW.toISOString(),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    let address: string | undefined;
    for await (const text of createInterface(server.stdout)) {
      address = /^http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0];
      if (address) break;
    }
    if (!address) throw new Error('the workspace did not start');
    line('workspace: process started until it listens', ms(performance.now() - started));
    const ask = () =>
      fetch(`${address}/v1/workspaces/local/query`, { method: 'POST', body: JSON.stringify({ query }) });
    const first = await timed(ask);
    if (first.value.status !== 200) throw new Error(await first.value.text());
    line('workspace: the hunt, asked at once over HTTP', ms(first.ms));
    const second = await timed(ask);
    line('workspace: the hunt, asked again', ms(second.ms));
  } finally {
    server.kill();
  }
}

async function bench(options: { rows: number; runs: number }): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const query = huntQuery();
    await benchParser(query);
    const file = join(folder, 'DeviceNetworkEvents.parquet');
    const { ms: generating } = await timed(() => generateEvents(file, options.rows, NOW));
    const megabytes = statSync(file).size / 1e6;
    line(`${options.rows} events as Parquet (${megabytes.toFixed(0)} MB), generated in`, ms(generating));
    await benchStart(folder, query);
    const ratio = await benchHunt(file, query, options.runs, undefined);
    const before = process.memoryUsage.rss();
    await benchHunt(file, query, 3, '64MB');
    line(
      'memory of the process, before and after the limited runs',
      `${mb(before)}, ${mb(process.memoryUsage.rss())}`,
    );
    process.exitCode = ratio <= 1.3 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function mb(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

program
  .name('bench')
  .description('Times the embedded workspace against hand-written SQL.')
  .option('--rows <number>', 'events to generate', Number, 1_000_000)
  .option('--runs <number>', 'runs of each', Number, 31)
  .action(bench);
await program.parseAsync();
