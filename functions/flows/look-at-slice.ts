import type { Exclusion } from '../domain/exclusions/exclusion.ts';
import { compiledOf, type Hunt, withoutTables } from '../domain/hunting/hunt.ts';
import { type Evidence, heldTime, type LogsAnswer, readAnswers } from '../domain/hunting/read-answers.ts';
import type { Slice } from '../domain/hunting/slice.ts';
import { lengthOf } from '../domain/hunting/span.ts';
import type { LateSearch } from '../domain/kql/coverage-query.ts';
import { mentions } from '../domain/kql/kql-code.ts';
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
  /** Without the tables that the workspace lacks and the query can do without. */
  hunt: Hunt;
  queries: SliceQueries;
  evidence: Evidence;
  /** The service does not honour `query_now`: the time was written into the query. */
  literally: boolean;
}

/** Asks for one slice. Where the service refuses `set query_now`, or does not take the slice's time for the present, it is asked again, with the time written into the query. */
export async function lookAtSlice(request: LookRequest, ask: AskWorkspace): Promise<LookResult> {
  const { hunt, slice, late, literally = false } = request;
  const queries = sliceQueries({ ...request, literally });
  const from = late && late.from < slice.timespan.from ? late.from : slice.timespan.from;
  const spans = { hunt: slice.timespan, coverage: { from, to: slice.timespan.to } };
  const answers = await askAll(queries, spans, ask);
  const lacking = lackingTables(hunt, answers.withExclusions);
  if (lacking.length > 0) {
    const found = await lookAtSlice({ ...request, hunt: withoutTables(hunt, lacking) }, ask);
    const problem = `${lacking.join(' and ')}: not in the workspace, or not to be read; the query goes on without (isfuzzy).`;
    return { ...found, evidence: { ...found.evidence, problems: [problem, ...found.evidence.problems] } };
  }
  if (!literally && isRefused(answers.withExclusions) && isRefused(answers.coverage))
    return lookAtSlice({ ...request, literally: true }, ask);
  if (late && answers.coverage.kind === 'failed') {
    const { coverage, lateRows } = await askApart(request, late, ask);
    return {
      hunt,
      queries,
      evidence: readAnswers({ ...answers, coverage, lateRows }, hunt, slice.at),
      literally,
    };
  }
  if (!literally && heldTime(answers.coverage, slice.at) === false)
    return lookAtSlice({ ...request, literally: true }, ask);
  return { hunt, queries, evidence: readAnswers(answers, hunt, slice.at), literally };
}

/** Tables of `isfuzzy` unions that the service names in its refusal: the prelude mentions them, and so makes a table that is lacking an error. */
function lackingTables(hunt: Hunt, answer: LogsAnswer): string[] {
  if (!isRefused(answer) || answer.kind !== 'failed') return [];
  const { reason } = answer;
  return compiledOf(hunt)
    .tables.filter(({ name, optional }) => optional && mentions(reason, name))
    .map(({ name }) => name);
}

/** The service takes the query for a bad one: as far as anybody can tell from here, because of what stands ahead of it. */
function isRefused(answer: LogsAnswer): boolean {
  return answer.kind === 'failed' && answer.reason.includes('(HTTP 400)');
}

/** A workspace may refuse a query over so long a time: then late rows are looked for only as far before the slice as that is long, by a query of their own. */
async function askApart(
  { hunt, slice, literally = false }: LookRequest,
  late: LateSearch,
  ask: AskWorkspace,
): Promise<{ coverage: LogsAnswer; lateRows: LogsAnswer }> {
  const from = new Date(Math.max(late.from.getTime(), slice.from.getTime() - lengthOf(slice)));
  const asked = { hunt, slice, exclusions: [], literally };
  const before = { ...slice, to: slice.from };
  const [coverage, lateRows] = await Promise.all([
    ask(sliceQueries(asked).coverage, slice.timespan),
    ask(sliceQueries({ ...asked, slice: before, late: { ...late, from } }).coverage, {
      from,
      to: slice.from,
    }),
  ]);
  return { coverage, lateRows };
}
