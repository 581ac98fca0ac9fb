import { dayOf, type Exclusion, hasExpired } from './exclusion.ts';

/** Why an exclusion hides something no longer. */
export interface EndedExclusion {
  exclusion: string;
  how: 'expired' | 'removed' | 'changed';
  /** The last day of one that expired; else the day on which a run first did without it. */
  on: string;
}

export function howEnded(id: string, exclusions: readonly Exclusion[], now: Date): EndedExclusion {
  const found = exclusions.find((exclusion) => exclusion.id === id);
  if (!found) return { exclusion: id, how: 'removed', on: dayOf(now) };
  return hasExpired(found, now)
    ? { exclusion: id, how: 'expired', on: found.expires }
    : { exclusion: id, how: 'changed', on: dayOf(now) };
}
