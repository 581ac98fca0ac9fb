/** How much all exclusions together hide of what a hunt sees. */
export interface Hiding {
  hidden: number;
  /** Hidden or not. */
  sightings: number;
}

/** What readers were told of that, and when it was last so. */
export interface ToldHiding extends Hiding {
  toldAt: Date;
  lastAt: Date;
}

/** `broad`: at least the team's share is hidden, which all of it always is. `tell`: readers have not been told yet, or of less. */
export interface Breadth extends Hiding {
  broad: boolean;
  tell: boolean;
  /** What is to be remembered. */
  told?: ToldHiding;
}

/** What grew by a tenth of all sightings is told again. */
const STEPS = 10;
/** A share alone would let one hidden sighting of one stand for every later one. */
const FACTOR = 2;
/** A quiet week ends it; a quiet night does not, or few sightings would be told again and again. */
const FORGOTTEN_AFTER_MS = 7 * 86_400_000;

/** Pure: what several exclusions hide is judged together, since each of them can be a small piece of everything. */
export function judgeBreadth(
  { hidden, sightings }: Hiding,
  { share, now, told }: { share: number; now: Date; told?: ToldHiding | undefined },
): Breadth {
  const hiding = { hidden, sightings };
  const valid = told && now.getTime() - told.lastAt.getTime() <= FORGOTTEN_AFTER_MS;
  const before = valid ? told : undefined;
  if (!isBroad(hiding, share))
    return { ...hiding, broad: false, tell: false, ...(before && { told: before }) };
  if (before && !hasGrown(hiding, before))
    return { ...hiding, broad: true, tell: false, told: { ...before, lastAt: now } };
  return { ...hiding, broad: true, tell: true, told: { ...hiding, toldAt: now, lastAt: now } };
}

/** Whether so much is hidden that somebody should say so: the share (0 to 1), or more. */
export function isBroad({ hidden, sightings }: Hiding, share: number): boolean {
  return hidden > 0 && hidden >= share * sightings;
}

/** A sentence for who reads the run that tells it. */
export function breadthProblems(breadth: Breadth | undefined): string[] {
  if (!breadth?.tell) return [];
  const { hidden, sightings } = breadth;
  return [`Exclusions together hid ${hidden} of ${sightings} sightings: look whether each of them is meant.`];
}

function hasGrown(now: Hiding, before: Hiding): boolean {
  // In whole numbers: 0.6 − 0.5 is less than 0.1.
  const both = now.sightings * before.sightings;
  const grownBy = now.hidden * before.sightings - before.hidden * now.sightings;
  const allNow = now.hidden === now.sightings && before.hidden < before.sightings;
  return allNow || grownBy * STEPS >= both || now.hidden >= FACTOR * before.hidden;
}
