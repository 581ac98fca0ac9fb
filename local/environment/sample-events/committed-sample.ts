import { generateEvents } from './generate-events.ts';
import { toDefenderCsv } from './to-defender-csv.ts';

/** The moment at which the committed sample was exported: hunt it with `--now` set to this. */
export const sampleNow = new Date('2026-06-05T12:00:00Z');

/** The text of `device-network-events.csv`. */
export function committedSample(): string {
  const events = generateEvents({ now: sampleNow, noise: 40 });
  return toDefenderCsv(events.filter(({ table }) => table === 'DeviceNetworkEvents').map(({ row }) => row));
}
