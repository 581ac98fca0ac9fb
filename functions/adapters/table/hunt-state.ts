import type { TableClient, TransactionAction } from '@azure/data-tables';
import type { Batch, Memory, SeenFacts } from '../../domain/plan-run.ts';
import { type HuntSession, type HuntState, LeaseLost, type Scope } from '../../ports/hunt-state.ts';
import {
  fromSeenRow,
  packJson,
  partitionOf,
  rowKeys,
  SCOPES,
  seenColumns,
  stateRow,
  toSeenRow,
} from './rows.ts';
import { isConflict, rowsUnder, statusOf, transact } from './table.ts';

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
      if (taken.kind === 'held') return taken;
      return session(client, partition, taken.etag, await readMemory(client, partition), lease.now);
    },
    async peek(scope) {
      return readMemory(await table(), partitionOf(scope));
    },
  };
}

type Taken = { kind: 'taken'; etag: string } | { kind: 'held'; until: Date };

async function takeLease(
  client: TableClient,
  scope: Scope,
  partition: string,
  lease: { owner: string; now: Date; until: Date },
): Promise<Taken> {
  const keys = { partitionKey: partition, rowKey: rowKeys.state };
  const hold = { LeaseOwner: lease.owner, LeaseUntil: lease.until };
  const state = await readState(client, partition);
  if (state?.LeaseUntil && state.LeaseUntil > lease.now) return { kind: 'held', until: state.LeaseUntil };
  try {
    if (!state) {
      await client.upsertEntity({
        partitionKey: SCOPES,
        rowKey: partition,
        HuntName: scope.hunt.name,
        WorkspaceId: scope.workspace.id,
      });
      const { etag } = await client.createEntity({ ...keys, ...hold });
      return { kind: 'taken', etag: etag ?? '' };
    }
    const { etag } = await client.updateEntity({ ...keys, ...hold }, 'Merge', { etag: state.etag });
    return { kind: 'taken', etag: etag ?? '' };
  } catch (error) {
    if (!isConflict(error)) throw error;
    // Somebody took it between our read and our write.
    const winner = await readState(client, partition);
    return { kind: 'held', until: winner?.LeaseUntil ?? lease.until };
  }
}

async function readState(client: TableClient, partition: string) {
  try {
    return stateRow.parse(await client.getEntity(partition, rowKeys.state));
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

async function readMemory(client: TableClient, partition: string): Promise<Memory> {
  const state = await readState(client, partition);
  const seen = new Map<string, SeenFacts>();
  for await (const row of rowsUnder(client, partition, 'seen', seenColumns)) {
    const fact = fromSeenRow(row);
    seen.set(fact.key, fact);
  }
  return {
    ...(state?.BaselineAt && { baselineAt: state.BaselineAt }),
    ...(state?.Watermark && { watermark: state.Watermark }),
    seen,
  };
}

function session(
  client: TableClient,
  partition: string,
  firstEtag: string,
  memory: Memory,
  openedAt: Date,
): HuntSession {
  let etag = firstEtag;
  let open = true;

  /** Writes under the state row's ETag, which proves that the lease is still ours. */
  async function write(state: Record<string, unknown>, actions: TransactionAction[]): Promise<void> {
    const guard: TransactionAction = [
      'update',
      { partitionKey: partition, rowKey: rowKeys.state, ...state },
      'Merge',
      { etag },
    ];
    try {
      etag = (await transact(client, [guard, ...actions])).get(rowKeys.state) ?? '';
    } catch (error) {
      if (isConflict(error)) throw new LeaseLost();
      throw error;
    }
  }

  const free = { LeaseOwner: '', LeaseUntil: openedAt };
  return {
    kind: 'open',
    memory,
    async commit(plan, report) {
      const { watermark, baselineAt } = plan;
      for (const batch of plan.batches) await write({}, toActions(partition, batch));
      const { findings, ...summary } = report;
      const run = {
        partitionKey: partition,
        rowKey: rowKeys.run(report.runId),
        ...packJson('Report', { ...summary, findings: findings.length }),
      };
      await write(
        {
          ...free,
          ...(watermark && { Watermark: watermark }),
          ...(baselineAt && { BaselineAt: baselineAt }),
        },
        [['upsert', run, 'Replace']],
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
    ...findings.map(({ messageId, finding }) => ({
      rowKey: rowKeys.finding(messageId, finding.id),
      Kind: finding.kind,
      ...packJson('Finding', finding),
    })),
    ...(message
      ? [
          {
            rowKey: rowKeys.outbox(message.id),
            Attempts: 0,
            CreatedAt: new Date(message.createdAt),
            NextAttemptAt: new Date(message.createdAt),
            ...packJson('Message', message),
          },
        ]
      : []),
  ];
  return rows.map((row): TransactionAction => ['upsert', { partitionKey, ...row }, 'Replace']);
}
