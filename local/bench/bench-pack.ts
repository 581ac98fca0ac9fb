import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { sqlString } from 'kql-workspace/values/sql-text.ts';
import { dateToTicks } from 'kql-workspace/values/time-text.ts';
import { openEngine, type QueryEngine } from 'kql-workspace/workspace.ts';
import type { BenchQuery } from './bench-query.ts';
import { PACK_TABLES } from './generate-pack.ts';
import { queryPack } from './query-pack.ts';
import { difference, linesOfAnswer, linesOfRows } from './same-answer.ts';
import { timeInTurns } from './time-in-turns.ts';

/** What one query of the pack takes. */
export interface PackTiming {
  readonly name: string;
  readonly rows: number;
  /** The best runs, in ms. */
  readonly kql: number;
  readonly sql: number;
  readonly ratio: number;
  /** The two answers are not the same: where they part. */
  readonly wrong?: string;
}

/** Runs of one query end after this, in ms. */
const LIMIT = 6_000;

/** Times the queries of the pack over the files in `folder`, or those whose name has one of `only`; all in one run. */
export async function benchPack(
  folder: string,
  { now, runs, only = [] }: { now: Date; runs: number; only?: readonly string[] },
): Promise<readonly PackTiming[]> {
  const files = PACK_TABLES.map((table) => [table, join(folder, `${table}.parquet`)] as const);
  const engine = await openEngine(new Map(files.map(([table, file]) => [table, [file]])), () =>
    dateToTicks(now),
  );
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    for (const [table, file] of files)
      await connection.run(`CREATE VIEW ${table} AS SELECT * FROM read_parquet(${sqlString(file)})`);
    const chosen = queryPack.filter(
      ({ name }) => only.length === 0 || only.some((part) => name.includes(part)),
    );
    const timings: PackTiming[] = [];
    for (const query of chosen) timings.push(await timeQuery(query, engine, connection, runs));
    return timings;
  } finally {
    connection.closeSync();
    instance.closeSync();
    await engine.close();
  }
}

async function timeQuery(
  { name, kql, sql }: BenchQuery,
  engine: QueryEngine,
  connection: DuckDBConnection,
  runs: number,
): Promise<PackTiming> {
  const theirs = async () => (await connection.runAndReadAll(sql)).getRows();
  const ours = () => engine.run(kql);
  const answer = await ours();
  const wrong = difference(linesOfAnswer(answer), linesOfRows(await theirs()));
  const { ours: a, theirs: b, ratio } = await timeInTurns(ours, theirs, runs, LIMIT);
  return {
    name,
    rows: answer.rows.length,
    kql: Math.min(...a),
    sql: Math.min(...b),
    ratio,
    ...(wrong !== undefined && { wrong }),
  };
}
