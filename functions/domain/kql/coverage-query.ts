import type { CompiledHunt } from '../hunting/compiled-hunt.ts';
import type { Slice } from '../hunting/slice.ts';
import { joinKql, type Kql, kql } from './kql.ts';

/** Rows that no run has seen: ingested after the last run looked, though their own time lies before what this one covers. */
export interface LateSearch {
  ingestedAfter: Date;
  /** Not further back than this. */
  from: Date;
}

/**
 * What a slice's tables hold. One row has `Rows`, how many they had in the span, and `Newest`, when the last of them was ingested; where late rows are
 * searched for, a row for each hour that has some has `Hour` and `Late`, how many. `Now` is what `now()` means to the service: the proof that it honours
 * `query_now`.
 */
export function coverageQuery(
  { tables }: Pick<CompiledHunt, 'tables'>,
  { from, to }: Pick<Slice, 'from' | 'to'>,
  late?: LateSearch,
): Kql {
  const timed = tables.filter(({ kind }) => kind !== 'untimed');
  const events = timed.filter(({ kind }) => kind === 'events');
  const counted = (events.length > 0 ? events : timed).map(({ name }) => name);
  const first = counted[0];
  if (first === undefined) return kql`print Rows = long(null), Newest = datetime(null), Now = now()`;
  const each = counted.map(
    (table) =>
      kql`table(${table}) | where TimeGenerated between (${from} .. ${to}) | summarize Rows = count(), Newest = max(ingestion_time())`,
  );
  const rows =
    each.length === 1
      ? kql`${joinKql(each, kql``)}`
      : kql`${union(each)} | summarize Rows = sum(Rows), Newest = max(Newest)`;
  if (!late || late.from >= from) return kql`${rows} | extend Now = now()`;
  const tardy = counted.map(
    (table) =>
      kql`table(${table}) | where ingestion_time() > ${late.ingestedAfter} and TimeGenerated >= ${late.from} and TimeGenerated < ${from} | summarize Late = count() by Hour = bin(TimeGenerated, 1h)`,
  );
  return kql`${union([rows, ...tardy])} | extend Now = now()`;
}

function union(queries: readonly Kql[]): Kql {
  return kql`union ${joinKql(
    queries.map((query) => kql`(${query})`),
    kql`, `,
  )}`;
}
