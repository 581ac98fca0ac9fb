import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { dateToTicks } from 'kql-workspace/values/time-text.ts';
import { openEngine } from 'kql-workspace/workspace.ts';
import { GOAL, type Measure } from './measure.ts';
import { difference, linesOfAnswer, linesOfRows } from './same-answer.ts';
import { timeInTurns } from './time-in-turns.ts';

/** The hunt in SQL, as directly as DuckDB allows: one pass, the time as the file has it, one pattern per column. */
const BY_HAND = (file: string): string => `
  SELECT DeviceId, DeviceName, RemoteUrl, min(Timestamp), max(Timestamp), list(DISTINCT ReportId ORDER BY ReportId), count(*)
  FROM read_parquet('${file}')
  WHERE Timestamp BETWEEN TIMESTAMP '2025-06-25 12:00:00' AND TIMESTAMP '2025-06-30 12:00:00'
    AND regexp_matches(RemoteUrl, '(?i)(?:^|[^\\pL\\pN])(?:prod\\.addigy\\.com|grtmprod\\.addigy\\.com|agents\\.addigy\\.com)(?:$|[^\\pL\\pN])')
    AND regexp_matches(InitiatingProcessFileName, '(?i)(?:^|[^\\pL\\pN])(?:go-agent|auditor|collector|xpcproxy|lan-cache|mdmclient|launchd)(?:$|[^\\pL\\pN])')
    AND coalesce(InitiatingProcessVersionInfoCompanyName, '') = ''
  GROUP BY DeviceId, DeviceName, RemoteUrl`;

export interface AddigyOptions {
  readonly now: Date;
  readonly runs: number;
  readonly memoryLimit?: string;
}

/** The Addigy hunt over Parquet against the best SQL that we could write for the same answer, both in this run. */
export async function benchAddigy(
  file: string,
  query: string,
  { now, runs, memoryLimit }: AddigyOptions,
): Promise<readonly Measure[]> {
  const engine = await openEngine(
    new Map([['DeviceNetworkEvents', [file]]]),
    () => dateToTicks(now),
    memoryLimit === undefined ? {} : { memoryLimit },
  );
  const instance = await DuckDBInstance.create(
    ':memory:',
    memoryLimit === undefined ? {} : { memory_limit: memoryLimit },
  );
  const connection = await instance.connect();
  try {
    const answer = await engine.run(query);
    const names = ['DeviceId', 'DeviceName', 'RemoteUrl'];
    const known = answer.columns.flatMap(({ name }, index) =>
      names.includes(name) || /count/i.test(name) ? [index] : [],
    );
    const ours = {
      ...answer,
      columns: known.flatMap((index) => answer.columns[index] ?? []),
      rows: answer.rows.map((row) => known.map((index) => row[index] ?? null)),
    };
    const theirs = (await byHand(connection, file)).map(([device, name, url, , , , count]) => [
      device,
      name,
      url,
      count,
    ]);
    const wrong = difference(linesOfAnswer(ours), linesOfRows(theirs));
    if (wrong !== undefined) throw new Error(`Addigy hunt: the two answers differ: ${wrong}`);
    const turns = await timeInTurns(
      () => engine.run(query),
      () => byHand(connection, file),
      runs,
    );
    const what = `Addigy hunt${memoryLimit === undefined ? '' : `, memory limit ${memoryLimit}`}`;
    return [
      { what: `${what}: hand-written SQL, best of ${runs}`, value: Math.min(...turns.theirs), unit: 'ms' },
      { what: `${what}: KQL, best of ${runs}`, value: Math.min(...turns.ours), unit: 'ms' },
      { what: `${what}: ratio of the best`, value: turns.ratio, unit: 'times', most: GOAL.median },
      { what: `${what}: rows in the answer`, value: answer.rows.length, unit: 'rows' },
    ];
  } finally {
    connection.closeSync();
    instance.closeSync();
    await engine.close();
  }
}

async function byHand(connection: DuckDBConnection, file: string): Promise<readonly (readonly unknown[])[]> {
  const reader = await connection.runAndReadAll(BY_HAND(file));
  return reader.getRows();
}
