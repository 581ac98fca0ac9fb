import type { Exclusion } from '../../../functions/domain/exclusions/exclusion.ts';
import type { Hunt } from '../../../functions/domain/hunting/hunt.ts';
import { withCompiled } from '../../compiler/compile-hunt.ts';
import { type HuntShape, urlOf } from './history.ts';

/** So many events of a device at one URL, within what a run covers, are a finding of the hunt that counts. */
export const THRESHOLD = 2;

const rows = `| where RemoteUrl endswith ".addigy.com"
| summarize FirstSeen=min(TimeGenerated), LastSeen=max(TimeGenerated), Count=count() by DeviceId, DeviceName, RemoteUrl`;

const queries: Readonly<Record<HuntShape, string>> = {
  open: `DeviceNetworkEvents
${rows}`,
  ago: `DeviceNetworkEvents
| where TimeGenerated > ago(4h)
${rows}`,
  arithmetic: `let span = 2*3h;
let start = datetime_add('hour', -1, now() - span);
DeviceNetworkEvents
| where TimeGenerated > start
${rows}`,
  yesterday: `DeviceNetworkEvents
| where TimeGenerated between (startofday(ago(1d)) .. startofday(now()))
${rows}`,
  today: `DeviceNetworkEvents
| where TimeGenerated >= startofday(now())
${rows}`,
  'same day': `DeviceNetworkEvents
| where datetime_diff('day', now(), TimeGenerated) < 1
${rows}`,
  either: `DeviceNetworkEvents
| where TimeGenerated > ago(2h) or (TimeGenerated > ago(7h) and RemoteUrl startswith "u0")
${rows}`,
  placeholders: `DeviceNetworkEvents
| where TimeGenerated between (todatetime('{{StartTimeISO}}') .. todatetime('{{EndTimeISO}}'))
${rows}`,
  counts: `DeviceNetworkEvents
| where TimeGenerated > ago(4h)
${rows}
| where Count >= ${THRESHOLD}`,
};

/** The hunt of a history; once it is edited it returns a column more. */
export function simulatedHunt(shape: HuntShape, edited: boolean): Hunt {
  return withCompiled({
    id: '0c1d2e3f-0000-4000-8000-000000000001',
    name: 'Simulated hunt',
    description: 'A hunt of the simulator.',
    file: 'hunts/simulated.yaml',
    tactics: ['CommandAndControl'],
    techniques: ['T1219'],
    tables: ['DeviceNetworkEvents'],
    query: edited ? `${queries[shape]}\n| extend Host = tolower(DeviceName)` : queries[shape],
  });
}

/** Hides one URL. */
export function simulatedExclusion(url: number): Exclusion {
  return {
    id: `url-${url}`,
    reason: 'Known good, says the simulator.',
    owner: 'simulator',
    expires: '2026-12-31',
    hunts: ['0c1d2e3f-0000-4000-8000-000000000001'],
    any: [[{ column: 'RemoteUrl', operator: 'equals', values: [urlOf(url)] }]],
    columns: ['RemoteUrl'],
    settings: [],
    idle: [],
    file: 'exclusions/simulated.yaml',
  };
}
