import { DuckDBInstance } from '@duckdb/node-api';
import { sqlString } from 'kql-workspace/values/sql-text.ts';

/**
 * Writes DeviceNetworkEvents in Defender's flavour as Parquet: the 30 days up to `now`, in order of time, 20,000
 * devices. About one event in 2,000 is Addigy's. Values follow from the row's number, so the file is the same each time.
 */
export async function generateEvents(file: string, rows: number, now: Date): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const end = `TIMESTAMP ${sqlString(now.toISOString().slice(0, 19).replace('T', ' '))}`;
  const pick = (salt: number, count: number): string => `(hash(i * ${salt} + ${salt}) % ${count})::BIGINT`;
  const url = `CASE
      WHEN ${pick(1, 2000)} = 0 THEN ['prod.addigy.com', 'grtmprod.addigy.com', 'agents.addigy.com', 'xprod.addigy.com.example'][1 + ${pick(2, 4)}]
      WHEN ${pick(1, 2000)} < 300 THEN NULL
      ELSE 'https://' || ['login', 'cdn', 'api', 'update', 'mail'][1 + ${pick(3, 5)}] || ${pick(4, 3000)} || '.example.com/path/' || ${pick(5, 100000)}
    END`;
  const process = `CASE
      WHEN ${pick(1, 2000)} = 0 THEN ['go-agent', 'auditor', 'lan-cache', 'mdmclient', 'launchd', 'curl'][1 + ${pick(6, 6)}]
      ELSE ['chrome.exe', 'msedge.exe', 'svchost.exe', 'Teams.exe', 'launchd', 'mdmclient', 'node', 'curl'][1 + ${pick(7, 8)}]
    END`;
  try {
    await connection.run(`COPY (
      SELECT
        ${end} - INTERVAL 30 DAY + to_microseconds(i * (30 * 86400000000 / ${rows})::BIGINT) AS "Timestamp",
        sha1(${pick(8, 20000)}::VARCHAR) AS "DeviceId",
        'host-' || ${pick(8, 20000)} || '.corp.example' AS "DeviceName",
        ['ConnectionSuccess', 'ConnectionFailed', 'DnsConnectionInspected'][1 + ${pick(9, 3)}] AS "ActionType",
        CASE WHEN ${pick(10, 200)} < 20 THEN concat_ws('.', 172, 16 + ${pick(11, 16)}, ${pick(12, 256)}, ${pick(13, 256)})
          ELSE concat_ws('.', 20 + ${pick(10, 200)}, ${pick(11, 256)}, ${pick(12, 256)}, ${pick(13, 256)}) END AS "RemoteIP",
        [443, 80, 53, 8443][1 + ${pick(14, 4)}]::INTEGER AS "RemotePort",
        ${url} AS "RemoteUrl",
        '10.0.' || ${pick(15, 256)} || '.' || ${pick(16, 256)} AS "LocalIP",
        (1024 + ${pick(17, 60000)})::INTEGER AS "LocalPort",
        'Tcp' AS "Protocol",
        sha256(${pick(18, 5000)}::VARCHAR) AS "InitiatingProcessSHA256",
        ${process} AS "InitiatingProcessFileName",
        'process --flag ' || ${pick(19, 50000)} || ' --id ' || i AS "InitiatingProcessCommandLine",
        CASE WHEN ${pick(20, 3)} = 0 THEN NULL ELSE ['', 'Microsoft Corporation', 'Google LLC'][1 + ${pick(20, 3)}] END AS "InitiatingProcessVersionInfoCompanyName",
        'user' || ${pick(21, 5000)} AS "InitiatingProcessAccountName",
        ${pick(22, 100000)} AS "InitiatingProcessId",
        (i % 100000)::BIGINT AS "ReportId",
        '{"n": ' || i || '}' AS "AdditionalFields"
      FROM range(${rows}) AS t(i)
    ) TO ${sqlString(file)} (FORMAT parquet)`);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
