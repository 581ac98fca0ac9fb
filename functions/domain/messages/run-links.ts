import { kql } from '../kql/kql.ts';
import { type PortalPlace, queryLink } from './query-link.ts';

/** Where the portal has the workspace of a hunt, and that of the hunter's own telemetry; each where it is known. */
export interface PortalPlaces {
  workspace?: PortalPlace | undefined;
  telemetry?: PortalPlace | undefined;
}

/** Pages of the portal that a card can open. No page of this app is among them: its functions need a key, and a key has no place in a chat. */
export interface RunLinks {
  /** The run's query, in the hunt's workspace. */
  queryUrl?: string;
  /** The run, and the delivery of its messages, in the telemetry. */
  runUrl?: string;
  /** Why: all that was ever told of the devices of this run, in the telemetry. */
  historyUrl?: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Application Insights keeps 90 days unless told otherwise. */
const HISTORY_MS = 90 * DAY_MS;

/** Pure: the links of a run's messages. */
export function runLinks(
  { workspace, telemetry }: PortalPlaces,
  run: { runId: string; query: string; window: { timespan: { from: Date; to: Date }; to: Date } },
): RunLinks {
  const { to } = run.window;
  const since = (ms: number) => ({
    to,
    timespan: { from: new Date(to.getTime() - ms), to: new Date(to.getTime() + HISTORY_MS) },
  });
  return defined({
    queryUrl: workspace && queryLink(workspace, run.query, run.window),
    runUrl: telemetry && queryLink(telemetry, runQuery(run.runId), since(DAY_MS)),
    historyUrl: telemetry && queryLink(telemetry, historyQuery(run.runId), since(HISTORY_MS)),
  });
}

/** What the telemetry has of a run (docs/telemetry.md). */
export function runQuery(runId: string): string {
  return kql`AppEvents
| where tostring(Properties.runId) == ${runId} or tostring(Properties.messageId) startswith ${`${runId}.`}
| project TimeGenerated, Name, Properties, Measurements
| order by TimeGenerated asc`.text;
}

/** Every finding on the devices of a run's findings, oldest first. */
export function historyQuery(runId: string): string {
  return kql`let Devices = AppEvents
| where Name == "Finding" and tostring(Properties.runId) == ${runId}
| distinct Device = tostring(Properties.deviceKey);
AppEvents
| where Name == "Finding" and tostring(Properties.deviceKey) in (Devices)
| project TimeGenerated, Device = tostring(Properties.deviceKey), Kind = tostring(Properties.kind), Hunt = tostring(Properties.huntName), FirstSeen = todatetime(Properties.firstSeen), LastSeen = todatetime(Properties.lastSeen), Run = tostring(Properties.runId)
| order by Device asc, TimeGenerated asc`.text;
}

function defined(links: { [name in keyof RunLinks]: string | undefined }): RunLinks {
  return Object.fromEntries(Object.entries(links).filter(([, url]) => url !== undefined));
}
