import type { TableClient, TransactionAction } from '@azure/data-tables';
import pLimit from 'p-limit';
import type { HiddenFact, LedgerEntry, LedgerMemory } from '../../domain/exclusions/ledger.ts';
import type { Batch, SeenFacts } from '../../domain/hunting/run-facts.ts';
import type { Sighting } from '../../domain/hunting/sighting.ts';
import { type HuntMemory, type HuntSession, type HuntState, LeaseLost } from '../../ports/hunt-state.ts';
import { readState, type State, type Taken, takeLease } from './lease.ts';
import {
  fromLedgerRow,
  fromSeenRow,
  fromStreakColumns,
  packJson,
  partitionOf,
  rowKeys,
  seenColumns,
  toLedgerRow,
  toOutboxRow,
  toSeenRow,
  toStreakColumns,
  WITH_HIDER,
} from './rows.ts';
import { isConflict, rowsUnder, transact } from './table.ts';

/**
 * Hunts' memory in one table: a partition for each hunt and workspace. The `state` row holds lease and watermark, and is part of every
 * transaction under its ETag, so that a run that lost its lease can write nothing.
 */
export function tableHuntState(table: () => Promise<TableClient>): HuntState {
  return {
    async open(scope, lease) {
      const client = await table();
      const partition = partitionOf(scope);
      const taken = await takeLease(client, scope, partition, lease);
      return taken.kind === 'held' ? taken : session(client, partition, taken, lease);
    },
    async peek(scope) {
      const client = await table();
      const partition = partitionOf(scope);
      return memoryOf(client, partition, await readState(client, partition));
    },
  };
}

function memoryOf(client: TableClient, partition: string, state: State | undefined): HuntMemory {
  const streak = state && fromStreakColumns(state);
  return {
    progress: {
      ...(state?.BaselineAt && { baselineAt: state.BaselineAt }),
      ...(state?.Watermark && { watermark: state.Watermark }),
      ...(state?.ReckonedAt && { reckonedAt: state.ReckonedAt }),
      ...(streak && { streak }),
    },
    recall: (sightings) => recall(client, partition, sightings, state?.SeenCount ?? 0),
    recallLedger: () => recallLedger(client, partition),
  };
}

const READS_AT_ONCE = 16;
/** Rows that the service puts in one page of an answer, at most. */
const ROWS_PER_PAGE = 1_000;

/**
 * Reads what is known of the sightings' devices: a range for each device, side by side, or everything page by page, whichever takes fewer round trips. So a
 * large memory costs a small result little, and a large result costs no thousands of reads.
 */
async function recall(
  client: TableClient,
  partition: string,
  sightings: readonly Sighting[],
  seenCount: number,
): Promise<Map<string, SeenFacts>> {
  const devices = [...new Set(sightings.map(({ deviceKey }) => deviceKey ?? ''))];
  const rounds = Math.ceil(devices.length / READS_AT_ONCE);
  const pages = Math.ceil(seenCount / ROWS_PER_PAGE);
  const prefixes = rounds < pages ? devices.map((device) => `seen|${device}`) : ['seen'];

  const seen = new Map<string, SeenFacts>();
  const limit = pLimit(READS_AT_ONCE);
  const read = async (prefix: string) => {
    for await (const row of rowsUnder(client, partition, prefix, seenColumns)) {
      const fact = fromSeenRow(row);
      seen.set(fact.key, fact);
    }
  };
  if (devices.length > 0) await Promise.all(prefixes.map((prefix) => limit(read, prefix)));
  return seen;
}

async function recallLedger(client: TableClient, partition: string): Promise<LedgerMemory> {
  const entries: LedgerEntry[] = [];
  for await (const row of rowsUnder(client, partition, 'ledger')) entries.push(fromLedgerRow(row));
  const hidden: HiddenFact[] = [];
  for await (const row of rowsUnder(client, partition, 'seen', seenColumns, WITH_HIDER)) {
    const { key, deviceKey, lastSeen, hiddenBy = [] } = fromSeenRow(row);
    hidden.push({ key, ...(deviceKey !== undefined && { deviceKey }), lastSeen, hiddenBy });
  }
  return { entries, hidden };
}

/** Together with the state and run rows they fit an entity-group transaction of 100 entities. */
const LEDGER_ROWS_PER_TRANSACTION = 90;

function session(
  client: TableClient,
  partition: string,
  taken: Taken,
  { owner, now: openedAt }: { owner: string; now: Date },
): HuntSession {
  let { etag } = taken;
  let open = true;
  const memory = memoryOf(client, partition, taken.state);
  const recalled = new Set<string>();

  /** Writes under the state row's ETag, which proves that the lease is still ours. */
  async function write(state: Record<string, unknown>, actions: TransactionAction[]): Promise<void> {
    const row = { partitionKey: partition, rowKey: rowKeys.state, ...state };
    const attempt = () => transact(client, [['update', row, 'Merge', { etag }], ...actions]);
    try {
      etag = await attempt();
    } catch (error) {
      if (!isConflict(error)) throw error;
      const current = await readState(client, partition);
      if (current?.LeaseOwner !== owner) throw new LeaseLost();
      // Nobody else holds it: the answer to a first try got lost, and the SDK tried again. All are upserts, so they may be written twice.
      etag = current.etag;
      etag = await attempt();
    }
  }

  // The owner stays: it tells our own writes from another's.
  const free = { LeaseUntil: openedAt };
  return {
    kind: 'open',
    progress: memory.progress,
    async recall(sightings) {
      const seen = await memory.recall(sightings);
      for (const key of seen.keys()) recalled.add(key);
      return seen;
    },
    recallLedger: memory.recallLedger,
    async commit(plan, report) {
      const { watermark, baselineAt, health } = plan;
      const newlySeen = plan.batches
        .flatMap(({ seen }) => seen)
        .filter(({ key }) => !recalled.has(key)).length;
      for (const batch of plan.batches) await write({}, toActions(partition, batch));
      const ledger = (plan.ledger ?? []).map(
        (entry): TransactionAction => [
          'upsert',
          { partitionKey: partition, rowKey: rowKeys.ledger(entry.exclusion), ...toLedgerRow(entry) },
          'Replace',
        ],
      );
      while (ledger.length > LEDGER_ROWS_PER_TRANSACTION)
        await write({}, ledger.splice(0, LEDGER_ROWS_PER_TRANSACTION));
      const { findings, ...summary } = report;
      const run = {
        partitionKey: partition,
        rowKey: rowKeys.run(report.runId),
        ...packJson('Report', { ...summary, findings: findings.length }),
      };
      await write(
        {
          ...free,
          SeenCount: (taken.state?.SeenCount ?? 0) + newlySeen,
          ...(watermark && { Watermark: watermark }),
          ...(baselineAt && { BaselineAt: baselineAt }),
          ...(plan.ledger && { ReckonedAt: openedAt }),
          ...toStreakColumns(health.streak),
        },
        [
          ['upsert', run, 'Replace'],
          ...ledger,
          ...(health.message ? [toUpsert(partition, toOutboxRow(health.message))] : []),
        ],
      );
      open = false;
    },
    async release() {
      if (!open) return;
      open = false;
      await client
        .updateEntity({ partitionKey: partition, rowKey: rowKeys.state, ...free }, 'Merge', { etag })
        .catch((error: unknown) => {
          if (!isConflict(error)) throw error;
        });
    },
  };
}

function toActions(partitionKey: string, { message, findings, seen }: Batch): TransactionAction[] {
  const rows = [
    ...seen.map((fact) => ({ rowKey: rowKeys.seen(fact), ...toSeenRow(fact) })),
    ...findings.map(({ messageId, finding, about }) => ({
      rowKey: rowKeys.finding(messageId, finding.id),
      Kind: finding.kind,
      SeenKey: about.key,
      DeviceKey: about.deviceKey ?? '',
      ...packJson('Finding', finding),
    })),
    ...(message ? [toOutboxRow(message)] : []),
  ];
  return rows.map((row) => toUpsert(partitionKey, row));
}

function toUpsert(partitionKey: string, row: { rowKey: string }): TransactionAction {
  return ['upsert', { partitionKey, ...row }, 'Replace'];
}
