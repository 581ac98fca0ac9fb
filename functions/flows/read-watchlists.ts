import type { Exclusion } from '../domain/exclusions/exclusion.ts';
import { readWatchlistState } from '../domain/exclusions/watchlist-state.ts';
import type { Span } from '../domain/hunting/span.ts';
import { watchlistQuery, watchlistsOf } from '../domain/kql/watchlist-query.ts';
import type { AskWorkspace } from './ask-workspace.ts';

/** How the watchlists are that exclusions take their values from; asks nothing where they take none. `span`: the one that the hunt's own query has. */
export async function readWatchlists(
  exclusions: readonly Exclusion[],
  span: Span,
  ask: AskWorkspace,
): Promise<ReturnType<typeof readWatchlistState>> {
  const lists = watchlistsOf(exclusions);
  if (lists.length === 0) return { watchlists: [], problems: [] };
  return readWatchlistState(await ask(watchlistQuery(lists), span), lists, exclusions);
}
