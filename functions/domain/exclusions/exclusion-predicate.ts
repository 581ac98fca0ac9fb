import type { Hunt } from '../hunting/hunt.ts';
import { documentedColumns } from '../kql/documented-columns.ts';
import { joinKql, type Kql, kql } from '../kql/kql.ts';
import { watchlistEntries } from '../kql/watchlist-query.ts';
import {
  type Exclusion,
  holdsAddresses,
  type Matcher,
  type ValueMatcher,
  type WatchlistMatcher,
} from './exclusion.ts';

type Reader = Pick<Hunt, 'compiled'>;
type Columns = ReadonlyMap<string, string> | undefined;

/**
 * `where` lines that hide from `table`, which the hunt reads, what the exclusions match, without repeats and in an order that depends on nothing but them.
 * Each clause is `not (A and B)`; what is missing, empty or null makes a clause false, and a false clause hides nothing.
 */
export function hidingFilters(exclusions: readonly Exclusion[], table: string, hunt: Reader): Kql[] {
  const columns = documentedColumns(hunt, table);
  const filters = exclusions
    .flatMap(({ any }) => any)
    .map((clause) => kql`| where not(${matches(clause, columns)})`);
  return [...new Map(filters.map((filter) => [filter.text, filter])).values()].sort((a, b) =>
    a.text < b.text ? -1 : 1,
  );
}

/** The `where` line that leaves of `table` only what the exclusion matches: the opposite of what its hiding filters leave. */
export function matchFilter({ any }: Pick<Exclusion, 'any'>, table: string, hunt: Reader): Kql {
  if (any.length === 0) return kql`| where false`;
  const columns = documentedColumns(hunt, table);
  const either = joinKql(
    any.map((clause) => matches(clause, columns)),
    kql` or `,
  );
  return kql`| where ${either}`;
}

function matches(clause: readonly Matcher[], columns: Columns): Kql {
  const all = joinKql(
    clause.map((matcher) => condition(matcher, columns)),
    kql` and `,
  );
  return kql`coalesce(${all}, false)`;
}

function condition(matcher: Matcher, columns: Columns): Kql {
  const text = textOf(matcher.column, columns);
  return matcher.operator === 'watchlist' ? isListed(matcher, text) : hasValue(matcher, text);
}

function hasValue({ operator, values }: ValueMatcher, text: Kql): Kql {
  const either = (each: (value: string) => Kql): Kql =>
    values.length === 1 ? each(values[0] ?? '') : kql`(${joinKql(values.map(each), kql` or `)})`;
  switch (operator) {
    case 'equals':
      return kql`${text} in~ (${values})`;
    case 'has':
      return kql`${text} has_any (${values})`;
    case 'contains':
      return either((value) => kql`${text} contains ${value}`);
    case 'startsWith':
      return either((value) => kql`${text} startswith ${value}`);
    case 'endsWith':
      return either((value) => kql`${text} endswith ${value}`);
    case 'matches':
      return kql`isnotempty(${text}) and ${either((value) => kql`${text} matches regex ${`(?i)${value}`}`)}`;
    case 'cidr':
      return either((value) =>
        value.includes(':')
          ? kql`coalesce(ipv6_is_in_range(${text}, ${value}), false)`
          : kql`coalesce(ipv4_is_in_range(${text}, ${value}), ipv6_is_in_range(${text}, ${mapped(value)}), false)`,
      );
  }
}

function isListed(matcher: WatchlistMatcher, text: Kql): Kql {
  const list = kql`${watchlistEntries(matcher)} | project entry`;
  const same = kql`tolower(${text}) in (${list})`;
  if (!holdsAddresses(matcher.column)) return same;
  // All of the internet is no entry. The sockets of both families write IPv4 as ::ffff:203.0.113.7.
  const ranges = (which: Kql) =>
    kql`toscalar(${list} | where ${which} and not(entry matches regex "/0+$") | summarize make_list(entry))`;
  const v4 = kql`coalesce(ipv4_is_in_any_range(replace_string(tolower(${text}), "::ffff:", ""), ${ranges(kql`isnotnull(parse_ipv4(entry))`)}), false)`;
  const v6 = kql`coalesce(ipv6_is_in_any_range(${text}, ${ranges(kql`entry contains ":"`)}), false)`;
  return kql`(${same} or ${v4} or ${v6})`;
}

/** An IPv4 range as sockets of both families write it: Defender's `FourToSixMapping` has `::ffff:203.0.113.7`. */
function mapped(range: string): string {
  const [address, prefix] = range.split('/');
  return `::ffff:${address}/${96 + Number(prefix)}`;
}

/** The column as text; empty in a workspace whose table lacks it. */
function textOf(column: string, columns: Columns): Kql {
  const value = kql`column_ifexists(${column}, "")`;
  return columns?.get(column) === 'string' ? value : kql`tostring(${value})`;
}
