import { z } from 'zod';
import type { Finding, FindingKind } from '../hunting/finding.ts';
import { parseTechnique, tacticName } from './attack.ts';
import type { FindingsMessage } from './kinds/findings-message.ts';

/** The published version of the schema that is spoken here. */
export const OCSF_VERSION = '1.8.0';

type Json = Record<string, unknown>;

/**
 * Informational: a first run's inventory. Low: known for long, only no longer hidden. Medium: new.
 * The hunts' format carries no severity; a receiver that knows better maps `unmapped.kind` itself.
 */
const severities = {
  informational: { severity_id: 1, severity: 'Informational' },
  low: { severity_id: 2, severity: 'Low' },
  medium: { severity_id: 3, severity: 'Medium' },
} as const;

const kindTitles: Record<FindingKind, string> = {
  'new-device': 'New device',
  'new-activity': 'New activity on a known device',
  returned: 'Returned after a long absence',
  unhidden: 'No longer hidden by an exclusion',
};

/**
 * One finding as an OCSF Detection Finding (class 2004), from github.com/ocsf/ocsf-schema at 1.8.0.
 *
 * `finding_info.uid` is stable: the same finding sent again carries the same. What OCSF has no field for is in `unmapped`, the query's row in `evidences[0].data`.
 * Typed fields (IP, port, process id) are filled only with what is of that type; the row has the rest.
 */
export function ocsfFinding(finding: Finding, message: FindingsMessage): Json {
  const { hunt, run, workspace } = message;
  const device = deviceOf(finding);
  const title = `${kindTitles[finding.kind]}: ${hunt.name}`;
  return {
    category_uid: 2,
    category_name: 'Findings',
    class_uid: 2004,
    class_name: 'Detection Finding',
    activity_id: 1,
    activity_name: 'Create',
    type_uid: 200401,
    type_name: 'Detection Finding: Create',
    ...severityOf(finding, message),
    status_id: 1,
    status: 'New',
    is_alert: message.kind === 'findings',
    time: Date.parse(message.createdAt),
    start_time: Date.parse(finding.firstSeen),
    end_time: Date.parse(finding.lastSeen),
    ...(finding.count !== undefined && { count: Math.round(finding.count) }),
    message: title,
    metadata: {
      version: OCSF_VERSION,
      product: { name: 'Sentinel Threat Hunter', vendor_name: 'Sentinel Threat Hunter' },
      uid: finding.id,
      correlation_uid: run.id,
    },
    finding_info: {
      uid: finding.id,
      title,
      desc: hunt.description,
      created_time: Date.parse(message.createdAt),
      first_seen_time: Date.parse(finding.firstSeen),
      last_seen_time: Date.parse(finding.lastSeen),
      types: [finding.kind],
      ...(run.queryUrl !== undefined && { src_url: run.queryUrl }),
      analytic: { type_id: 1, type: 'Rule', uid: hunt.id, name: hunt.name },
      attacks: attacksOf(hunt),
    },
    ...(device && { device }),
    evidences: [evidenceOf(finding)],
    observables: observablesOf(finding),
    unmapped: {
      kind: finding.kind,
      identity: finding.identity,
      workspace,
      ...(finding.previouslySeen !== undefined && {
        previously_seen_time: Date.parse(finding.previouslySeen),
      }),
    },
  };
}

function severityOf(finding: Finding, message: FindingsMessage) {
  if (message.kind === 'baseline') return severities.informational;
  return finding.kind === 'unhidden' ? severities.low : severities.medium;
}

/** One tactic: it is every technique's. Several: the hunt's format does not say which technique serves which, so they stand apart. */
function attacksOf(hunt: FindingsMessage['hunt']): Json[] {
  const tactics = hunt.tactics.map((tactic) => ({ tactic: { name: tacticName(tactic) } }));
  const techniques = hunt.techniques.flatMap((id): Json[] => {
    const parsed = parseTechnique(id);
    if (!parsed) return [];
    if (parsed.subTechnique === undefined) return [{ technique: { uid: id, src_url: parsed.url } }];
    return [
      {
        technique: { uid: parsed.technique },
        sub_technique: { uid: parsed.subTechnique, src_url: parsed.url },
      },
    ];
  });
  const [tactic, ...otherTactics] = tactics;
  if (tactic === undefined || otherTactics.length > 0 || techniques.length === 0) {
    return [...tactics, ...techniques];
  }
  return techniques.map((technique) => ({ ...tactic, ...technique }));
}

/** `type_id` 0: a hunt's row does not say what kind of machine it is. */
function deviceOf({ device }: Finding): Json | undefined {
  if (!device?.id && !device?.name) return undefined;
  return {
    type_id: 0,
    type: 'Unknown',
    ...(device.id && { uid: device.id }),
    ...(device.name && { hostname: device.name, name: device.name }),
  };
}

const cellText = z.string().min(1);
const ipAddress = z.union([z.ipv4(), z.ipv6()]);
const port = z.int().min(0).max(65_535);
const processId = z.int().nonnegative();

function evidenceOf(finding: Finding): Json {
  const { row } = finding;
  const url = cellText.safeParse(row.RemoteUrl).data;
  const ip = ipAddress.safeParse(row.RemoteIP).data;
  const remotePort = port.safeParse(row.RemotePort).data;
  return {
    data: row,
    ...(url !== undefined && { url: { url_string: url } }),
    ...(ip !== undefined && { dst_endpoint: { ip, ...(remotePort !== undefined && { port: remotePort }) } }),
    ...processOf(row),
    ...userOf(row),
  };
}

/** OCSF wants a process to have an id: a name alone is an observable. */
function processOf(row: Finding['row']): Json {
  const pid = processId.safeParse(row.InitiatingProcessId).data;
  if (pid === undefined) return {};
  const name = cellText.safeParse(row.InitiatingProcessFileName).data;
  const commandLine = cellText.safeParse(row.InitiatingProcessCommandLine).data;
  return {
    process: {
      pid,
      ...(name !== undefined && { name }),
      ...(commandLine !== undefined && { cmd_line: commandLine }),
    },
  };
}

function userOf(row: Finding['row']): Json {
  const name =
    cellText.safeParse(row.AccountName).data ?? cellText.safeParse(row.InitiatingProcessAccountName).data;
  return name === undefined ? {} : { user: { name } };
}

/** OCSF's observable types, by the column they are read from. */
const observableColumns: Record<string, { type_id: number; type: string }> = {
  DeviceName: { type_id: 1, type: 'Hostname' },
  Computer: { type_id: 1, type: 'Hostname' },
  RemoteIP: { type_id: 2, type: 'IP Address' },
  AccountName: { type_id: 4, type: 'User Name' },
  InitiatingProcessAccountName: { type_id: 4, type: 'User Name' },
  RemoteUrl: { type_id: 6, type: 'URL String' },
  SHA256: { type_id: 8, type: 'Hash' },
  InitiatingProcessSHA256: { type_id: 8, type: 'Hash' },
  InitiatingProcessFileName: { type_id: 9, type: 'Process Name' },
  DeviceId: { type_id: 10, type: 'Resource UID' },
};

function observablesOf({ row }: Finding): Json[] {
  return Object.entries(observableColumns).flatMap(([column, type]) => {
    const value = cellText.safeParse(row[column]).data;
    if (value === undefined || (type.type_id === 2 && !ipAddress.safeParse(value).success)) return [];
    return [{ name: `evidences[0].data.${column}`, ...type, value }];
  });
}
