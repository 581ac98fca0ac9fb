import { createHash } from 'node:crypto';

/** As the example's hunt would return them: of ten columns, about 200 bytes a row, as Log Analytics writes them. */
export const resultColumns = [
  { name: 'DeviceId', type: 'string' },
  { name: 'DeviceName', type: 'string' },
  { name: 'RemoteUrl', type: 'string' },
  { name: 'FirstSeen', type: 'datetime' },
  { name: 'LastSeen', type: 'datetime' },
  { name: 'Count', type: 'long' },
  { name: 'RemotePort', type: 'int' },
  { name: 'InitiatingProcessFileName', type: 'string' },
  { name: 'Signed', type: 'bool' },
  { name: 'ReportIds', type: 'dynamic' },
] as const;

/** What the query without exclusions asks for. */
export const identityColumns = ['DeviceId', 'RemoteUrl', 'DeviceName', 'FirstSeen', 'LastSeen', 'Count'];

const DAY_MS = 86_400_000;

/** The body of an answer with so many rows; each is a device and a URL of its own, five URLs a device. */
export function resultBody(
  rows: number,
  now: Date,
  columns: readonly string[] | undefined = undefined,
): string {
  const shown = resultColumns.filter(({ name }) => columns === undefined || columns.includes(name));
  const lines: string[] = [];
  for (let index = 0; index < rows; index++) {
    const values = rowAt(index, now);
    lines.push(JSON.stringify(shown.map(({ name }) => values[name])));
  }
  return `{"tables":[{"name":"PrimaryResult","columns":${JSON.stringify(shown)},"rows":[${lines.join(',')}]}]}`;
}

function rowAt(index: number, now: Date): Record<string, unknown> {
  const device = Math.floor(index / 5);
  const last = now.getTime() - ((index * 7919) % DAY_MS);
  return {
    DeviceId: createHash('sha1').update(String(device)).digest('hex'),
    DeviceName: `host-${device}.corp.example`,
    RemoteUrl: `https://u${index % 5}.${index}.example.com/`,
    FirstSeen: ticks(last - 3_600_000),
    LastSeen: ticks(last),
    Count: 1 + (index % 50),
    RemotePort: 443,
    InitiatingProcessFileName: 'go-agent',
    Signed: index % 3 === 0,
    ReportIds: '[1,2]',
  };
}

/** Seven digits of a second, as the service has them. */
function ticks(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '1234Z');
}
