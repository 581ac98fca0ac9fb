import type { CompiledHunt } from '../hunting/compiled-hunt.ts';
import type { Slice } from '../hunting/slice.ts';
import { kql } from './kql.ts';

/** A hunt's query for one slice. */
export interface FilledQuery {
  /** The query's own `set` statements, in order: they stand before whatever is put ahead of the query. */
  sets: string[];
  /** The rest, byte for byte but for what was filled in; blanks stand where the `set` statements were, so that lines stay. */
  body: string;
}

interface Replacement {
  start: number;
  end: number;
  text: string;
}

/**
 * Fills a query's placeholders with what the slice covers; `literally`, for a service that does not honour `query_now`, `now()` and `ago(…)` too, with the
 * slice's time.
 */
export function fillTimes(
  query: string,
  { times, sets }: Pick<CompiledHunt, 'times' | 'sets'>,
  slice: Pick<Slice, 'at' | 'from' | 'to'>,
  literally: boolean,
): FilledQuery {
  const at = kql`${slice.at}`.text;
  const replacements: Replacement[] = sets.map(({ start, end }) => ({
    start,
    end,
    text: query.slice(start, end).replace(/[^\r\n]/g, ' '),
  }));
  for (const { kind, start, end, argument, quoted } of times) {
    const inner = argument && query.slice(argument.start, argument.end);
    switch (kind) {
      case 'start':
      case 'end': {
        const time = kind === 'start' ? slice.from : slice.to;
        replacements.push({ start, end, text: quoted ? time.toISOString() : kql`${time}`.text });
        break;
      }
      case 'now':
        if (literally) replacements.push({ start, end, text: inner ? `(${at} + (${inner}))` : at });
        break;
      case 'ago':
        if (literally) replacements.push({ start, end, text: `(${at} - (${inner}))` });
        break;
    }
  }
  return { sets: sets.map(({ start, end }) => query.slice(start, end)), body: replace(query, replacements) };
}

function replace(text: string, replacements: readonly Replacement[]): string {
  let replaced = '';
  let done = 0;
  for (const { start, end, text: filled } of replacements.toSorted((one, other) => one.start - other.start)) {
    replaced += text.slice(done, start) + filled;
    done = end;
  }
  return replaced + text.slice(done);
}
