import type { Moment, Reach } from '../../functions/domain/hunting/compiled-hunt.ts';
import { add, at, hull, intersect, momentOf, OPEN, sampleOf } from './moments.ts';
import type { Leaf, Rounding } from './values.ts';

/** Reaches of several uses of tables, put together. */
export type Reaches = ReadonlyMap<Leaf, Reach>;

export function inBoth(one: Reaches, other: Reaches): Reaches {
  const all = new Map(one);
  for (const [leaf, reach] of other) all.set(leaf, intersect(all.get(leaf) ?? OPEN, reach));
  return all;
}

export function inEither(one: Reaches, other: Reaches): Reaches {
  return new Map(
    [...one].flatMap(([leaf, reach]) => {
      const there = other.get(leaf);
      return there ? [[leaf, hull(reach, there)] as const] : [];
    }),
  );
}

/**
 * What is looked at for certain where rows of either kind are: what both reaches hold. Of two that hold nothing in common, the earlier is what the
 * later is compared with.
 */
export function inOne(one: Reaches, other: Reaches): Reaches {
  const all = new Map(one);
  for (const [leaf, reach] of other) {
    const there = all.get(leaf);
    all.set(leaf, there ? common(there, reach) : reach);
  }
  return all;
}

function common(one: Reach, other: Reach): Reach {
  if (touch(one, other)) return intersect(one, other);
  return ends(one).to > ends(other).to ? one : other;
}

/** Whether every use that is bounded by either is bounded by both, without a hole between. */
export function areOne(one: Reaches, other: Reaches): boolean {
  return (
    one.size === other.size &&
    [...one].every(([leaf, reach]) => {
      const there = other.get(leaf);
      return there !== undefined && touch(reach, there);
    })
  );
}

function touch(one: Reach, other: Reach): boolean {
  const [first, second] = [ends(one), ends(other)];
  return first.from <= second.to && second.from <= first.to;
}

function ends(reach: Reach): { from: number; to: number } {
  const { from, to } = sampleOf(reach);
  return {
    from: reach.from ? from : Number.NEGATIVE_INFINITY,
    to: reach.to ? to : Number.POSITIVE_INFINITY,
  };
}

/** Which times give a rounded one that compares so with a moment. */
export function roundedReach(rounded: Rounding, way: '<' | '<=' | '>' | '>=' | '==', moment: Moment): Reach {
  const beginning = floorOf(rounded, moment);
  const aligned = isAligned(rounded, moment);
  const next = after(rounded, beginning);
  const up = aligned ? moment : after(rounded, floorOf(rounded, add(moment, -1)));
  const reach: Record<typeof way, Reach> = {
    '<': { from: null, to: up },
    '<=': { from: null, to: next },
    '>': { from: next, to: null },
    '>=': { from: up, to: null },
    '==': { from: beginning, to: next },
  };
  const moved = (side: Moment | null) => side && add(side, -rounded.innerMs);
  return { from: moved(reach[way].from), to: moved(reach[way].to) };
}

export function floorOf(rounded: Rounding, of: Moment): Moment {
  if (isAligned(rounded, of)) return of;
  const floor: Moment =
    rounded.op === 'bin' ? { op: 'bin', ms: rounded.ms, of } : { op: 'floor', to: rounded.to, of };
  return of.op === 'at' ? at(momentOf(floor)) : floor;
}

const cellMs = { day: 86_400_000, week: 7 * 86_400_000 };

/** The beginning of the next day, hour, … after one that begins then. */
function after(rounded: Rounding, beginning: Moment): Moment {
  if (rounded.op === 'bin') return add(beginning, rounded.ms);
  if (rounded.to === 'day' || rounded.to === 'week') return add(beginning, cellMs[rounded.to]);
  return { op: 'months', count: rounded.to === 'month' ? 1 : 12, of: beginning };
}

function isAligned(rounded: Rounding, moment: Moment): boolean {
  if (rounded.op === 'bin') {
    if (moment.op === 'add') return moment.ms % rounded.ms === 0 && isAligned(rounded, moment.of);
    return moment.op === 'bin' && moment.ms === rounded.ms;
  }
  if (moment.op === 'floor') return moment.to === rounded.to;
  if (moment.op !== 'add' || (rounded.to !== 'day' && rounded.to !== 'week')) return false;
  return moment.ms % cellMs[rounded.to] === 0 && isAligned(rounded, moment.of);
}
