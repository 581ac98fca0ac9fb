import type { Exclusion } from '../domain/exclusions/exclusion.ts';
import type { Hunt } from '../domain/hunting/hunt.ts';
import { type Evidence, heldTime, readAnswers } from '../domain/hunting/read-answers.ts';
import type { Slice } from '../domain/hunting/slice.ts';
import type { LateSearch } from '../domain/kql/coverage-query.ts';
import { type SliceQueries, sliceQueries } from '../domain/kql/slice-queries.ts';
import { type AskWorkspace, askAll } from './ask-workspace.ts';

/** What to look at. */
export interface LookRequest {
  hunt: Hunt;
  slice: Slice;
  /** Those that apply to the hunt. */
  exclusions: readonly Exclusion[];
  late?: LateSearch | undefined;
  /** The service is known not to honour `query_now`. */
  literally?: boolean;
}

/** What was asked, and what came back. */
export interface LookResult {
  queries: SliceQueries;
  evidence: Evidence;
  /** The service does not honour `query_now`: the time was written into the query. */
  literally: boolean;
}

/** Asks for one slice. Where the service turns out not to take the slice's time for the present, it is asked again, with the time written into the query. */
export async function lookAtSlice(request: LookRequest, ask: AskWorkspace): Promise<LookResult> {
  const { hunt, slice, late, literally = false } = request;
  const queries = sliceQueries({ ...request, literally });
  const from = late && late.from < slice.timespan.from ? late.from : slice.timespan.from;
  const spans = { hunt: slice.timespan, coverage: { from, to: slice.timespan.to } };
  const answers = await askAll(queries, spans, ask);
  if (!literally && heldTime(answers.coverage, slice.at) === false)
    return lookAtSlice({ ...request, literally: true }, ask);
  return { queries, evidence: readAnswers(answers, hunt, slice.at), literally };
}
