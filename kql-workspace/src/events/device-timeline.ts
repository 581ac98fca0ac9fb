import type { DuckDBConnection } from '@duckdb/node-api';
import { sqlString } from '../values/sql-text.ts';
import { freshName, type Opened, type RawTable } from './raw-table.ts';

/** The column by which the export of a device's timeline in Defender's portal is known; no table has it. */
export const TIMELINE_COLUMN = 'Event Time';

/** What the timeline calls the columns of the tables, where it isn't the same name with spaces. */
export const TIMELINE_NAMES: Readonly<Record<string, string>> = {
  eventtime: 'Timestamp',
  machineid: 'DeviceId',
  computername: 'DeviceName',
};

/** The tables whose events a timeline mixes, by kind of event; every other kind is one of DeviceEvents. */
const TABLES: readonly (readonly [actionType: string, table: string])[] = [
  [
    'Connection.*|InboundConnection.*|InboundInternet.*|ListeningConnection.*|NetworkSignature.*|.*ConnectionInspected|DnsQueryResponse',
    'DeviceNetworkEvents',
  ],
  ['ProcessCreated.*', 'DeviceProcessEvents'],
  ['File(Created|Modified|Deleted|Renamed).*', 'DeviceFileEvents'],
  ['ImageLoaded|LoadImage.*', 'DeviceImageLoadEvents'],
  ['Registry.*', 'DeviceRegistryEvents'],
  ['Logon.*', 'DeviceLogonEvents'],
];

/** A timeline holds events of every kind: its rows go to the table that each belongs to. */
export async function splitTimeline(connection: DuckDBConnection, all: RawTable): Promise<Opened> {
  const kind = all.columns.find(({ name }) => name.replaceAll(' ', '').toLowerCase() === 'actiontype');
  if (!kind) return { tables: [all], unread: ["is a device's timeline without the column Action Type"] };
  const cases = TABLES.map(
    ([pattern, table]) =>
      `WHEN regexp_full_match(${kind.sql}, ${sqlString(pattern)}, 'i') THEN ${sqlString(table)}`,
  );
  const found = await connection.runAndReadAll(
    `SELECT DISTINCT CASE ${cases.join(' ')} ELSE 'DeviceEvents' END FROM ${all.from} ORDER BY 1`,
  );
  const tables: RawTable[] = [];
  for (const [name] of found.getRows()) {
    const says = String(name);
    const from = freshName('raw');
    await connection.run(
      `CREATE TABLE ${from} AS SELECT * FROM ${all.from} WHERE CASE ${cases.join(' ')} ELSE 'DeviceEvents' END = ${sqlString(says)}`,
    );
    tables.push({ from, columns: all.columns, says });
  }
  await connection.run(`DROP TABLE ${all.from}`);
  return { tables, unread: [] };
}
