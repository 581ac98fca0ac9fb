import type { TableClient, TransactionAction } from '@azure/data-tables';
import { z } from 'zod';
import { hash } from '../../domain/hunting/sighting.ts';
import { type Change, changeSchema } from '../../domain/messages/kinds/changes-message.ts';
import type { ChangeNotices, UntoldChange } from '../../ports/change-notices.ts';
import { EXCLUSIONS, packJson, rowKeys, storable, toOutboxRow, unpackJson } from './rows.ts';
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

/** What a key may hold. */
const key = z.string().regex(/^[^/\\#?\p{Cc}]{1,512}$/u);
const row = z.object({
  timestamp: z.coerce.date(),
  ProofPartition: key.optional(),
  ProofRow: key.optional(),
});
const proofRow = z.object({
  At: z.date(),
  /** Key of the row that announced it, among others of the same moment; versions before this one left it out. */
  Notice: z.string().optional(),
});

/** Beside the exclusions, so that a change and the row that tells of it are one transaction. */
export function tableChangeNotices(table: () => Promise<TableClient>, clock: () => Date): ChangeNotices {
  return {
    async untold(signal) {
      const client = await table();
      const found: UntoldChange[] = [];
      for await (const entity of rowsUnder(client, EXCLUSIONS, 'untold', { signal })) {
        const key = String(entity.rowKey);
        const read = readUntold(entity);
        if (!read) await setAside(client, key, entity, clock());
        else if (!read.proof || (await wasMade(client, read.proof, { key, ...read.change })))
          found.push({ key, change: read.change });
        else if (clock().getTime() - read.timestamp.getTime() > GIVEN_UP_MS) await forget(client, key);
      }
      return found;
    },

    async waits(signal) {
      for await (const _ of rowsUnder(await table(), EXCLUSIONS, 'outbox', { select: [], signal }))
        return true;
      return false;
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

/** Undefined when it is not one that this version understands. */
function readUntold(entity: Record<string, unknown>) {
  const known = row.safeParse(entity).data;
  const change = readChange(entity);
  if (!known || !change) return undefined;
  const { timestamp, ProofPartition: partition, ProofRow: rowKey } = known;
  const proof = partition === undefined || rowKey === undefined ? undefined : { partition, rowKey };
  return { timestamp, change, proof };
}

function readChange(entity: Record<string, unknown>): Change | undefined {
  try {
    return changeSchema.safeParse(unpackJson(entity, 'Change')).data;
  } catch {
    return undefined;
  }
}

/** A change that this version cannot read lies in the dead letters as it is, where an alert finds it: it holds up no other, and it is not lost. */
async function setAside(
  client: TableClient,
  rowKey: string,
  entity: Record<string, unknown>,
  at: Date,
): Promise<void> {
  const kept = Object.fromEntries(Object.entries(entity).filter(([name]) => /^Change\d+$/.test(name)));
  const dead = {
    partitionKey: EXCLUSIONS,
    rowKey: rowKeys.dead(`change.${hash('change', rowKey).slice(0, 32)}`),
    DeadAt: at,
    Reason: storable(`A change that this version of the app cannot read, from the row ${rowKey}`),
    Attempts: 0,
    ...kept,
  };
  try {
    await transact(client, [
      ['delete', { partitionKey: EXCLUSIONS, rowKey }],
      ['upsert', dead, 'Replace'],
    ]);
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
}

async function wasMade(
  client: TableClient,
  proof: Proof,
  { key, at }: Pick<Change, 'at'> & { key: string },
): Promise<boolean> {
  const made = proofRow.safeParse(await readRow(client, proof.partition, proof.rowKey)).data;
  return made?.Notice === undefined ? made?.At.toISOString() === at : made.Notice === key;
}

async function forget(client: TableClient, rowKey: string): Promise<void> {
  try {
    await client.deleteEntity(EXCLUSIONS, rowKey);
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
}
