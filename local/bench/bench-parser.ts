import { join } from 'node:path';
import { schemaOf } from 'kql-workspace/documented-columns.ts';
import { parseAndBind } from 'kql-workspace/language-service.ts';
import { checkHunts } from '../hunts/check-hunts.ts';
import type { Measure } from './measure.ts';
import { median, timed } from './time-in-turns.ts';

/** What Microsoft's parser and binder take, which is the same however many events there are. */
export async function benchParser(query: string): Promise<readonly Measure[]> {
  const schema = schemaOf('defender-xdr');
  const first = await timed(() => parseAndBind('print 1', schema));
  const cold = await timed(() => parseAndBind(query, schema));
  const warm: number[] = [];
  for (let run = 0; run < 20; run++)
    warm.push((await timed(() => parseAndBind(`${query}\n// ${run}`, schema))).ms);
  return [
    { what: 'parser: load and first bind', value: first.ms, unit: 'ms' },
    { what: 'parser: the hunt, parsed and bound for the first time', value: cold.ms, unit: 'ms' },
    { what: 'parser: the hunt, parsed and bound again (median of 20)', value: median(warm), unit: 'ms' },
  ];
}

/** What `npm run hunts` takes: every hunt compiled, bound and tested, then all of it again with what is known by then. */
export async function benchHunts(): Promise<readonly Measure[]> {
  const measures: Measure[] = [];
  for (const when of ['for the first time', 'again']) {
    const { value, ms } = await timed(() => checkHunts({ root: join(import.meta.dirname, '../..') }));
    measures.push({ what: `hunts: ${value.length} of them checked ${when}`, value: ms, unit: 'ms' });
  }
  return measures;
}
