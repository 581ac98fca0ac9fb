import type { TableClient, TransactionAction } from '@azure/data-tables';
import { z } from 'zod';
import type { Conflict, ExclusionStore, Expected } from '../../ports/exclusion-store.ts';
import { packJson, unpackJson } from './rows.ts';
import { isConflict, readRow, rowsUnder, transact } from './table.ts';

/** One partition, so that an entry and the row that tells of its change are written together. */
const PARTITION = 'exclusions';
const entryKey = (id: string) => `entry|${id}`;
const changeKey = (id: string, at: Date) =>
  `change|${id}|${at.toISOString()}|${crypto.randomUUID().slice(0, 8)}`;

const entryRow = z.object({
  rowKey: z.string().transform((key) => key.slice('entry|'.length)),
  etag: z.string(),
  ChangedAt: z.date(),
  Removed: z.boolean(),
});
const changeRow = z.object({
  Action: z.enum(['created', 'replaced', 'removed']),
  By: z.string(),
  At: z.date(),
});

/**
 * The app's own exclusion list. An entry that is removed leaves its row, marked so: a transaction can't delete under an ETag, and so nobody
 * removes what has just been changed.
 */
export function tableExclusionStore(table: () => Promise<TableClient>): ExclusionStore {
  return {
    async list(signal) {
      const client = await table();
      const stored = [];
      for await (const row of rowsUnder(client, PARTITION, 'entry', { signal })) {
        const entry = toStored(row);
        if (entry) stored.push(entry);
      }
      return stored;
    },

    async get(id) {
      const row = await readRow(await table(), PARTITION, entryKey(id));
      return row && toStored(row);
    },

    async put(id, entry, { by, at }, expected) {
      const client = await table();
      const before = await readRow(client, PARTITION, entryKey(id));
      const action = before && toStored(before) ? 'replaced' : 'created';
      const content = { ChangedAt: at, Removed: false, ...packJson('Entry', entry) };
      const change = { Action: action, By: by, At: at, ...packJson('Entry', entry) };
      const etag = await write(client, id, before, expected, content, change);
      return typeof etag === 'string' ? { kind: action, etag } : etag;
    },

    async remove(id, { by, at }, expected) {
      const client = await table();
      const before = await readRow(client, PARTITION, entryKey(id));
      if (!before || !toStored(before)) return { kind: 'absent' };
      const content = { ChangedAt: at, Removed: true };
      const etag = await write(client, id, before, expected, content, { Action: 'removed', By: by, At: at });
      return typeof etag === 'string' ? { kind: 'removed' } : etag;
    },

    async history(id) {
      const changes = [];
      for await (const row of rowsUnder(await table(), PARTITION, `change|${id}`)) {
        const { Action, By, At } = changeRow.parse(row);
        changes.push({
          action: Action,
          by: By,
          at: At,
          ...(Action !== 'removed' && { entry: unpackJson(row, 'Entry') }),
        });
      }
      return changes.reverse();
    },
  };
}

type Row = Record<string, unknown>;

function toStored(row: Row) {
  const { rowKey, etag, ChangedAt, Removed } = entryRow.parse(row);
  return Removed ? undefined : { id: rowKey, entry: unpackJson(row, 'Entry'), changedAt: ChangedAt, etag };
}

/** Gives the new ETag. What was read a moment ago is the condition too, so that the change's row tells the truth. */
async function write(
  client: TableClient,
  id: string,
  before: Row | undefined,
  expected: Expected,
  content: Row,
  change: Row & { At: Date },
): Promise<string | Conflict> {
  const present = before !== undefined && toStored(before) !== undefined;
  const etag = String(before?.etag ?? '');
  if (expected === 'absent' ? present : !present) return { kind: 'conflict' };
  if (typeof expected === 'object' && expected.etag !== etag) return { kind: 'conflict' };

  const row = { partitionKey: PARTITION, rowKey: entryKey(id), ...content };
  const first: TransactionAction = before ? ['update', row, 'Replace', { etag }] : ['create', row];
  const told = { partitionKey: PARTITION, rowKey: changeKey(id, change.At), ...change };
  try {
    return await transact(client, [first, ['create', told]]);
  } catch (error) {
    // Written all the same when only the answer was lost: the change's key is ours alone.
    if (await readRow(client, PARTITION, told.rowKey)) {
      const now = await readRow(client, PARTITION, row.rowKey);
      return String(now?.etag ?? '');
    }
    if (isConflict(error)) return { kind: 'conflict' };
    throw error;
  }
}
