import type { BenchQuery } from './bench-query.ts';
import { queriesOnGroups } from './queries-on-groups.ts';
import { queriesOnText } from './queries-on-text.ts';

/** What hunts are made of, over the tables of `generate-pack.ts`. */
export const queryPack: readonly BenchQuery[] = [...queriesOnText, ...queriesOnGroups];
