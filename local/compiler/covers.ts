import type { CompiledHunt, Moment, Reach } from '../../functions/domain/hunting/compiled-hunt.ts';
import type { Analysis } from './analyse-query.ts';
import { add, hull, intersect, isEmpty, LOOKBACK, RUN, sampleOf } from './moments.ts';
import type { Leaf } from './values.ts';

/** What a run looks at, and why that is known. */
export type Covers = Pick<CompiledHunt, 'covers' | 'coversFrom'> & {
  /** A bound that can't be derived, as it stands in the query. */
  underivable?: string;
};

/** What one run looks at for findings; a hunt's own lookback says it where the query can't. */
export function coversOf({ result, tooComplex }: Analysis, lookbackMs: number | undefined): Covers {
  const derived = tooComplex
    ? { covers: null, coversFrom: 'unknown' as const, underivable: 'it calls too many functions' }
    : derive(result.leaves);
  if (lookbackMs === undefined || derived.coversFrom === 'prelude') return derived;
  const declared = { from: add(RUN, -lookbackMs), to: RUN };
  // Nobody's word makes a query look further than its own bounds let it.
  const covers = derived.covers ? intersect(derived.covers, declared) : declared;
  return { covers: isEmpty(covers) ? declared : covers, coversFrom: 'declared' };
}

function derive(all: readonly Leaf[]): Covers {
  const events = all.filter(({ kind }) => kind === 'events');
  const leaves = withoutBaselines(events.length > 0 ? events : all);
  const underivable = leaves.find(({ unknown }) => unknown !== undefined)?.unknown;
  if (underivable !== undefined) return { covers: null, coversFrom: 'unknown', underivable };
  const reaches = leaves.map(reachOf);
  const bounded = reaches.some(({ from, to }) => from !== null || to !== null);
  const covers = closed(reaches.map(closed).reduce<Reach>(intersect, { from: null, to: null }));
  if (isEmpty(covers))
    return { covers: null, coversFrom: 'unknown', underivable: 'its bounds leave no time between them' };
  return {
    covers,
    coversFrom: bounded ? 'query' : 'prelude',
  };
}

function reachOf({ needs, covers }: Leaf): Reach {
  return intersect(needs, covers);
}

/** Where a query leaves it open, a run looks from the lookback to its own time. */
export function closed({ from, to }: Reach): { from: Moment; to: Moment } {
  return { from: from ?? LOOKBACK, to: to ?? RUN };
}

/** What is read as it is has no lookback: what it says of a thing may be old. */
function neededBy({ kind, needs }: Leaf): Reach {
  return kind === 'events' ? closed(needs) : { from: needs.from, to: needs.to ?? RUN };
}

/** What ends where another use begins is what that one is compared with. */
function withoutBaselines(leaves: readonly Leaf[]): readonly Leaf[] {
  const spans = leaves.map((leaf) => ({ leaf, ...sampleOf(reachOf(leaf)) }));
  const kept = spans.filter((span) => !spans.some((other) => other.to > span.to && other.from >= span.to));
  return kept.map(({ leaf }) => leaf);
}

/** Every table with what its uses look at together. */
export function tablesOf(leaves: readonly Leaf[]): CompiledHunt['tables'] {
  return [...Map.groupBy(leaves, ({ table }) => table)].map(([name, uses]) => ({
    name,
    kind: uses[0]?.kind ?? 'events',
    needs: uses.some(({ unknown }) => unknown !== undefined)
      ? null
      : uses.map(neededBy).reduce((one, other) => hull(one, other)),
    shadowed: uses.every(({ shadowed }) => shadowed),
    ...(uses.every(({ optional }) => optional) && { optional: true as const }),
  }));
}
