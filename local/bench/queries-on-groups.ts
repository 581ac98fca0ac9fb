import type { BenchQuery } from './bench-query.ts';

const HOUR = 'time_bucket(INTERVAL 1 HOUR, "Timestamp")';

/** Queries that group, join, sort and count. */
export const queriesOnGroups: readonly BenchQuery[] = [
  {
    name: 'a timeline by bin',
    kql: `DeviceNetworkEvents
      | where TimeGenerated > ago(14d)
      | summarize Events = count() by bin(TimeGenerated, 1h), ActionType`,
    sql: `SELECT ${HOUR} AS t, ActionType, count(*) FROM DeviceNetworkEvents
      WHERE "Timestamp" > TIMESTAMP '2025-06-16 12:00:00' GROUP BY ALL`,
  },
  {
    name: 'countif',
    kql: `DeviceNetworkEvents
      | summarize Failed = countif(ActionType == "ConnectionFailed"), Web = countif(RemotePort in (80, 443)), All = count() by DeviceName
      | where Failed > 20`,
    sql: `SELECT DeviceName, count(*) FILTER (ActionType = 'ConnectionFailed') AS failed,
        count(*) FILTER (RemotePort IN (80, 443)), count(*)
      FROM DeviceNetworkEvents GROUP BY ALL HAVING failed > 20`,
  },
  {
    name: 'arg_max',
    kql: `DeviceNetworkEvents
      | summarize arg_max(TimeGenerated, RemoteIP, RemotePort) by DeviceId`,
    sql: `SELECT DeviceId, max("Timestamp"), arg_max(RemoteIP, "Timestamp"), arg_max(RemotePort, "Timestamp")
      FROM DeviceNetworkEvents GROUP BY ALL`,
  },
  {
    name: 'make_set',
    kql: `DeviceNetworkEvents
      | summarize Ports = make_set(RemotePort), Processes = make_set(InitiatingProcessFileName) by DeviceName`,
    sql: `SELECT DeviceName, list_sort(list(DISTINCT RemotePort)), list_sort(list(DISTINCT InitiatingProcessFileName))
      FROM DeviceNetworkEvents GROUP BY ALL`,
  },
  {
    name: 'dcount',
    kql: `DeviceNetworkEvents
      | summarize Devices = dcount(DeviceId), Addresses = dcount(RemoteIP) by InitiatingProcessFileName`,
    sql: `SELECT InitiatingProcessFileName, count(DISTINCT DeviceId), count(DISTINCT RemoteIP)
      FROM DeviceNetworkEvents GROUP BY ALL`,
  },
  {
    name: 'percentiles',
    kql: `DeviceNetworkEvents
      | summarize percentiles(LocalPort, 50, 95, 99) by InitiatingProcessFileName`,
    sql: `SELECT InitiatingProcessFileName, quantile_disc(LocalPort, 0.5), quantile_disc(LocalPort, 0.95), quantile_disc(LocalPort, 0.99)
      FROM DeviceNetworkEvents GROUP BY ALL`,
  },
  {
    name: 'join, inner',
    kql: `DeviceNetworkEvents
      | where ActionType == "ConnectionFailed"
      | join kind=inner (DeviceInfo | where OSPlatform == "macOS") on DeviceId
      | summarize Failed = count() by DeviceName, OSPlatform`,
    sql: `SELECT e.DeviceName, d.OSPlatform, count(*)
      FROM DeviceNetworkEvents AS e JOIN DeviceInfo AS d USING (DeviceId)
      WHERE e.ActionType = 'ConnectionFailed' AND d.OSPlatform = 'macOS' GROUP BY ALL`,
  },
  {
    name: 'join, what is new (leftanti)',
    kql: `let known = DeviceNetworkEvents | where TimeGenerated < ago(7d) | distinct DeviceName, InitiatingProcessFileName;
      DeviceNetworkEvents
      | where TimeGenerated >= ago(7d)
      | join kind=leftanti known on DeviceName, InitiatingProcessFileName
      | summarize First = min(TimeGenerated) by DeviceName, InitiatingProcessFileName`,
    sql: `SELECT DeviceName, InitiatingProcessFileName, min("Timestamp")
      FROM DeviceNetworkEvents AS e
      ANTI JOIN (SELECT DISTINCT DeviceName, InitiatingProcessFileName FROM DeviceNetworkEvents WHERE "Timestamp" < TIMESTAMP '2025-06-23 12:00:00') AS known
        USING (DeviceName, InitiatingProcessFileName)
      WHERE "Timestamp" >= TIMESTAMP '2025-06-23 12:00:00' GROUP BY ALL`,
  },
  {
    name: 'lookup',
    kql: `SigninLogs
      | lookup kind=leftouter (DeviceInfo | summarize Device = max(DeviceName) by PublicIP | project IPAddress = PublicIP, Device) on IPAddress
      | summarize Signins = count(), Known = countif(isnotempty(Device)) by AppDisplayName`,
    sql: `SELECT AppDisplayName, count(*), count(Device) FROM SigninLogs
      LEFT JOIN (SELECT PublicIP AS IPAddress, max(DeviceName) AS Device FROM DeviceInfo GROUP BY ALL) USING (IPAddress) GROUP BY ALL`,
  },
  {
    name: 'let with materialize, used twice',
    kql: `let failed = materialize(SigninLogs | where ResultType != "0" | summarize Failures = count() by UserPrincipalName, IPAddress);
      failed
      | join kind=inner (failed | summarize Addresses = count() by UserPrincipalName) on UserPrincipalName
      | where Failures > 1
      | project UserPrincipalName, IPAddress, Failures, Addresses`,
    sql: `WITH failed AS MATERIALIZED (
        SELECT UserPrincipalName, IPAddress, count(*) AS n FROM SigninLogs WHERE ResultType <> '0' GROUP BY ALL)
      SELECT UserPrincipalName, IPAddress, n, addresses FROM failed
      JOIN (SELECT UserPrincipalName, count(*) AS addresses FROM failed GROUP BY ALL) USING (UserPrincipalName) WHERE n > 1`,
  },
  {
    name: 'union',
    kql: `union withsource = Source DeviceNetworkEvents, Syslog, SigninLogs
      | summarize Events = count() by Source, bin(TimeGenerated, 1d)`,
    sql: `SELECT source, time_bucket(INTERVAL 1 DAY, t) AS day, count(*) FROM (
        SELECT 'DeviceNetworkEvents' AS source, "Timestamp" AS t FROM DeviceNetworkEvents
        UNION ALL SELECT 'Syslog', TimeGenerated FROM Syslog
        UNION ALL SELECT 'SigninLogs', TimeGenerated FROM SigninLogs) GROUP BY ALL`,
  },
  {
    name: 'distinct and top',
    kql: `DeviceNetworkEvents
      | where RemotePort == 8443
      | distinct DeviceName, RemoteIP
      | summarize Addresses = count() by DeviceName
      | top 20 by strcat(tostring(1000 + Addresses), DeviceName)`,
    sql: `FROM (SELECT DeviceName, count(*) AS n FROM (SELECT DISTINCT DeviceName, RemoteIP FROM DeviceNetworkEvents WHERE RemotePort = 8443)
      GROUP BY ALL) ORDER BY (1000 + n)::VARCHAR || DeviceName DESC LIMIT 20`,
  },
];
