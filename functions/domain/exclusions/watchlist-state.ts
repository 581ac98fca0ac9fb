import type { LogsAnswer } from '../hunting/read-answers.ts';
import { toRows } from '../hunting/result-table.ts';
import type { Exclusion, WatchlistMatcher } from './exclusion.ts';

/** A column of a watchlist, as a run found it. */
export interface WatchlistState {
  alias: string;
  column: string;
  /** Entries that are not empty. */
  entries: number;
  /** When it was last changed; null when that is not known. */
  changed: string | null;
}

/** Pure: what the answer to `watchlistQuery` says, and what readers must know of it. */
export function readWatchlistState(
  answer: LogsAnswer,
  lists: readonly WatchlistMatcher[],
  exclusions: readonly Exclusion[],
): { watchlists: WatchlistState[]; problems: string[] } {
  if (answer.kind === 'failed')
    return {
      watchlists: [],
      problems: [`The watchlists that exclusions name could not be looked at: ${answer.reason}`],
    };
  const rows = toRows(answer.table);
  const watchlists = lists.map(({ alias, entries: column }, index): WatchlistState => {
    const row = rows.find(({ List }) => List === String(index));
    return {
      alias,
      column,
      entries: typeof row?.Entries === 'number' ? row.Entries : 0,
      changed: row?.Changed instanceof Date ? row.Changed.toISOString() : null,
    };
  });
  const problems = watchlists
    .filter(({ entries }) => entries === 0)
    .map(
      ({ alias, column }) =>
        `The watchlist ${alias} has no entries in ${column}, is not there, or this app may not read it (table Watchlist): ${usersOf(alias, column, exclusions)} hides nothing by it.`,
    );
  return { watchlists, problems };
}

function usersOf(alias: string, column: string, exclusions: readonly Exclusion[]): string {
  const ids = exclusions
    .filter(({ any }) =>
      any
        .flat()
        .some(
          (matcher) =>
            matcher.operator === 'watchlist' && matcher.alias === alias && matcher.entries === column,
        ),
    )
    .map(({ id }) => id);
  return `${ids.length === 1 ? 'exclusion' : 'each of the exclusions'} ${ids.join(', ')}`;
}
