import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { sqlString } from 'kql-workspace/values/sql-text.ts';
import { generateEvents } from './generate-events.ts';

const pick = (salt: number, count: number): string => `(hash(i * ${salt} + ${salt}) % ${count})::BIGINT`;
const oneOf = (salt: number, ...values: readonly string[]): string =>
  `[${values.map(sqlString).join(', ')}][1 + ${pick(salt, values.length)}]`;
const address = (salt: number): string =>
  `CASE WHEN ${pick(salt, 5)} = 0 THEN '10.' ELSE (1 + ${pick(salt + 1, 223)}) || '.' END || ${pick(salt + 2, 256)} || '.' || ${pick(salt + 3, 256)} || '.' || ${pick(salt + 4, 256)}`;

/** The tables that the pack's queries read. */
export const PACK_TABLES = ['DeviceNetworkEvents', 'Syslog', 'SigninLogs', 'DeviceInfo'] as const;

/** Writes the tables of the pack, a Parquet file each; all but DeviceInfo have as many rows as asked for. */
export async function generatePack(folder: string, rows: number, now: Date): Promise<void> {
  await generateEvents(join(folder, 'DeviceNetworkEvents.parquet'), rows, now);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await copy(connection, folder, 'Syslog', rows, syslog(rows, now));
    await copy(connection, folder, 'SigninLogs', rows, signins(rows, now));
    await copy(connection, folder, 'DeviceInfo', 20_000, devices(now));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function copy(
  connection: DuckDBConnection,
  folder: string,
  table: string,
  rows: number,
  columns: string,
): Promise<void> {
  const file = sqlString(join(folder, `${table}.parquet`));
  await connection.run(`COPY (SELECT ${columns} FROM range(${rows}) AS t(i)) TO ${file} (FORMAT parquet)`);
}

function timeOf(rows: number, now: Date): string {
  const end = `TIMESTAMP ${sqlString(now.toISOString().slice(0, 19).replace('T', ' '))}`;
  return `${end} - INTERVAL 30 DAY + to_microseconds(i * (30 * 86400000000 / ${rows})::BIGINT) AS "TimeGenerated"`;
}

/** A third are of sshd, a third are JSON, a third are pairs; one of 300 is cut off. */
function syslog(rows: number, now: Date): string {
  const sshd = `${oneOf(31, 'Failed password for invalid user ', 'Failed password for ', 'Accepted publickey for ')} || 'user' || ${pick(32, 3000)} || ' from ' || ${address(33)} || ' port ' || (1024 + ${pick(38, 60000)}) || ' ssh2: session ' || i`;
  const json = `'{"user": "user' || ${pick(39, 3000)} || '", "action": "' || ${oneOf(40, 'login', 'logout', 'read', 'write')} || '", "client": {"ip": "' || ${address(41)} || '", "agent": "agent/' || ${pick(46, 40)} || '"}, "size": ' || ${pick(47, 100000)} || ', "tags": ["t' || ${pick(48, 30)} || '", "t' || ${pick(49, 30)} || '"]}'`;
  const pairs = `'src=' || ${address(50)} || ';dst=' || ${address(55)} || ';proto=' || ${oneOf(60, 'tcp', 'udp', 'icmp')} || ';bytes=' || ${pick(61, 100000)}`;
  return `${timeOf(rows, now)},
    'srv-' || ${pick(62, 500)} AS "Computer",
    ${oneOf(63, 'auth', 'daemon', 'local0')} AS "Facility",
    ${oneOf(64, 'info', 'info', 'notice', 'warning', 'err')} AS "SeverityLevel",
    ['sshd', 'app', 'fw'][1 + i % 3] AS "ProcessName",
    ${pick(65, 30000)}::INTEGER AS "ProcessID",
    left(CASE i % 3 WHEN 0 THEN ${sshd} WHEN 1 THEN ${json} ELSE ${pairs} END,
      CASE WHEN ${pick(66, 300)} = 0 THEN 40 ELSE 1000 END) AS "SyslogMessage"`;
}

function signins(rows: number, now: Date): string {
  const policy = (salt: number): string =>
    `'{"displayName": "policy ' || ${pick(salt, 25)} || '", "result": "' || ${oneOf(salt + 1, 'success', 'failure', 'notApplied')} || '"}'`;
  return `${timeOf(rows, now)},
    'user' || ${pick(71, 8000)} || '@corp.example' AS "UserPrincipalName",
    ${oneOf(72, 'Office 365', 'Azure Portal', 'Teams', 'Exchange')} AS "AppDisplayName",
    ${address(73)} AS "IPAddress",
    ${oneOf(78, '0', '0', '0', '50126', '50053', '50074')} AS "ResultType",
    'Mozilla/5.0 (' || ${oneOf(79, 'Windows NT 10.0', 'Macintosh', 'X11; Linux')} || ') Browser/' || ${pick(80, 130)} AS "UserAgent",
    '{"city": "city ' || ${pick(81, 400)} || '", "countryOrRegion": "' || ${oneOf(82, 'DE', 'US', 'FR', 'NL', 'IN', 'BR')} || '", "geoCoordinates": {"latitude": ' || (${pick(83, 180)} - 90) || '.5, "longitude": ' || (${pick(84, 360)} - 180) || '.25}}' AS "LocationDetails",
    '{"deviceId": "' || ${pick(85, 9000)} || '", "operatingSystem": "' || ${oneOf(86, 'Windows 11', 'MacOs', 'Ios 18', 'Linux')} || '", "isManaged": ' || ${oneOf(87, 'true', 'false')} || '}' AS "DeviceDetail",
    '[' || ${policy(88)} || ', ' || ${policy(90)} || ', ' || ${policy(92)} || ']' AS "ConditionalAccessPolicies"`;
}

function devices(now: Date): string {
  return `${timeOf(20_000, now)},
    sha1(i::VARCHAR) AS "DeviceId",
    'host-' || i || '.corp.example' AS "DeviceName",
    ${oneOf(95, 'Windows11', 'Windows10', 'macOS', 'Linux')} AS "OSPlatform",
    ${address(96)} AS "PublicIP"`;
}
