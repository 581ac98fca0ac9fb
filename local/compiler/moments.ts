import { type Moment, momentAt, type Reach } from '../../functions/domain/hunting/compiled-hunt.ts';

/** Moments and reaches are made here alone, so that like ones look alike. */

export const RUN: Moment = { op: 'run' };
export const LOOKBACK: Moment = { op: 'lookback' };
export const OPEN: Reach = { from: null, to: null };

export function at(date: Date): Moment {
  return { op: 'at', iso: date.toISOString() };
}

export function add(of: Moment, ms: number): Moment {
  if (ms === 0) return of;
  if (of.op === 'add') return add(of.of, of.ms + ms);
  if (of.op === 'at') return at(new Date(Date.parse(of.iso) + ms));
  return { op: 'add', ms, of };
}

export function latest(one: Moment, other: Moment): Moment {
  return same(one, other) ? one : { op: 'latest', of: [one, other] };
}

export function earliest(one: Moment, other: Moment): Moment {
  return same(one, other) ? one : { op: 'earliest', of: [one, other] };
}

/** How much later one moment is, in ms, where that is the same for every run. */
export function distance(one: Moment, other: Moment): number | undefined {
  const [base, otherBase] = [baseOf(one), baseOf(other)];
  if (!same(base.of, otherBase.of)) return undefined;
  return base.ms - otherBase.ms;
}

function baseOf(moment: Moment): { of: Moment; ms: number } {
  if (moment.op === 'at') return { of: { op: 'at', iso: '' }, ms: Date.parse(moment.iso) };
  return moment.op === 'add' ? { of: moment.of, ms: moment.ms } : { of: moment, ms: 0 };
}

/** What both reaches hold. */
export function intersect(one: Reach, other: Reach): Reach {
  return { from: either(one.from, other.from, later), to: either(one.to, other.to, sooner) };
}

/** The smallest reach that holds both. */
export function hull(one: Reach, other: Reach): Reach {
  const both = (side: 'from' | 'to', choose: typeof later) => {
    const [a, b] = [one[side], other[side]];
    return a && b ? choose(a, b) : null;
  };
  return { from: both('from', sooner), to: both('to', later) };
}

function either(one: Moment | null, other: Moment | null, choose: typeof later): Moment | null {
  return one && other ? choose(one, other) : (one ?? other);
}

function later(one: Moment, other: Moment): Moment {
  const ms = distance(one, other);
  if (ms === undefined) return latest(one, other);
  return ms >= 0 ? one : other;
}

function sooner(one: Moment, other: Moment): Moment {
  const ms = distance(one, other);
  if (ms === undefined) return earliest(one, other);
  return ms <= 0 ? one : other;
}

function same(one: Moment, other: Moment): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** A run and its lookback to compare moments by, where only their order counts: a Wednesday, and no hour's beginning. */
const SAMPLE_RUN = new Date('2026-03-18T12:34:56.789Z');
const SAMPLE_LOOKBACK_MS = 86_400_000;

/** When a moment is in a usual run. */
export function momentOf(moment: Moment): Date {
  return momentAt(moment, SAMPLE_RUN, SAMPLE_LOOKBACK_MS);
}

/** Whether a reach holds no time at all, whenever the hunt is run. */
export function isEmpty({ from, to }: Reach): boolean {
  if (!from || !to) return false;
  const ms = distance(from, to);
  if (ms !== undefined) return ms >= 0;
  return !isAbsolute(from) && !isAbsolute(to) && momentOf(from) >= momentOf(to);
}

function isAbsolute(moment: Moment): boolean {
  return 'of' in moment ? [moment.of].flat().some(isAbsolute) : moment.op === 'at';
}

/** When a side of a reach is in a usual run; an open one is the lookback's or the run's. */
export function sampleOf({ from, to }: Reach): { from: number; to: number } {
  return { from: momentOf(from ?? LOOKBACK).getTime(), to: momentOf(to ?? RUN).getTime() };
}
