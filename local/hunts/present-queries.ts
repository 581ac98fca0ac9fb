import type { Exclusion } from '../../functions/domain/exclusions/exclusion.ts';
import { exclusionsFor } from '../../functions/domain/exclusions/exclusion.ts';
import { compiledOf, type Hunt } from '../../functions/domain/hunting/hunt.ts';
import { presentSlice, type Slice, usualReaches } from '../../functions/domain/hunting/slice.ts';
import { type SliceQueries, sliceQueries } from '../../functions/domain/kql/slice-queries.ts';

/** A first run of a hunt in the present: what it looks at, what it asks, and the exclusions that apply. */
export function presentQueries(
  hunt: Hunt,
  exclusions: readonly Exclusion[],
  now: Date,
): { slice: Slice; queries: SliceQueries; applied: readonly Exclusion[] } {
  const slice = presentSlice(compiledOf(hunt), now, usualReaches, { first: true });
  const { applied } = exclusionsFor(hunt, exclusions, now);
  return { slice, queries: sliceQueries({ hunt, exclusions: applied, slice }), applied };
}
