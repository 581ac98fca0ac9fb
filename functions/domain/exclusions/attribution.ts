import type { Evidence } from '../hunting/read-answers.ts';
import type { Sighting } from '../hunting/sighting.ts';
import { isBroad } from './breadth.ts';
import type { Exclusion } from './exclusion.ts';

/**
 * Several exclusions can hide the same sighting. `together` counts what no exclusion hides by itself, but several do between them, in a hunt that counts
 * or joins.
 */
export interface Reckoned {
  each: { exclusion: string; hidden: number; devices: number }[];
  together: number;
}

/** Which exclusion hid what, of one run. */
export interface Attribution {
  /** By a hidden sighting's key: the exclusions whose rows give it by themselves, as `exclusionSet` has them. */
  hiders: ReadonlyMap<string, string[]>;
  reckoned: Reckoned;
}

/**
 * Pure. `narrowed` has, by exclusion (as `exclusionSet` has it), what the hunt returns of nothing but the rows that the exclusion matches. An exclusion hid
 * a sighting when its rows give it and the run did not show it; several can hide the same one.
 */
export function attribute(
  hidden: Evidence['hidden'],
  narrowed: ReadonlyMap<string, readonly Sighting[]>,
): Attribution {
  const hiders = new Map(hidden.map(({ key }): [string, string[]] => [key, []]));
  const each = [...narrowed].map(([exclusion, sightings]) => {
    const mine = sightings.filter(({ key }) => hiders.has(key));
    for (const { key } of mine) hiders.get(key)?.push(exclusion);
    return {
      exclusion: idOf(exclusion),
      hidden: mine.length,
      devices: countDevices(mine),
    };
  });
  const together = [...hiders.values()].filter((list) => list.length === 0).length;
  return { hiders, reckoned: { each, together } };
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

export function countDevices(things: readonly { deviceKey?: string }[]): number {
  return new Set(things.flatMap(({ deviceKey }) => deviceKey ?? [])).size;
}
