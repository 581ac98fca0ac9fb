import type { TableClient, TransactionAction } from '@azure/data-tables';
import { z } from 'zod';
import type { Change } from '../../domain/messages/kinds/changes-message.ts';
import type {
  ChangeMade,
  Conflict,
  ExclusionChange,
  ExclusionStore,
  Expected,
} from '../../ports/exclusion-store.ts';
import { untoldRow } from './change-notices.ts';
import { EXCLUSIONS, packJson, unpackJson } from './rows.ts';
import { isConflict, readRow, rowsUnder, transact } from './table.ts';

const entryKey = (id: string) => `entry|${id}`;
const changeKey = (id: string, at: Date) =>
  `change|${id}|${at.toISOString()}|${crypto.randomUUID().slice(0, 8)}`;

const entryRow = z.object({
  rowKey: z.string().transform((key) => key.slice('entry|'.length)),
  etag: z.string(),
  ChangedAt: z.date(),
  Removed: z.boolean(),
  ChangedBy: z.string().optional(),
});
const changeRow = z.object({
  Action: z.enum(['created', 'replaced', 'removed']),
  By: z.string(),
  /** Older versions did not say it: there was no sign-in. */
  Claimed: z.boolean().default(true),
  At: z.date(),
});

/**
 * The app's own exclusion list, in one partition, so that an entry and the rows that tell of its change are written together. An entry that is removed leaves its row, marked so: a transaction can't delete under an ETag, and so nobody
 * removes what has just been changed.
 */
export function tableExclusionStore(table: () => Promise<TableClient>): ExclusionStore {
  return {
    async list(signal) {
      const client = await table();
      const stored = [];
      for await (const row of rowsUnder(client, EXCLUSIONS, 'entry', { signal })) {
        const entry = toStored(row);
        if (entry) stored.push(entry);
      }
      return stored;
    },

    async removed() {
      const gone = [];
      for await (const row of rowsUnder(await table(), EXCLUSIONS, 'entry', { where: 'Removed eq true' })) {
        const known = entryRow.safeParse(row).data;
        if (!known) continue;
        const { rowKey: id, ChangedAt: at, ChangedBy: by } = known;
        gone.push({ id, at, ...(by !== undefined && { by }) });
      }
      return gone.sort((one, other) => other.at.getTime() - one.at.getTime());
    },

    async get(id) {
      const row = await readRow(await table(), EXCLUSIONS, entryKey(id));
      return row && toStored(row);
    },

    async put(id, entry, { told, ...made }, expected) {
      const client = await table();
      const before = await readRow(client, EXCLUSIONS, entryKey(id));
      const action = before && toStored(before) ? 'replaced' : 'created';
      const packed = packJson('Entry', entry);
      const change = { ...made, action, exclusion: told } as const;
      const etag = await write(client, id, { before, expected, packed, change });
      return typeof etag === 'string' ? { kind: action, etag } : etag;
    },

    async remove(id, made, expected) {
      const client = await table();
      const before = await readRow(client, EXCLUSIONS, entryKey(id));
      if (!before || !toStored(before)) return { kind: 'absent' };
      const change = { ...made, action: 'removed' } as const;
      const etag = await write(client, id, { before, expected, packed: {}, change });
      return typeof etag === 'string' ? { kind: 'removed' } : etag;
    },

    async history(id) {
      const changes = [];
      for await (const row of rowsUnder(await table(), EXCLUSIONS, `change|${id}`)) {
        const { Action, By, Claimed, At } = changeRow.parse(row);
        changes.push({
          action: Action,
          by: By,
          claimed: Claimed,
          at: At,
          ...(Action !== 'removed' && { entry: unpackJson(row, 'Entry') }),
        });
      }
      return changes.reverse();
    },
  };
}

type Row = Record<string, unknown>;

/** One that somebody else wrote and nobody can read is an entry of nothing, so that it is left out and told, and can be removed: it must not stop the hunts. */
function toStored(row: Row) {
  const known = entryRow.safeParse(row).data;
  if (known?.Removed) return undefined;
  return {
    id: String(row.rowKey).slice('entry|'.length),
    entry: known && readEntry(row),
    changedAt: known?.ChangedAt ?? new Date(0),
    etag: String(row.etag ?? ''),
  };
}

function readEntry(row: Row): unknown {
  try {
    return unpackJson(row, 'Entry');
  } catch {
    return undefined;
  }
}

interface Write {
  before: Row | undefined;
  expected: Expected;
  packed: Row;
  change: ChangeMade & {
    action: ExclusionChange['action'];
    exclusion?: NonNullable<Change['exclusion']>;
  };
}

/** Gives the new ETag. What was read a moment ago is the condition too, so that the change's row tells the truth. */
async function write(
  client: TableClient,
  id: string,
  { before, expected, packed, change }: Write,
): Promise<string | Conflict> {
  const present = before !== undefined && toStored(before) !== undefined;
  const etag = String(before?.etag ?? '');
  if (expected === 'absent' ? present : !present) return { kind: 'conflict' };
  if (typeof expected === 'object' && expected.etag !== etag) return { kind: 'conflict' };

  const { action, by, claimed, at, exclusion } = change;
  const row = {
    partitionKey: EXCLUSIONS,
    rowKey: entryKey(id),
    ChangedAt: at,
    ChangedBy: by,
    Removed: action === 'removed',
    ...packed,
  };
  const first: TransactionAction = before ? ['update', row, 'Replace', { etag }] : ['create', row];
  const past = {
    partitionKey: EXCLUSIONS,
    rowKey: changeKey(id, at),
    Action: action,
    By: by,
    Claimed: claimed,
    At: at,
    ...packed,
  };
  const untold = untoldRow({
    what: `exclusion-${action}`,
    subject: id,
    at: at.toISOString(),
    by,
    claimed,
    ...(exclusion && { exclusion }),
  });
  try {
    return await transact(client, [first, ['create', past], ['create', untold]]);
  } catch (error) {
    // Written all the same when only the answer was lost: the change's key is ours alone.
    if (await readRow(client, EXCLUSIONS, past.rowKey)) {
      const now = await readRow(client, EXCLUSIONS, row.rowKey);
      return String(now?.etag ?? '');
    }
    if (isConflict(error)) return { kind: 'conflict' };
    throw error;
  }
}
