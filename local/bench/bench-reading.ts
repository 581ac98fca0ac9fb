import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Measure } from './measure.ts';
import { identityColumns, resultBody } from './sample-result.ts';
import { NOW } from './sample-run.ts';
import { serveResults } from './serve-results.ts';

const ROWS = 100_000;
const TURNS = 15;

/** What reading a result costs beside the least that it can: `fetch` and `JSON.parse`, in turns in one process. */
export async function benchReading(): Promise<readonly Measure[]> {
  const server = await serveResults({ warm: resultBody(500, NOW), full: resultBody(ROWS, NOW) });
  try {
    const read = (ways: string, turns: number) =>
      child(
        'read-result.ts',
        ['--expose-gc'],
        [ways, server.url, String(turns)],
        z.record(z.string(), z.number()),
      );
    const { fetch: least = Number.NaN, ours = Number.NaN } = await read('fetch,ours', TURNS);
    const { sdk = Number.NaN } = await read('sdk', 1);
    return [
      {
        what: `reading ${ROWS} rows: CPU ÷ fetch and JSON.parse`,
        value: ours / least,
        unit: 'times',
        most: 1.5,
      },
      { what: 'the same through the SDK alone', value: sdk / least, unit: 'times' },
    ];
  } finally {
    server.close();
  }
}

const planned = z.object({
  outcome: z.string(),
  sightings: z.number(),
  findings: z.number(),
  rssMb: z.number(),
});

/** Instances of Azure: rows that fit, the heap that V8 allows itself there, and what is left of the memory for Node beside the host. */
const instances = [
  { rows: 150_000, instanceMb: 512, heapMb: 256, mostMb: 480, kinds: ['known'] },
  { rows: 500_000, instanceMb: 2_048, heapMb: 1_024, mostMb: 1_536, kinds: ['known', 'new'] },
] as const;

/** Whether large results fit: a process with a real limit reads them with exclusions and without, and plans the run. */
export async function benchMemory(): Promise<readonly Measure[]> {
  const measures: Measure[] = [];
  for (const { rows, instanceMb, heapMb, mostMb, kinds } of instances) {
    const server = await serveResults({
      full: resultBody(rows, NOW),
      identities: resultBody(Math.floor(rows * 1.05), NOW, identityColumns),
      coverage: coverageBody(rows),
    });
    try {
      for (const kind of kinds) {
        const what = `${rows} rows, all ${kind}, heap of ${heapMb} MB: memory of ${instanceMb} MB`;
        const { sightings, outcome, rssMb } = await child(
          'plan-result.ts',
          [`--max-old-space-size=${heapMb}`],
          [kind, server.url],
          planned,
        ).catch(() => ({ sightings: 0, outcome: 'died', rssMb: Number.POSITIVE_INFINITY }));
        if (outcome !== 'died' && (sightings !== rows || outcome !== 'complete'))
          throw new Error(`${what}: the run was ${outcome}, with ${sightings} sightings`);
        measures.push({ what, value: rssMb, unit: 'MB', most: mostMb });
      }
    } finally {
      server.close();
    }
  }
  return measures;
}

function coverageBody(rows: number): string {
  const columns = [
    { name: 'Rows', type: 'long' },
    { name: 'Newest', type: 'datetime' },
  ];
  return JSON.stringify({ tables: [{ name: 'PrimaryResult', columns, rows: [[rows, NOW.toISOString()]] }] });
}

async function child<T>(file: string, flags: string[], args: string[], shape: z.ZodType<T>): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...flags,
    join(import.meta.dirname, file),
    ...args,
  ]);
  return shape.parse(JSON.parse(stdout));
}
