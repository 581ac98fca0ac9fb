import type { BenchQuery } from './bench-query.ts';

const OCTET = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';

/** Queries that take texts apart: patterns, JSON, lists, addresses. */
export const queriesOnText: readonly BenchQuery[] = [
  {
    name: 'has_any',
    kql: `DeviceNetworkEvents
      | where RemoteUrl has_any ("login17.example.com", "cdn99.example.com", "addigy")
      | summarize Events = count() by DeviceName`,
    sql: `SELECT DeviceName, count(*) FROM DeviceNetworkEvents
      WHERE regexp_matches(RemoteUrl, '(?i)(?:^|[^\\pL\\pN])(?:login17\\.example\\.com|cdn99\\.example\\.com|addigy)(?:$|[^\\pL\\pN])')
      GROUP BY ALL`,
  },
  {
    name: 'matches regex',
    kql: `DeviceNetworkEvents
      | where RemoteUrl matches regex @"^https://(login|api)\\d{2,3}\\.example\\.com/path/\\d+5$"
      | summarize Events = count() by InitiatingProcessFileName`,
    sql: `SELECT InitiatingProcessFileName, count(*) FROM DeviceNetworkEvents
      WHERE regexp_matches(RemoteUrl, '^https://(login|api)\\d{2,3}\\.example\\.com/path/\\d+5$')
      GROUP BY ALL`,
  },
  {
    name: 'matches regex, words and any case',
    kql: `DeviceNetworkEvents
      | where InitiatingProcessCommandLine matches regex @"(?i)\\bFLAG\\s+[1-4]\\d{3}\\b"
      | summarize Events = count() by InitiatingProcessFileName`,
    sql: `SELECT InitiatingProcessFileName, count(*) FROM DeviceNetworkEvents
      WHERE regexp_matches(InitiatingProcessCommandLine, '(?i)\\bFLAG\\s+[1-4]\\d{3}\\b')
      GROUP BY ALL`,
  },
  {
    name: 'extract',
    kql: `DeviceNetworkEvents
      | extend Flag = extract(@"--flag (\\d+)", 1, InitiatingProcessCommandLine)
      | summarize Events = count() by Flag`,
    sql: `SELECT regexp_extract(InitiatingProcessCommandLine, '--flag (\\d+)', 1) AS flag, count(*)
      FROM DeviceNetworkEvents GROUP BY ALL`,
  },
  {
    name: 'parse, with a number',
    kql: `Syslog
      | where ProcessName == "sshd" and SyslogMessage startswith "Failed"
      | parse SyslogMessage with * "for " User " from " Source " port " Port:int " ssh2" *
      | where isnotempty(User)
      | summarize Attempts = count(), Ports = max(Port) by User`,
    sql: `SELECT p.u, count(*), max(p.port::INTEGER) FROM (
        SELECT regexp_extract(SyslogMessage, 'for (.*?) from (.*?) port (\\d+) ssh2', ['u', 'source', 'port']) AS p
        FROM Syslog WHERE ProcessName = 'sshd' AND starts_with(SyslogMessage, 'Failed'))
      WHERE p.port <> '' GROUP BY ALL`,
  },
  {
    name: 'parse, texts alone',
    kql: `Syslog
      | where ProcessName == "fw"
      | parse SyslogMessage with "src=" Source ";dst=" Target ";proto=" Protocol ";" *
      | where isnotempty(Protocol)
      | summarize Sources = dcount(Source) by Protocol`,
    sql: `SELECT p.protocol, count(DISTINCT p.source) FROM (
        SELECT regexp_extract(SyslogMessage, '^src=(.*?);dst=(.*?);proto=(.*?);', ['source', 'target', 'protocol']) AS p
        FROM Syslog WHERE ProcessName = 'fw')
      WHERE p.protocol <> '' GROUP BY ALL`,
  },
  {
    name: 'tostring(parse_json())',
    kql: `Syslog
      | where ProcessName == "app"
      | extend Data = parse_json(SyslogMessage)
      | extend User = tostring(Data.user), Source = tostring(Data.client.ip), Size = tolong(Data.size)
      | where isnotempty(User)
      | summarize Bytes = sum(Size), Sources = dcount(Source) by User`,
    sql: `SELECT d->>'$.user' AS u, sum((d->>'$.size')::BIGINT), count(DISTINCT coalesce(d->>'$.client.ip', '')) FROM (
        SELECT CASE WHEN json_valid(SyslogMessage) THEN SyslogMessage END AS d FROM Syslog WHERE ProcessName = 'app')
      WHERE d->>'$.user' <> '' GROUP BY ALL`,
  },
  {
    name: 'members of a dynamic column',
    kql: `SigninLogs
      | where ResultType != "0"
      | extend Country = tostring(LocationDetails.countryOrRegion), System = tostring(DeviceDetail.operatingSystem)
      | summarize Failures = count(), Users = dcount(UserPrincipalName) by Country, System`,
    sql: `SELECT LocationDetails->>'$.countryOrRegion' AS country, DeviceDetail->>'$.operatingSystem' AS os,
        count(*), count(DISTINCT UserPrincipalName)
      FROM SigninLogs WHERE ResultType <> '0' GROUP BY ALL`,
  },
  {
    name: 'mv-expand of an array in a column',
    kql: `SigninLogs
      | where ResultType == "50126"
      | mv-expand Policy = ConditionalAccessPolicies
      | where Policy.result == "failure"
      | summarize Failures = count() by Policy = tostring(Policy.displayName)`,
    sql: `SELECT p->>'$.displayName' AS policy, count(*) FROM (
        SELECT unnest(from_json(ConditionalAccessPolicies, '["JSON"]')) AS p FROM SigninLogs WHERE ResultType = '50126')
      WHERE p->>'$.result' = 'failure' GROUP BY ALL`,
  },
  {
    name: 'mv-expand of split',
    kql: `Syslog
      | where ProcessName == "fw"
      | mv-expand Pair = split(SyslogMessage, ";")
      | extend Name = tostring(split(tostring(Pair), "=")[0]), Value = tostring(split(tostring(Pair), "=")[1])
      | where Name == "dst"
      | summarize Events = count() by Value
      | where Events > 1`,
    sql: `SELECT split_part(pair, '=', 2) AS v, count(*) FROM (
        SELECT unnest(string_split(SyslogMessage, ';')) AS pair FROM Syslog WHERE ProcessName = 'fw')
      WHERE split_part(pair, '=', 1) = 'dst' GROUP BY ALL HAVING count(*) > 1`,
  },
  {
    name: 'split, one of its parts',
    kql: `DeviceNetworkEvents
      | extend Host = tostring(split(RemoteUrl, "/")[2])
      | summarize Devices = dcount(DeviceId) by Host
      | where Devices > 60`,
    sql: `SELECT split_part(coalesce(RemoteUrl, ''), '/', 3) AS host, count(DISTINCT DeviceId) AS n
      FROM DeviceNetworkEvents GROUP BY ALL HAVING n > 60`,
  },
  {
    name: 'ipv4_is_in_range',
    kql: `DeviceNetworkEvents
      | where ipv4_is_in_range(RemoteIP, "172.16.0.0/13")
      | summarize Events = count() by DeviceName`,
    sql: `SELECT DeviceName, count(*) FROM DeviceNetworkEvents
      WHERE regexp_full_match(RemoteIP, '172\\.(1[6-9]|2[0-3])\\.${OCTET}\\.${OCTET}') GROUP BY ALL`,
  },
  {
    name: 'ipv4_is_private',
    kql: `SigninLogs
      | where not(ipv4_is_private(IPAddress))
      | summarize Addresses = dcount(IPAddress) by UserPrincipalName`,
    sql: `SELECT UserPrincipalName, count(DISTINCT IPAddress) FROM SigninLogs
      WHERE NOT regexp_matches(IPAddress, '^(10\\.|192\\.168\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.)')
        AND regexp_full_match(IPAddress, '${OCTET}\\.${OCTET}\\.${OCTET}\\.${OCTET}')
      GROUP BY ALL`,
  },
];
