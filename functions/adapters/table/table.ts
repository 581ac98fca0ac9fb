import type { TableClient, TransactionAction } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { z } from 'zod';
import { defaultLimits, makeSound, type TableLimits } from './sound-requests.ts';

/** The account: by identity in Azure, by a connection string in development. */
type Account =
  | { kind: 'identity'; serviceUri: string }
  | { kind: 'connection-string'; connectionString: string };

/** Opens the table on first use, makes it when it is not there, and answers the same client from then on. A failed opening is tried again at the next call. */
export function lazyTable(
  account: Account,
  name: string,
  credential: () => Promise<TokenCredential>,
  limits: TableLimits = defaultLimits,
): () => Promise<TableClient> {
  let opened: Promise<TableClient> | undefined;
  return () => {
    opened ??= openTable(account, name, credential, limits).catch((error: unknown) => {
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
  limits: TableLimits,
): Promise<TableClient> {
  const { TableClient } = await import('@azure/data-tables');
  const options = { retryOptions: { maxRetries: 3, retryDelayInMs: 500, maxRetryDelayInMs: 4_000 } };
  const client =
    account.kind === 'identity'
      ? new TableClient(account.serviceUri, name, await credential(), options)
      : TableClient.fromConnectionString(account.connectionString, name, {
          ...options,
          // Azurite speaks plain http, on this machine.
          allowInsecureConnection: /UseDevelopmentStorage=true|127\.0\.0\.1/.test(account.connectionString),
        });
  makeSound(client, limits);
  // Succeeds when the table is there already (the SDK takes the 409 for an answer).
  await client.createTable();
  return client;
}

/** What an answer is made smaller by, and what ends it. */
interface Reading {
  select?: readonly string[];
  /** A condition on columns. */
  where?: string;
  signal?: AbortSignal | undefined;
}

/** Rows of a partition whose key starts with `prefix|`, page by page. */
export function rowsUnder(
  client: TableClient,
  partition: string,
  prefix: string,
  reading?: Reading,
): AsyncGenerator<Record<string, unknown>> {
  // '}' is the character after '|': the range holds every key that starts with the prefix.
  return rowsBetween(client, partition, [`${prefix}|`, `${prefix}}`], reading);
}

/** Rows of a partition from one key on and up to, but without, another. */
export async function* rowsBetween(
  client: TableClient,
  partition: string,
  range: readonly [from: string, to: string],
  { select, where, signal }: Reading = {},
): AsyncGenerator<Record<string, unknown>> {
  const { odata } = await import('@azure/data-tables');
  const [from, to] = range;
  const filter = odata`PartitionKey eq ${partition} and RowKey ge ${from} and RowKey lt ${to}`;
  yield* client.listEntities<Record<string, unknown>>({
    queryOptions: {
      filter: where === undefined ? filter : `${filter} and ${where}`,
      ...(select && { select: ['partitionKey', 'rowKey', ...select] }),
    },
    ...(signal && { abortSignal: signal }),
  });
}

/** One row; undefined when there is none. */
export async function readRow(
  client: TableClient,
  partition: string,
  rowKey: string,
  signal?: AbortSignal,
): Promise<Record<string, unknown> | undefined> {
  try {
    return await client.getEntity(partition, rowKey, signal ? { abortSignal: signal } : {});
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Whether the table answers a read. */
export async function isThere(client: TableClient): Promise<boolean> {
  await readRow(client, 'health', 'none', AbortSignal.timeout(HEALTH_MS));
  return true;
}

/** Who asks whether the app is up does not wait longer. */
const HEALTH_MS = 5_000;

/** There is no such row: the service says so itself. A 404 of something in between, or of a missing table, is a failure. */
export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404 && missing.includes(codeOf(error));
}

/** The condition of a write (an ETag, "not there yet", "there") did not hold, and the service says so itself: somebody else was faster. */
export function isConflict(error: unknown): boolean {
  return [404, 409, 412].includes(statusOf(error) ?? 0) && conflicts.includes(codeOf(error));
}

// https://learn.microsoft.com/rest/api/storageservices/table-service-error-codes
const missing = ['ResourceNotFound', 'EntityNotFound'];
const conflicts = [...missing, 'EntityAlreadyExists', 'UpdateConditionNotSatisfied', 'ConditionNotMet'];

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
}

const serviceError = z.object({ odataError: z.object({ code: z.string() }) });

/** The service's own code of an SDK error: of a transaction it is a field, of a single operation it lies inside. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'string') return code;
  return serviceError.safeParse('details' in error ? error.details : undefined).data?.odataError.code ?? '';
}

/**
 * An entity-group transaction holds at most 100 entities of one partition. Gives the new ETag of the first. Done is what the service said of every
 * single action: anything else throws, and is not known to be undone.
 */
export async function transact(
  client: TableClient,
  actions: TransactionAction[],
  signal?: AbortSignal,
): Promise<string> {
  const options = signal ? { abortSignal: signal } : {};
  const { status, subResponses } = await client.submitTransaction(actions, options);
  const done = subResponses.filter((one) => one.status >= 200 && one.status < 300);
  if (status !== 202 || subResponses.length !== actions.length || done.length !== actions.length)
    throw new Error(`the storage confirmed ${done.length} of ${actions.length} actions (HTTP ${status})`);
  const etag = subResponses[0]?.etag ?? '';
  if (etag === '' && actions[0]?.[0] !== 'delete') throw new Error('the storage gave a row no ETag');
  return etag;
}
