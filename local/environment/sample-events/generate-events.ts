import { type Flavour, makeRow, type Row, type Table } from './make-row.ts';
import { seededRandom } from './random.ts';
import { background, stories } from './stories.ts';
import type { Label, World } from './story.ts';

export interface SampleEvent {
  table: Table;
  row: Row;
  label: Label;
  /**
   * Whether the brief's query returns it when nothing is excluded. It never does for a process that the brief's scenarios name
   * (`Update.exe`, `mstsc.exe`, …): the query asks for other process names, and `has` compares whole terms. Those events are sightings of a
   * broader hunt only; what a scenario says of `destination_ip` is what can hide a sighting of the query itself.
   */
  sighting: boolean;
}

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;

/**
 * Invents what an organisation's devices did in the nine days before `now`: the same seed and `now` give the same events, oldest first, and
 * another `now` the same events at another time. `noise` is the number of background events.
 */
export function generateEvents({
  seed = 1,
  now,
  flavour = 'defender-xdr',
  noise = 300,
}: {
  seed?: number;
  now: Date;
  flavour?: Flavour;
  noise?: number;
}): SampleEvent[] {
  const random = seededRandom(seed);
  const ago = (ms: number) => new Date(now.getTime() - ms);
  const world: World = {
    random,
    daysAgo: (days) => ago(days * DAY),
    within: (days) => ago(random.between(HOUR, days * DAY - HOUR)),
    device: (DeviceName) => ({ DeviceId: random.hex(40), DeviceName }),
  };
  const told = [...stories.flatMap((story) => [...story(world)]), ...background(world, noise)];
  told.sort((a, b) => a.at.getTime() - b.at.getTime());

  // ReportId counts per device, so it repeats across devices.
  const reports = new Map<string, number>();
  return told.map(({ table, label, sighting, device, at, facts }) => {
    const ReportId = (reports.get(device.DeviceId) ?? 0) + 1;
    reports.set(device.DeviceId, ReportId);
    return { table, label, sighting, row: makeRow(table, flavour, { at, ReportId, ...device, ...facts }) };
  });
}
