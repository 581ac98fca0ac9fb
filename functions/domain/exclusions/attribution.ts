import type { Sighting } from '../hunting/sighting.ts';
import { isBroad } from './breadth.ts';
import type { Exclusion } from './exclusion.ts';

/**
 * Several exclusions can hide the same sighting. `together` counts what no exclusion hides by itself, but several do between them, in a hunt that counts
 * or joins.
 */
export interface Reckoned {
  each: { exclusion: string; hidden: number; devices: number }[];
  /** Known only where every exclusion was asked about: else 0. */
  together: number;
  /** Exclusions of which it is to be found out yet; absent when there are none. */
  left?: number;
}

/** Which exclusion hid what, of one run. */
export interface Attribution {
  /** By a hidden sighting's key: the exclusions whose rows give it by themselves, as `exclusionSet` has them; empty when it takes several, no entry while it is not known. */
  hiders: ReadonlyMap<string, string[]>;
  /** Those that were asked about, as `exclusionSet` has them. */
  asked: readonly string[];
  reckoned: Reckoned;
}

/** What was known before, and what else there is to know. */
interface Known {
  /** By a sighting's key: what hid it, as far as that is remembered. */
  before: ReadonlyMap<string, { hiddenBy?: readonly string[] }>;
  /** All that act on the hunt, as `exclusionSet` has them. */
  exclusionSet: readonly string[];
  /** How many of them are still to be asked about. */
  left: number;
}

/**
 * Pure. `narrowed` has, by exclusion (as `exclusionSet` has it), what the hunt returns of nothing but the rows that the exclusion matches. An exclusion hid
 * a sighting when its rows give it and the run did not show it; several can hide the same one. Of an exclusion that was not asked about, what is remembered
 * holds.
 */
export function attribute(
  hidden: readonly Pick<Sighting, 'key' | 'deviceKey'>[],
  narrowed: ReadonlyMap<string, readonly Pick<Sighting, 'key'>[]>,
  { before, exclusionSet, left }: Known = { before: new Map(), exclusionSet: [...narrowed.keys()], left: 0 },
): Attribution {
  const found = new Map(hidden.map(({ key }): [string, Set<string>] => [key, new Set()]));
  const devices = new Map(hidden.map(({ key, deviceKey }) => [key, deviceKey]));
  const each = [...narrowed].map(([exclusion, sightings]) => {
    const mine = new Set(sightings.map(({ key }) => key).filter((key) => found.has(key)));
    for (const key of mine) found.get(key)?.add(exclusion);
    const theirs = new Set([...mine].flatMap((key) => devices.get(key) ?? []));
    return { exclusion: idOf(exclusion), hidden: mine.size, devices: theirs.size };
  });
  const whole = exclusionSet.every((exclusion) => narrowed.has(exclusion));
  const hiders = new Map<string, string[]>();
  for (const [key, now] of found) {
    const known = new Set(before.get(key)?.hiddenBy?.filter((exclusion) => !narrowed.has(exclusion)));
    const list = exclusionSet.filter((exclusion) => now.has(exclusion) || known.has(exclusion));
    if (whole || list.length > 0) hiders.set(key, list);
  }
  const together = whole ? [...hiders.values()].filter((list) => list.length === 0).length : 0;
  return { hiders, asked: [...narrowed.keys()], reckoned: { each, together, ...(left > 0 && { left }) } };
}

/** Sentences about exclusions of which each hid the share (0 to 1) of all sightings, and nobody has said that it may. */
export function tooBroad(
  { each }: Reckoned,
  sightings: number,
  warnShare: number,
  exclusions: readonly Exclusion[],
): string[] {
  const accepted = new Set(
    exclusions.flatMap(({ id, acceptBroad }) => (acceptBroad === undefined ? [] : [id])),
  );
  return each
    .filter(({ exclusion, hidden }) => isBroad({ hidden, sightings }, warnShare) && !accepted.has(exclusion))
    .map(
      ({ exclusion, hidden }) =>
        `Exclusion ${exclusion} hid ${hidden} of ${sightings} sightings: is it too broad? acceptBroad in it says why it may.`,
    );
}

/** The id of an exclusion that is written as `id:fingerprint`. */
export function idOf(exclusion: string): string {
  return exclusion.split(':')[0] ?? '';
}

/** The fingerprint of its predicate. */
export function predicateOf(exclusion: string): string {
  return exclusion.split(':')[1] ?? '';
}

export function countDevices(things: readonly { deviceKey?: string | undefined }[]): number {
  return new Set(things.flatMap(({ deviceKey }) => deviceKey ?? [])).size;
}
