import type { Exclusion, WatchlistMatcher } from '../exclusions/exclusion.ts';
import { joinKql, type Kql, kql } from './kql.ts';

/** The entries of a watchlist in lower case, none of them empty. One that is not there, or that this app may not read, has none: a fuzzy union leaves out what can't be resolved. */
export function watchlistEntries({ alias, entries }: Pick<WatchlistMatcher, 'alias' | 'entries'>): Kql {
  return kql`union isfuzzy=true (datatable(entry: string, changed: datetime)[]), (_GetWatchlist(${alias}) | project entry = tolower(trim(" ", tostring(column_ifexists(${entries}, "")))), changed = column_ifexists("LastUpdatedTimeUTC", datetime(null)) | where isnotempty(entry))`;
}

/** The lists of watchlists that exclusions compare with, each once. */
export function watchlistsOf(exclusions: readonly Exclusion[]): WatchlistMatcher[] {
  const matchers = exclusions
    .flatMap(({ any }) => any.flat())
    .filter((matcher) => matcher.operator === 'watchlist');
  return [...new Map(matchers.map((matcher) => [`${matcher.alias}\n${matcher.entries}`, matcher])).values()];
}

/** One row for each list: its place among them (`List`), how many entries it has (`Entries`), and when it was changed last (`Changed`). */
export function watchlistQuery(lists: readonly WatchlistMatcher[]): string {
  const each = lists.map(
    (list, index) =>
      kql`(${watchlistEntries(list)} | summarize Entries = count(), Changed = max(changed) | extend List = ${String(index)})`,
  );
  return kql`union ${joinKql(each, kql`, `)}`.text;
}
