import { GET_WATCHLIST, type KqlNode, watchlistTable } from '../language-service.ts';
import { nameOf, need } from './nodes.ts';
import { type Relation, type Scope, type Translation, UnsupportedKql } from './relation.ts';

/** Whether the node calls `_GetWatchlist`, the function of Sentinel. */
export function isWatchlist(node: KqlNode): boolean {
  return node.kind === 'FunctionCallExpression' && nameOf(need(node, 'Name')) === GET_WATCHLIST;
}

/** The rows of a watchlist. */
export function watchlist(node: KqlNode, scope: Scope, translation: Translation): Relation {
  const alias = aliasOf(node, scope, translation);
  const relation = translation.table(watchlistTable(alias));
  if (!relation)
    throw new UnsupportedKql(`the watchlist '${alias}', of which there is no file ${alias}.csv`, node);
  return { ...relation, name: GET_WATCHLIST };
}

/** Whether a leg of a fuzzy union reads a watchlist that is not there: it is left out. */
export function readsMissingWatchlist(leg: KqlNode, scope: Scope, translation: Translation): boolean {
  return [...leg.walk()].some(
    (node) => isWatchlist(node) && !translation.table(watchlistTable(aliasOf(node, scope, translation))),
  );
}

function aliasOf(node: KqlNode, scope: Scope, translation: Translation): string {
  const [argument] = need(node, 'ArgumentList').items('Expressions');
  const { constant: alias } = argument ? translation.scalar(argument, scope) : {};
  if (typeof alias !== 'string') throw new UnsupportedKql('an alias that is no constant', node);
  return alias;
}
