import type { TableClient, TransactionAction } from '@azure/data-tables';
import type { RunReport } from '../../domain/hunting/report.ts';
import type { Commit } from '../../domain/hunting/run-facts.ts';
import {
  CommitBroken,
  type HuntMemory,
  type HuntSession,
  type HuntState,
  LeaseLost,
  type LeaseRequest,
} from '../../ports/hunt-state.ts';
import { batchTransactions, toUpsert } from './batch-transactions.ts';
import { findPlace } from './find-place.ts';
import { released, type Taken, takeLease } from './lease.ts';
import { readState, type State } from './read-state.ts';
import { recall, recallLedger } from './recall.ts';
import { packJson, rowKeys, toLedgerRow, toOutboxRow } from './rows.ts';
import {
  fromArrearsColumns,
  fromHidingColumns,
  fromReckoningColumns,
  fromStreakColumns,
  toArrearsColumns,
  toHidingColumns,
  toReckoningColumns,
  toStreakColumns,
} from './state-row.ts';
import { isConflict, transact } from './table.ts';
import { isMessage, markWaiting } from './waiting.ts';

/**
 * Hunts' memory in one table: a partition for each hunt and workspace. The `state` row holds lease and watermark, and is part of every
 * transaction under its ETag, so that a run that lost its lease can write nothing.
 */
export function tableHuntState(table: () => Promise<TableClient>): HuntState {
  return {
    async open(scope, lease) {
      const client = await table();
      const place = await findPlace(client, scope, lease.signal);
      const taken = await takeLease(client, scope, place, lease);
      return taken.kind === 'held' ? taken : session(client, place.partition, taken, lease);
    },
    async peek(scope, signal) {
      const client = await table();
      const { partition, state } = await findPlace(client, scope, signal);
      return memoryOf(client, partition, state, signal);
    },
  };
}

function memoryOf(
  client: TableClient,
  partition: string,
  state: State | undefined,
  signal: AbortSignal | undefined,
): HuntMemory {
  const streak = state && fromStreakColumns(state);
  const reckoning = state && fromReckoningColumns(state);
  const toldHiding = state && fromHidingColumns(state);
  const arrears = state && fromArrearsColumns(state);
  return {
    progress: {
      ...(arrears && { arrears }),
      ...(state?.BaselineAt && { baselineAt: state.BaselineAt }),
      ...(state?.HuntHash && state.HuntSince && { hunted: { hash: state.HuntHash, since: state.HuntSince } }),
      ...(state?.Watermark && { watermark: state.Watermark }),
      ...(state?.TurnAt && { turnAt: state.TurnAt }),
      ...(reckoning && { reckoning }),
      ...(toldHiding && { toldHiding }),
      ...(streak && { streak }),
      ...(state?.RetypedTold && { retypedTold: state.RetypedTold }),
    },
    recall: (sightings) => recall(client, partition, sightings, state?.SeenCount ?? 0, signal),
    recallLedger: () => recallLedger(client, partition, signal),
  };
}

/** For what must still be found out or said when the run's time is over. */
const LOOK_UP_MS = 10_000;

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Together with the state and run rows they fit an entity-group transaction of 100 entities. */
const LEDGER_ROWS_PER_TRANSACTION = 90;

function session(
  client: TableClient,
  partition: string,
  taken: Taken,
  { owner, signal }: LeaseRequest,
): HuntSession {
  let { etag } = taken;
  let open = true;
  let marked = false;
  let writes = 0;
  let seenCount = taken.state?.SeenCount ?? 0;
  const memory = memoryOf(client, partition, taken.state, signal);
  const recalled = new Set<string>();

  /**
   * Writes under the state row's ETag, which proves that the lease is still ours. Each write leaves its mark there, so that one whose answer was lost can
   * be told from one that failed; either is tried once more, which is safe under the ETag.
   */
  async function write(state: Record<string, unknown>, actions: TransactionAction[]): Promise<void> {
    const tells = actions.some(([, { rowKey }]) => isMessage(rowKey));
    if (tells && !marked) await markWaiting(client, partition, taken.until, signal);
    marked ||= tells;
    const mark = `${owner} ${++writes}`;
    const row = { partitionKey: partition, rowKey: rowKeys.state, ...state, LastWrite: mark };
    for (let tries = 1; ; tries++) {
      if (performance.now() > taken.endsAt) throw new LeaseLost();
      try {
        etag = await transact(client, [['update', row, 'Merge', { etag }], ...actions], signal);
        return;
      } catch (error) {
        const current = await lookUp(error);
        if (current?.LeaseOwner !== owner) throw new LeaseLost();
        etag = current.etag;
        if (current.LastWrite === mark) return;
        if (tries === 2 || signal.aborted) throw error;
      }
    }
  }

  /** The state as it is, also when the run's time is over. */
  async function lookUp(error: unknown): Promise<State | undefined> {
    try {
      return (await readState(client, partition, AbortSignal.timeout(LOOK_UP_MS))).state;
    } catch {
      throw new CommitBroken(reasonOf(error), 0, true);
    }
  }

  return {
    kind: 'open',
    progress: memory.progress,
    async recall(sightings) {
      const seen = await memory.recall(sightings);
      for (const key of seen.keys()) recalled.add(key);
      return seen;
    },
    recallLedger: memory.recallLedger,
    abandoned: taken.abandoned,
    tell: ({ streak, message }) =>
      write(
        { ...toStreakColumns(streak), Abandoned: 0 },
        message ? [toUpsert(partition, toOutboxRow(message))] : [],
      ),
    async commit(plan, report, more) {
      let stored = 0;
      try {
        await commitAll(plan, report, more, () => {
          stored++;
        });
        open = more === 'more';
      } catch (error) {
        if (error instanceof LeaseLost) throw new LeaseLost(stored);
        const unsure = error instanceof CommitBroken && error.unsure;
        throw new CommitBroken(reasonOf(error), stored, unsure);
      }
    },
    async release() {
      if (!open) return;
      open = false;
      const abortSignal = AbortSignal.timeout(LOOK_UP_MS);
      await client
        .updateEntity({ partitionKey: partition, rowKey: rowKeys.state, ...released }, 'Merge', {
          etag,
          abortSignal,
        })
        .catch((error: unknown) => {
          if (!isConflict(error)) throw error;
        });
    },
  };

  async function commitAll(
    plan: Commit,
    report: RunReport,
    more: 'more' | undefined,
    onBatch: () => void,
  ): Promise<void> {
    const { watermark, baselineAt, arrears, health, notices } = plan;
    const newlySeen = plan.batches.flatMap(({ seen }) => seen).filter(({ key }) => !recalled.has(key));
    for (const { key } of newlySeen) recalled.add(key);
    seenCount += newlySeen.length;
    for (const batch of plan.batches) {
      for (const actions of batchTransactions(partition, batch)) await write({}, actions);
      onBatch();
    }
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
        ...(more ? {} : released),
        SeenCount: seenCount,
        ...(watermark && { Watermark: watermark }),
        ...(baselineAt && { BaselineAt: baselineAt }),
        ...(plan.hunted && { HuntHash: plan.hunted.hash, HuntSince: plan.hunted.since }),
        ...(plan.retypedTold !== undefined && { RetypedTold: plan.retypedTold }),
        ...(plan.reckoning && toReckoningColumns(plan.reckoning)),
        ...(plan.breadth && toHidingColumns(plan.breadth)),
        ...(arrears && toArrearsColumns(arrears)),
        ...(health && toStreakColumns(health.streak)),
      },
      [
        ['upsert', run, 'Replace'],
        ...ledger,
        ...[...notices, ...(health?.message ? [health.message] : [])].map((message) =>
          toUpsert(partition, toOutboxRow(message)),
        ),
      ],
    );
  }
}
