import { compiledOf, type Hunt } from './hunt.ts';
import type { Evidence } from './read-answers.ts';
import type { Progress } from './run-facts.ts';
import { hash } from './sighting.ts';
import type { Slice } from './slice.ts';

/** What a reader of any run of a hunt should know of the hunt itself, in sentences. */
export function remarksOn(hunt: Hunt): string[] {
  const { supplied, tables } = compiledOf(hunt);
  return [
    ...supplied.map(
      ({ table, column, from }) => `${hunt.file}: ${table} has no ${column}; ${from} is used in its place.`,
    ),
    ...tables
      .filter(({ name }) => !hunt.tables.includes(name))
      .map(({ name, shadowed }) =>
        shadowed
          ? `${hunt.file}: the query reads ${name}, which requiredDataConnectors.dataTypes doesn't name: ` +
            'exclusions do not act on it. Add it there.'
          : `${hunt.file}: the query reads ${name} in a way that exclusions can't act on.`,
      ),
  ];
}

/** What an answer looks like that is told once: as long as it stays so, no run says it again. */
export function retypedNews(
  { retyped = [] }: Pick<Evidence, 'retyped'>,
  { retypedTold = '' }: Pick<Progress, 'retypedTold'>,
): { problems: string[]; retypedTold: string } {
  const name = retyped.length > 0 ? hash(...retyped) : '';
  return { problems: name === retypedTold ? [] : retyped, retypedTold: name };
}

/** That nobody knows what a query looks at. */
export function unknownReach(hunt: Hunt, { covered }: Pick<Slice, 'covered'>): string[] {
  return covered
    ? []
    : [
        `${hunt.file}: what time the query looks at can't be told, so no run of it is complete. ` +
          'Write its times with ago() or now(), leave them out, or declare a lookback.',
      ];
}
