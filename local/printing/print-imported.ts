import { showText } from '../../functions/domain/messages/show-text.ts';
import type { Imported } from '../exclusions/import-watchlist.ts';

const MAX_SHOWN = 20;

/** What an import took and what it did not, for a person at a terminal. */
export function printImported({ values, leftOut }: Imported): string {
  const lines = leftOut
    .slice(0, MAX_SHOWN)
    .map(({ value, reason }) => `  ${showText(value, 80)}: ${showText(reason, 200)}`);
  const more = leftOut.length - lines.length;
  return [
    `${values.toLocaleString('en')} ${values === 1 ? 'value' : 'values'}; ${leftOut.length === 0 ? 'none left out' : `${leftOut.length.toLocaleString('en')} left out:`}`,
    ...lines,
    ...(more > 0 ? [`  and ${more.toLocaleString('en')} more`] : []),
  ].join('\n');
}
