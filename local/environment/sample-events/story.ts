import type { Table } from './make-row.ts';
import type { Facts } from './processes.ts';
import type { Random } from './random.ts';

/** The brief's false-positive scenarios. */
export const scenarios = [
  'scheduled-updates',
  'management-server',
  'remote-desktop',
  'inventory-jobs',
  'third-party-tools',
] as const;
export type Scenario = (typeof scenarios)[number];

/**
 * Why an event is there.
 *
 * `background`: what devices do all day. `hit`: an Addigy agent as the brief's query finds it. `renamed`: likewise, of a device that
 * changes its name on the way. `hostile`: likewise, with a device name or URL that an attacker chose. `lookalike`: a host that only begins
 * like Addigy's, which `has` matches. `near-miss`: no sighting of the brief's query, by little. `null-url`: an agent's connection without
 * URL. `old`: a hit older than the query's five days. `signed`: the company name is set, which the query takes as a reason to look away.
 * `other-host`: an Addigy host that the query does not name. `installer`: `curl` fetching the agent.
 */
export type Label =
  | 'background'
  | 'hit'
  | 'renamed'
  | 'hostile'
  | 'lookalike'
  | 'near-miss'
  | 'null-url'
  | 'old'
  | 'signed'
  | 'other-host'
  | 'installer'
  | Scenario;

export interface Device {
  DeviceId: string;
  DeviceName: string;
}

/** An event before it is a row. `sighting`: whether the brief's query returns it when nothing is excluded. */
export interface Told {
  table: Table;
  label: Label;
  sighting: boolean;
  device: Device;
  at: Date;
  facts: Facts;
}

/** Chance and time, as the stories need them. */
export interface World {
  random: Random;
  /** A moment so many days before now. */
  daysAgo(days: number): Date;
  /** Some moment of the last days, an hour off both ends. */
  within(days: number): Date;
  device(name: string): Device;
}

/** Events that tell one thing. */
export type Story = (world: World) => Generator<Told>;
