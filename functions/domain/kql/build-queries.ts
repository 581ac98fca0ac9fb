import { appliesTo, type Exclusion } from '../exclusions/exclusion.ts';
import { hidingFilters, matchFilter } from '../exclusions/exclusion-predicate.ts';
import type { Hunt } from '../hunting/hunt.ts';
import type { Window } from '../hunting/window.ts';
import { documentedColumns } from './documented-columns.ts';
import { exclusionSetOf } from './exclusion-set.ts';
import { huntedTables, unlistedTables } from './hunted-tables.ts';
import { identifier, joinKql, type Kql, kql, reviewedQuery } from './kql.ts';
import { codeOf, mentions, offsetOfLet } from './kql-code.ts';

export interface HuntQueries {
  withExclusions: string;
  /** Undefined when no exclusion applies: then it would be the same query. */
  withoutExclusions: string | undefined;
  /** Gives one row: `Rows` of the hunt's tables in the window, and `Newest`, the latest time of ingestion among them. */
  coverage: string;
  /** The exclusions that act on a table of the hunt, each as its id and a fingerprint of its predicate: `id:fingerprint`, in order of the ids. */
  exclusionSet: string[];
  /** What a reader should know, in sentences. */
  problems: string[];
}

/**
 * The queries of one run. Each text ends in the window's query, unedited; before it stands a `let` per table that
 * shadows the table, so that exclusions act before the query summarizes and `Timestamp` exists in either flavour.
 *
 * @throws when the query itself declares a `let` with a table's name (see `tableDeclaredByQuery`).
 */
export function buildQueries({
  hunt,
  exclusions,
  window,
}: {
  hunt: Hunt;
  /** Those that `exclusionsFor` found to apply. */
  exclusions: readonly Exclusion[];
  window: Pick<Window, 'from' | 'to' | 'query'>;
}): HuntQueries {
  const declared = tableDeclaredByQuery(hunt);
  if (declared) throw new Error(`${hunt.file}: ${declared.message}`);

  const code = codeOf(window.query);
  const tables = huntedTables(hunt);
  const filters = new Map(
    tables.map((table) => [
      table,
      hidingFilters(
        exclusions.filter((exclusion) => appliesTo(exclusion, table)),
        table,
      ),
    ]),
  );
  const query = (filtersOf: (table: string) => readonly Kql[]) => withPrelude(hunt, window, filtersOf);

  const exclusionSet = exclusionSetOf(exclusions, hunt);
  return {
    withExclusions: query((table) => filters.get(table) ?? []),
    withoutExclusions: exclusionSet.length === 0 ? undefined : query(() => []),
    coverage: coverageQuery(tables.length > 0 ? tables : hunt.tables, window),
    exclusionSet,
    problems: [
      ...tables
        .filter((table) => lacksAccountUpn(table, code))
        .map(
          (table) =>
            `${hunt.file}: ${table} has no AccountUpn; InitiatingProcessAccountUpn is used in its place.`,
        ),
      ...unlistedTables(hunt).map(
        (table) =>
          `${hunt.file}: the query reads ${table}, which requiredDataConnectors.dataTypes doesn't name: ` +
          'exclusions do not act on it, and its rows are not counted. Add it there.',
      ),
    ],
  };
}

/**
 * The hunt on nothing but what one exclusion matches: tables that it does not act on are empty. What it returns, the rows of that exclusion
 * give by themselves.
 */
export function narrowedQuery(hunt: Hunt, exclusion: Exclusion, window: Pick<Window, 'query'>): string {
  return withPrelude(hunt, window, (table) => [
    appliesTo(exclusion, table) ? matchFilter(exclusion, table) : kql`| where false`,
  ]);
}

function withPrelude(
  hunt: Hunt,
  window: Pick<Window, 'query'>,
  filtersOf: (table: string) => readonly Kql[],
): string {
  const code = codeOf(window.query);
  const shadows = huntedTables(hunt).map((table) => shadow(table, filtersOf(table), code));
  return kql`${joinKql(shadows, kql``)}${reviewedQuery(window.query)}`.text;
}

/** A `let` of the query with the name of one of its tables: it would clash with the prelude's (KS201). */
export function tableDeclaredByQuery(
  hunt: Pick<Hunt, 'tables' | 'query'>,
): { line: number; message: string } | undefined {
  const code = codeOf(hunt.query);
  for (const table of hunt.tables) {
    const offset = offsetOfLet(code, table);
    if (offset === undefined) continue;
    const line = code.slice(0, offset).split('\n').length;
    return {
      line,
      message: `line ${line} of the query declares 'let ${table}', the name of its table; rename that variable, so that exclusions can act on the table.`,
    };
  }
  return undefined;
}

function shadow(table: string, filters: readonly Kql[], code: string): Kql {
  const lines = [
    kql`let ${identifier(table)} = table(${table})`,
    kql`| extend Timestamp = column_ifexists("Timestamp", column_ifexists("TimeGenerated", datetime(null)))`,
    ...(lacksAccountUpn(table, code)
      ? [
          kql`| extend AccountUpn = column_ifexists("AccountUpn", column_ifexists("InitiatingProcessAccountUpn", ""))`,
        ]
      : []),
    ...filters,
  ];
  return kql`${joinKql(lines, kql`\n`)};\n`;
}

/** Many public hunts use `AccountUpn` on tables that document only `InitiatingProcessAccountUpn`. */
function lacksAccountUpn(table: string, code: string): boolean {
  const columns = documentedColumns(table);
  return (
    columns?.has('InitiatingProcessAccountUpn') === true &&
    !columns.has('AccountUpn') &&
    mentions(code, 'AccountUpn')
  );
}

function coverageQuery(tables: readonly string[], { from, to }: Pick<Window, 'from' | 'to'>): string {
  const [first, ...others] = tables.map(
    (table) =>
      kql`table(${table}) | where TimeGenerated between (${from} .. ${to}) | summarize Rows = count(), Newest = max(ingestion_time())`,
  );
  if (!first) return kql`print Rows = long(null), Newest = datetime(null)`.text;
  if (others.length === 0) return first.text;
  const each = [first, ...others].map((query) => kql`(${query})`);
  return kql`union ${joinKql(each, kql`, `)} | summarize Rows = sum(Rows), Newest = max(Newest)`.text;
}
