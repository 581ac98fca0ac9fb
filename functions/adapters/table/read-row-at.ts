import type { TableClient } from '@azure/data-tables';
import { isMissing } from './table.ts';

/** One row, undefined when there is none, and when the storage answered by its own clock: that of no instance matters then. */
export async function readRowAt(
  client: TableClient,
  partition: string,
  rowKey: string,
  signal?: AbortSignal,
): Promise<{ row: Record<string, unknown> | undefined; storageTime: Date }> {
  let date = '';
  const onResponse = ({ headers }: { headers: { get(name: string): string | undefined } }) => {
    date = headers.get('date') ?? '';
  };
  let row: Record<string, unknown> | undefined;
  try {
    row = await client.getEntity(partition, rowKey, { onResponse, ...(signal && { abortSignal: signal }) });
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  const storageTime = new Date(date);
  if (Number.isNaN(storageTime.getTime())) throw new Error('the storage did not say what time it is');
  return { row, storageTime };
}
