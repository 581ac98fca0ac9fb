import type { TableClient, TransactionAction } from '@azure/data-tables';
import { z } from 'zod';
import { type Change, changeSchema } from '../../domain/messages/kinds/changes-message.ts';
import type { ChangeNotices, UntoldChange } from '../../ports/change-notices.ts';
import { EXCLUSIONS, packJson, rowKeys, toOutboxRow, unpackJson } from './rows.ts';
import { isConflict, readRow, rowsUnder, transact } from './table.ts';

/** A change of another partition is announced before it is made, which takes seconds; the rest is for clocks that are wrong. */
const GIVEN_UP_MS = 60 * 60_000;

/** Where a row says that an announced change was made. */
interface Proof {
  partition: string;
  rowKey: string;
}

/** A row of a change that is still to be told; it is written together with the change, or before it, with where its proof will lie. */
export function untoldRow(change: Change, proof?: Proof) {
  return {
    partitionKey: EXCLUSIONS,
    rowKey: rowKeys.untold(new Date(change.at), crypto.randomUUID().slice(0, 8)),
    ...(proof && { ProofPartition: proof.partition, ProofRow: proof.rowKey }),
    ...packJson('Change', change),
  };
}

const row = z.object({
  rowKey: z.string(),
  timestamp: z.coerce.date(),
  ProofPartition: z.string().optional(),
  ProofRow: z.string().optional(),
});
const proofRow = z.object({ At: z.date() });

/** Beside the exclusions, so that a change and the row that tells of it are one transaction. */
export function tableChangeNotices(table: () => Promise<TableClient>, clock: () => Date): ChangeNotices {
  return {
    async untold(signal) {
      const client = await table();
      const found: UntoldChange[] = [];
      for await (const entity of rowsUnder(client, EXCLUSIONS, 'untold', { signal })) {
        const { rowKey: key, timestamp, ProofPartition: partition, ProofRow: rowKey } = row.parse(entity);
        const change = changeSchema.parse(unpackJson(entity, 'Change'));
        if (partition === undefined || rowKey === undefined) found.push({ key, change });
        else if (await wasMade(client, { partition, rowKey }, change)) found.push({ key, change });
        else if (clock().getTime() - timestamp.getTime() > GIVEN_UP_MS) await forget(client, key);
      }
      return found;
    },

    async tell(message, told) {
      const client = await table();
      const waiting = { partitionKey: EXCLUSIONS, ...toOutboxRow(message) };
      try {
        await transact(client, [
          ['upsert', waiting, 'Replace'],
          ...told.map(({ key }): TransactionAction => ['delete', { partitionKey: EXCLUSIONS, rowKey: key }]),
        ]);
        return true;
      } catch (error) {
        if (isConflict(error)) return false;
        throw error;
      }
    },
  };
}

async function wasMade(client: TableClient, proof: Proof, { at }: Change): Promise<boolean> {
  const made = proofRow.safeParse(await readRow(client, proof.partition, proof.rowKey)).data;
  return made?.At.toISOString() === at;
}

async function forget(client: TableClient, rowKey: string): Promise<void> {
  try {
    await client.deleteEntity(EXCLUSIONS, rowKey);
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
}
