import type { TableClient } from '@azure/data-tables';
import pLimit from 'p-limit';
import type { HiddenFact, LedgerEntry, LedgerMemory } from '../../domain/exclusions/ledger.ts';
import type { SeenFacts } from '../../domain/hunting/run-facts.ts';
import type { Sighting } from '../../domain/hunting/sighting.ts';
import { fromLedgerRow } from './rows.ts';
import { fromSeenRow, listsOf, seenColumns, WITH_HIDER } from './seen-rows.ts';
import { rowsUnder } from './table.ts';

const READS_AT_ONCE = 16;
/** Rows that the service puts in one page of an answer, at most. */
const ROWS_PER_PAGE = 1_000;

/**
 * Reads what is known of the sightings' devices: a range for each device, side by side, or everything page by page, whichever takes fewer round trips. So a
 * large memory costs a small result little, and a large result costs no thousands of reads.
 */
export async function recall(
  client: TableClient,
  partition: string,
  sightings: readonly Sighting[],
  seenCount: number,
  signal: AbortSignal | undefined,
): Promise<Map<string, SeenFacts>> {
  const devices = [...new Set(sightings.map(({ deviceKey }) => deviceKey ?? ''))];
  const rounds = Math.ceil(devices.length / READS_AT_ONCE);
  const pages = Math.ceil(seenCount / ROWS_PER_PAGE);
  const prefixes = rounds < pages ? devices.map((device) => `seen|${device}`) : ['seen'];

  const seen = new Map<string, SeenFacts>();
  const lists = listsOf(client, partition, signal);
  const limit = pLimit(READS_AT_ONCE);
  const read = async (prefix: string) => {
    for await (const row of rowsUnder(client, partition, prefix, { select: seenColumns, signal })) {
      const fact = await fromSeenRow(row, lists);
      seen.set(fact.key, fact);
    }
  };
  if (devices.length > 0) await Promise.all(prefixes.map((prefix) => limit(read, prefix)));
  return seen;
}

export async function recallLedger(
  client: TableClient,
  partition: string,
  signal: AbortSignal | undefined,
): Promise<LedgerMemory> {
  const entries: LedgerEntry[] = [];
  for await (const row of rowsUnder(client, partition, 'ledger', { signal }))
    entries.push(fromLedgerRow(row));
  const hidden: HiddenFact[] = [];
  const lists = listsOf(client, partition, signal);
  for await (const row of rowsUnder(client, partition, 'seen', {
    select: seenColumns,
    where: WITH_HIDER,
    signal,
  })) {
    const { key, deviceKey, lastSeen, hiddenBy = [] } = await fromSeenRow(row, lists);
    hidden.push({ key, ...(deviceKey !== undefined && { deviceKey }), lastSeen, hiddenBy });
  }
  return { entries, hidden };
}
