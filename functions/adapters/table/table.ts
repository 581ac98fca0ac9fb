import type { TableClient, TransactionAction } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';

/** The account: by identity in Azure, by a connection string in development. */
type Account =
  | { kind: 'identity'; serviceUri: string }
  | { kind: 'connection-string'; connectionString: string };

/** Opens the table on first use, makes it when it is not there, and answers the same client from then on. A failed opening is tried again at the next call. */
export function lazyTable(
  account: Account,
  name: string,
  credential: () => Promise<TokenCredential>,
): () => Promise<TableClient> {
  let opened: Promise<TableClient> | undefined;
  return () => {
    opened ??= openTable(account, name, credential).catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
}

async function openTable(
  account: Account,
  name: string,
  credential: () => Promise<TokenCredential>,
): Promise<TableClient> {
  const { TableClient } = await import('@azure/data-tables');
  const client =
    account.kind === 'identity'
      ? new TableClient(account.serviceUri, name, await credential())
      : TableClient.fromConnectionString(account.connectionString, name, {
          // Azurite speaks plain http, on this machine.
          allowInsecureConnection: /UseDevelopmentStorage=true|127\.0\.0\.1/.test(account.connectionString),
        });
  // Succeeds when the table is there already (the SDK takes the 409 for an answer).
  await client.createTable();
  return client;
}

/** Rows of a partition whose key starts with `prefix|`, page by page; `select` keeps the answer small, and so does `where`, a condition on columns. */
export async function* rowsUnder(
  client: TableClient,
  partition: string,
  prefix: string,
  select?: string[],
  where?: string,
): AsyncGenerator<Record<string, unknown>> {
  // '}' is the character after '|': the range holds every key that starts with the prefix.
  yield* rowsBetween(client, partition, [`${prefix}|`, `${prefix}}`], select, where);
}

/** Rows of a partition from one key on and up to, but without, another. */
export async function* rowsBetween(
  client: TableClient,
  partition: string,
  range: readonly [from: string, to: string],
  select?: string[],
  where?: string,
): AsyncGenerator<Record<string, unknown>> {
  const { odata } = await import('@azure/data-tables');
  const [from, to] = range;
  const filter = odata`PartitionKey eq ${partition} and RowKey ge ${from} and RowKey lt ${to}`;
  yield* client.listEntities<Record<string, unknown>>({
    queryOptions: {
      filter: where === undefined ? filter : `${filter} and ${where}`,
      ...(select && { select: ['partitionKey', 'rowKey', ...select] }),
    },
  });
}

/** The service's HTTP status of an SDK error; the SDK sets `code` only for transactions. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
}

/** The condition of a write (an ETag, "not there yet", "there") did not hold: somebody else was faster. */
export function isConflict(error: unknown): boolean {
  return [404, 409, 412].includes(statusOf(error) ?? 0);
}

/** An entity-group transaction holds at most 100 entities of one partition. Gives the new ETag of the first. */
export async function transact(client: TableClient, actions: TransactionAction[]): Promise<string> {
  const { subResponses } = await client.submitTransaction(actions);
  return subResponses[0]?.etag ?? '';
}
