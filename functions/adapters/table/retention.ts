import type { TableClient } from '@azure/data-tables';
import { runTime } from '../../domain/hunting/run-id.ts';
import type { Retention } from '../../ports/retention.ts';
import { findPlace } from './find-place.ts';
import { rowKeys } from './rows.ts';
import { isConflict, rowsBetween, rowsUnder } from './table.ts';

/** So many rows of each kind in one call: a run must not be long because of what was. */
const MOST_ROWS = 500;

/** Rows go one by one under their ETags: one that a run has just written again stays. */
export function tableRetention(table: () => Promise<TableClient>): Retention {
  return {
    async forget(scope, before, signal) {
      const client = await table();
      const { partition } = await findPlace(client, scope, signal);
      const { odata } = await import('@azure/data-tables');
      const select: readonly string[] = [];
      const runs = [rowKeys.run(''), rowKeys.run(runTime(before.runs))] as const;
      const findings = ['finding|', `finding|${runTime(before.memory)}`] as const;
      const aged = [
        rowsUnder(client, partition, 'seen', {
          select,
          where: odata`LastSeen lt ${before.memory}`,
          signal,
        }),
        rowsUnder(client, partition, 'entity', {
          select,
          where: odata`LastSeen lt ${before.memory}`,
          signal,
        }),
        rowsBetween(client, partition, findings, { select, signal }),
        rowsBetween(client, partition, runs, { select, signal }),
        rowsUnder(client, partition, 'discarded', { select, where: odata`At lt ${before.runs}`, signal }),
      ];
      let forgotten = 0;
      for (const rows of aged) forgotten += await forgetAll(client, partition, rows, signal);
      return forgotten;
    },
  };
}

async function forgetAll(
  client: TableClient,
  partition: string,
  rows: AsyncIterable<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<number> {
  let count = 0;
  for await (const { rowKey, etag } of rows) {
    if (count >= MOST_ROWS || signal.aborted) break;
    try {
      await client.deleteEntity(partition, String(rowKey), { etag: String(etag), abortSignal: signal });
      count++;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
  return count;
}
