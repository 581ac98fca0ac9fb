import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import type { Seen, SeenFacts } from '../../domain/hunting/run-facts.ts';
import { hash } from '../../domain/hunting/sighting.ts';
import { packJson, rowKeys, storable, unpackJson } from './rows.ts';
import { rowsUnder } from './table.ts';

/**
 * What is remembered of one identity, as a row. Lists of exclusions that many rows repeat are kept once, in a row of their own: with 400 exclusions each
 * row would be as large as a message.
 */
const seenRow = z.object({
  rowKey: z.string(),
  FirstSeen: z.date(),
  LastSeen: z.date(),
  VisibleSince: z.date().optional(),
  HiddenUnder: z.string().optional(),
  HiddenBy: z.string().optional(),
});

/** The columns that a run needs of a seen row; device and identity are for people and stay behind. */
export const seenColumns = ['FirstSeen', 'LastSeen', 'VisibleSince', 'HiddenUnder', 'HiddenBy'];

/** Condition for rows under `seen` that tell what hides them. */
export const WITH_HIDER = "HiddenBy gt ''";

/** For what no exclusion hides alone. */
const NONE_ALONE = '-';
/** A list that is longer stands in a row of its own; rows of the versions before hold theirs, however long. */
const LONGEST_IN_PLACE = 256;
/** Stands before the name of such a list; no id of an exclusion begins so. */
const ELSEWHERE = '#';

export interface SeenRow {
  row: { rowKey: string } & Record<string, unknown>;
  /** Rows that it refers to, by their keys. */
  lists: Map<string, { rowKey: string } & Record<string, unknown>>;
}

export function toSeenRow(seen: Seen): SeenRow {
  const lists: SeenRow['lists'] = new Map();
  const write = (list: readonly string[]) => {
    const text = list.join(' ');
    if (text.length <= LONGEST_IN_PLACE) return text;
    const name = hash(...list);
    const rowKey = rowKeys.list(name);
    lists.set(rowKey, { rowKey, ...packJson('List', list) });
    return `${ELSEWHERE}${name}`;
  };
  const row = {
    rowKey: rowKeys.seen(seen),
    FirstSeen: seen.firstSeen,
    LastSeen: seen.lastSeen,
    ...(seen.visibleSince && { VisibleSince: seen.visibleSince }),
    ...(seen.hiddenUnder !== undefined && { HiddenUnder: write(seen.hiddenUnder) }),
    ...(seen.hiddenBy && { HiddenBy: write(seen.hiddenBy) || NONE_ALONE }),
    ...(seen.device?.id !== undefined && { DeviceId: storable(seen.device.id) }),
    ...(seen.device?.name !== undefined && { DeviceName: storable(seen.device.name) }),
    Identity: storable(JSON.stringify(seen.identity)),
  };
  return { row, lists };
}

/** The index by entity: it may name a thing that is not remembered (any more), and ages like it. */
export function toEntityRows(seen: Seen): ({ rowKey: string } & Record<string, unknown>)[] {
  return (seen.entities ?? []).map(({ kind, value }) => ({
    rowKey: rowKeys.entity(value, seen),
    Kind: kind,
    Value: storable(value),
    LastSeen: seen.lastSeen,
  }));
}

/** The lists that rows of a partition refer to, by name; read when they are first needed. */
export type Lists = () => Promise<ReadonlyMap<string, readonly string[]>>;

export function listsOf(client: TableClient, partition: string, signal?: AbortSignal): Lists {
  let reading: Promise<ReadonlyMap<string, readonly string[]>> | undefined;
  const read = async () => {
    const lists = new Map<string, readonly string[]>();
    for await (const row of rowsUnder(client, partition, 'list', { signal }))
      lists.set(
        String(row.rowKey).slice(rowKeys.list('').length),
        z.array(z.string()).parse(unpackJson(row, 'List')),
      );
    return lists;
  };
  return () => {
    reading ??= read();
    return reading;
  };
}

/** @throws when a list that the row refers to is not there: what hid it is not known then, and nothing may be made of that */
export async function fromSeenRow(row: unknown, lists: Lists): Promise<SeenFacts> {
  const { rowKey, ...parsed } = seenRow.parse(row);
  const [, deviceKey, key] = rowKey.split('|');
  const { HiddenUnder, HiddenBy } = parsed;
  return {
    key: key ?? '',
    ...(deviceKey && { deviceKey }),
    firstSeen: parsed.FirstSeen,
    lastSeen: parsed.LastSeen,
    ...(parsed.VisibleSince && { visibleSince: parsed.VisibleSince }),
    ...(HiddenUnder !== undefined && { hiddenUnder: await readList(HiddenUnder, lists) }),
    ...(HiddenBy !== undefined && { hiddenBy: await readHiders(HiddenBy, lists) }),
  };
}

export async function readHiders(column: string, lists: Lists): Promise<string[]> {
  return column === NONE_ALONE ? [] : readList(column, lists);
}

async function readList(column: string, lists: Lists): Promise<string[]> {
  if (!column.startsWith(ELSEWHERE)) return column.split(' ');
  const name = column.slice(ELSEWHERE.length);
  const list = (await lists()).get(name);
  if (!list) throw new Error(`the list ${name} of exclusions is not in the table`);
  return [...list];
}
