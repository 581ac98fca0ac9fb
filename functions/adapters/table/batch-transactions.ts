import type { TransactionAction } from '@azure/data-tables';
import type { Batch } from '../../domain/hunting/run-facts.ts';
import { packJson, rowKeys, toOutboxRow } from './rows.ts';
import { toEntityRows, toSeenRow } from './seen-rows.ts';

/** An entity-group transaction holds 100 entities, the state row among them, and 4 MiB. */
const MOST_ENTITIES = 99;
const MOST_BYTES = 3_000_000;

/** The index goes first: what it names is then looked for in vain at worst, and never missed. */
export function batchTransactions(partitionKey: string, batch: Batch): TransactionAction[][] {
  const index = batch.seen.flatMap(toEntityRows).map((row) => toUpsert(partitionKey, row));
  const all: TransactionAction[][] = [];
  while (index.length > 0) all.push(index.splice(0, MOST_ENTITIES));
  return [...all, ...inTransactions(partitionKey, batch)];
}

/** A message and its findings are written as a whole; what is only remembered, in as many transactions as it needs. */
function inTransactions(partitionKey: string, { message, findings, seen }: Batch): TransactionAction[][] {
  const told = [
    ...findings.map(({ messageId, finding, about }) => ({
      rowKey: rowKeys.finding(messageId, finding.id),
      Kind: finding.kind,
      SeenKey: about.key,
      DeviceKey: about.deviceKey ?? '',
      ...packJson('Finding', finding),
    })),
    ...(message ? [toOutboxRow(message)] : []),
  ];
  const rows = new Map<string, { rowKey: string }>(told.map((row) => [row.rowKey, row]));
  const all: TransactionAction[][] = [];
  const flush = () => {
    if (rows.size > 0) all.push([...rows.values()].map((row) => toUpsert(partitionKey, row)));
    rows.clear();
    bytes = 0;
  };
  let bytes = 0;
  for (const fact of seen) {
    const { row, lists } = toSeenRow(fact);
    const more = [...lists.values(), row].filter(({ rowKey }) => !rows.has(rowKey));
    const size = more.reduce((sum, one) => sum + JSON.stringify(one).length, 0);
    if (told.length === 0 && (rows.size + more.length > MOST_ENTITIES || bytes + size > MOST_BYTES)) flush();
    // After a flush, the lists of this row go with it again.
    for (const one of [...lists.values(), row]) rows.set(one.rowKey, one);
    bytes += size;
  }
  flush();
  return all;
}

/** A row that replaces whatever there was. */
export function toUpsert(partitionKey: string, row: { rowKey: string }): TransactionAction {
  return ['upsert', { partitionKey, ...row }, 'Replace'];
}
