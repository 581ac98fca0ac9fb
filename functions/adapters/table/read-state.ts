import type { TableClient } from '@azure/data-tables';
import type { z } from 'zod';
import { readRowAt } from './read-row-at.ts';
import { rowKeys } from './rows.ts';
import { stateRow } from './state-row.ts';

/** The `state` row as it is read. */
export type State = z.infer<typeof stateRow>;

/** `state` is undefined when the scope never ran. `storageTime`: when the storage answered, by its own clock. */
export interface StateAt {
  state: State | undefined;
  storageTime: Date;
}

export async function readState(
  client: TableClient,
  partition: string,
  signal?: AbortSignal,
): Promise<StateAt> {
  const { row, storageTime } = await readRowAt(client, partition, rowKeys.state, signal);
  return { state: row && stateRow.parse(row), storageTime };
}
