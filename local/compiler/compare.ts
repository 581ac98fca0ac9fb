import type { Moment, Reach } from '../../functions/domain/hunting/compiled-hunt.ts';
import { add, OPEN, sampleOf } from './moments.ts';
import { type Reaches, roundedReach } from './reaches.ts';
import type { Leaf, Value } from './values.ts';

/** What a condition says of time: for each use of a table, what it lets through. */
export interface Bounds {
  needs: Reaches;
  covers: Reaches;
  unknown: ReadonlyMap<Leaf, string>;
  /** It compares what was aggregated. */
  counts: boolean;
  /** It says nothing but this. */
  exact: boolean;
  /** Uses of tables whose rows say which rows are let through. */
  selecting: readonly Leaf[];
}

export const NONE: Bounds = {
  needs: new Map(),
  covers: new Map(),
  unknown: new Map(),
  counts: false,
  exact: false,
  selecting: [],
};

export type Comparison = '<' | '<=' | '>' | '>=' | '==';
const swapped: Readonly<Record<Comparison, Comparison>> = {
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  '==': '==',
};

/** What it says of time that two values compare so. */
export function compare(left: Value, way: Comparison, right: Value, text: string): Bounds {
  if (isRowTime(right) && !isRowTime(left)) return compare(right, swapped[way], left, text);
  switch (left.kind) {
    case 'aggregate':
      return present(left, way);
    case 'timely': {
      const untold = !left.told && right.kind !== 'unknown' && right.kind !== 'moment' && !isTold(right);
      const counts = left.aggregated || isAggregated(right);
      return untold ? { ...NONE, counts } : { ...unknownBound(left, text), counts };
    }
    case 'time':
      if (isAggregated(right)) return { ...NONE, counts: true };
      if (right.kind === 'moment') return timeBound(left, way, right.moment, text);
      // A time column against a span of time, or something that may be any time.
      return right.kind === 'unknown' || right.kind === 'timespan' || isTold(right)
        ? unknownBound(left, text)
        : { ...NONE, counts: left.aggregated && isRowTime(right) };
    case 'age': {
      if (right.kind === 'unknown' || isTold(right)) return unknownBound(left.of, text);
      const length =
        right.kind === 'timespan'
          ? right.ms
          : right.kind === 'number'
            ? right.value * left.unitMs
            : undefined;
      if (length === undefined) return { ...NONE, counts: isAggregated(right) };
      // until - time < length is time > until - length; the other way round, time - until < length is time < until + length.
      const moment = add(left.until, -left.sign * length);
      return timeBound(left.of, left.sign === 1 ? swapped[way] : way, moment, text);
    }
    case 'stamp':
      return right.kind === 'moment' ? stampBound(left, way, right.moment) : NONE;
    case 'unknown':
      return { ...NONE, counts: left.counted === true || isAggregated(right) };
    default:
      return { ...NONE, counts: isAggregated(right) || (right.kind === 'unknown' && right.counted === true) };
  }
}

/** Whatever says something of rows' times, or of how many there are: it stands on the left. */
function isRowTime({ kind }: Value): boolean {
  return kind === 'time' || kind === 'age' || kind === 'stamp' || kind === 'timely' || kind === 'aggregate';
}

function isTold(value: Value): boolean {
  return value.kind === 'timely' && value.told;
}

function isAggregated(value: Value): boolean {
  return value.kind === 'aggregate' || (value.kind === 'timely' && value.aggregated);
}

/** Where more than none is wanted of what was counted among some rows, only those bring a result. */
function present({ within }: Extract<Value, { kind: 'aggregate' }>, way: Comparison): Bounds {
  const wanted = within && (way === '>' || way === '>=');
  return { ...NONE, counts: true, ...(wanted && { covers: within }) };
}

function timeBound(
  { leaves, shiftMs, rounded, aggregated }: Extract<Value, { kind: 'time' }>,
  way: Comparison,
  moment: Moment,
  text: string,
): Bounds {
  const bound = add(moment, -shiftMs);
  // The very moment is no span.
  if (!rounded && way === '==') return unknownBound({ leaves }, text);
  const reach: Reach = rounded
    ? roundedReach(rounded, way, bound)
    : {
        from: way === '<' || way === '<=' ? null : bound,
        to: way === '>' || way === '>=' ? null : bound,
      };
  const reaches = new Map(leaves.map((leaf) => [leaf, reach]));
  return { ...NONE, needs: aggregated ? NONE.needs : reaches, covers: reaches, exact: !aggregated };
}

/** Such as a process's creation: it is no later than the row's own time, so a row that lies before the bound brings nothing. */
function stampBound(
  { leaves, name }: Extract<Value, { kind: 'stamp' }>,
  way: Comparison,
  moment: Moment,
): Bounds {
  const inThePast = sampleOf({ from: moment, to: null }).from < sampleOf(OPEN).to;
  if (way === '<' || way === '<=' || !inThePast || /expir|valid|end|until|last|modif|updat/i.test(name))
    return NONE;
  return { ...NONE, covers: new Map(leaves.map((leaf) => [leaf, { from: moment, to: null }])) };
}

function unknownBound({ leaves }: { leaves: readonly Leaf[] }, text: string): Bounds {
  return { ...NONE, unknown: new Map(leaves.map((leaf) => [leaf, text.replace(/\s+/g, ' ').slice(0, 80)])) };
}
