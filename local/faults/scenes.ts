import type { Stage } from './open-stage.ts';

const HOUR_MS = 3_600_000;
/** This hour: the storage dates its rows by the real clock, and how long a message waits goes by that too. */
const BEGIN = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
/** So many hours after the first run. */
export const at = (hours: number) => new Date(BEGIN + hours * HOUR_MS);

/** A device does what the hunt looks for. */
export function appear(stage: Stage, device: string, hours: number, address = '198.51.100.1'): Promise<void> {
  const row = {
    TimeGenerated: at(hours).toISOString(),
    DeviceId: device,
    DeviceName: device,
    RemoteUrl: 'prod.addigy.com',
    RemoteIP: address,
    InitiatingProcessFileName: 'go-agent',
    InitiatingProcessVersionInfoCompanyName: '',
  };
  return stage.workspace.append('DeviceNetworkEvents', [row]);
}
