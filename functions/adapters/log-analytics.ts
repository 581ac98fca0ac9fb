import type { TokenCredential } from '@azure/identity';
import type { LogsQueryClient, LogsTable } from '@azure/monitor-query';
import pLimit from 'p-limit';
import type { LogsAnswer } from '../domain/read-answers.ts';
import type { Cell, ResultTable } from '../domain/sighting.ts';
import type { Logs, LogsRequest } from '../ports/logs.ts';

/** The service runs five queries of one identity at once and turns more away. */
const QUERIES_AT_ONCE = 5;

/**
 * Log Analytics through `@azure/monitor-query` 1.3.3. It is deprecated in favour of `@azure/monitor-query-logs`, whose 1.0.0 ignores `abortSignal` and
 * `audience` and answers a 204 or a non-JSON 429 with a TypeError: so this stays until that is mended.
 *
 * `endpoint` is the service's address, for example `https://api.loganalytics.azure.com`; an `http://` address is used for a workspace on this
 * machine and gets no token.
 */
export function logAnalytics({
  endpoint,
  audience,
  credential,
}: {
  endpoint: string;
  /** The token's audience in a sovereign cloud. */
  audience?: string;
  credential: () => Promise<TokenCredential>;
}): Logs {
  const limit = pLimit(QUERIES_AT_ONCE);
  let opened: Promise<LogsQueryClient> | undefined;
  const client = () => {
    opened ??= openClient(endpoint, audience, credential);
    return opened;
  };
  return {
    query: (request) => limit(async () => (request.signal.aborted ? overdue : ask(await client(), request))),
  };
}

const overdue: LogsAnswer = {
  kind: 'failed',
  reason: "the run's deadline came before the query was answered",
};

async function openClient(
  endpoint: string,
  audience: string | undefined,
  credential: () => Promise<TokenCredential>,
): Promise<LogsQueryClient> {
  const { LogsQueryClient } = await import('@azure/monitor-query');
  if (!endpoint.startsWith('http://'))
    return new LogsQueryClient(await credential(), { endpoint, ...(audience && { audience }) });

  const noCredential: TokenCredential = {
    getToken: async () => ({ token: 'none', expiresOnTimestamp: Number.MAX_SAFE_INTEGER }),
  };
  return new LogsQueryClient(noCredential, {
    endpoint: endpoint.replace('http://', 'https://'),
    additionalPolicies: [
      {
        // The SDK refuses a plain http endpoint; it looks at the address before this policy and not after it.
        position: 'perRetry',
        policy: {
          name: 'plainHttpOnThisMachine',
          sendRequest: (request, next) => {
            request.url = request.url.replace('https://', 'http://');
            request.allowInsecureConnection = true;
            return next(request);
          },
        },
      },
    ],
  });
}

async function ask(client: LogsQueryClient, request: LogsRequest): Promise<LogsAnswer> {
  try {
    const result = await client.queryWorkspace(
      request.workspaceId,
      request.kql,
      { startTime: request.timespan.from, endTime: request.timespan.to },
      { serverTimeoutInSeconds: request.serverTimeoutSeconds, abortSignal: request.signal },
    );
    // PartialFailure arrives as HTTP 200 and does not throw.
    if (result.status === 'PartialFailure') {
      return {
        kind: 'partial',
        table: toTable(result.partialTables[0]),
        reason: result.partialError.message || result.partialError.code,
      };
    }
    const table = result.tables[0];
    return table
      ? { kind: 'complete', table: toTable(table) }
      : { kind: 'failed', reason: 'the service answered without a table' };
  } catch (error) {
    if (request.signal.aborted) return overdue;
    return { kind: 'failed', reason: reasonOf(error) };
  }
}

function toTable(table: LogsTable | undefined): ResultTable {
  if (!table) return { columns: [], rows: [] };
  const columns = table.columnDescriptors.flatMap(({ name, type }) =>
    name ? [{ name, type: String(type ?? 'string') }] : [],
  );
  const rows = table.rows.map((cells) =>
    Object.fromEntries(columns.map((column, index) => [column.name, toCell(cells[index], column.type)])),
  );
  return { columns, rows };
}

function toCell(value: unknown, type: string): Cell {
  if (value === null || value === undefined) return null;
  // The SDK makes 1970-01-01 of a null datetime, and an invalid date of one that it can't read.
  if (type === 'datetime') return value instanceof Date && value.getTime() > 0 ? value : null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return JSON.stringify(value);
}

/** In words for a report: what the service said, the innermost detail first, since the outer ones say only that there is one. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if (error.name === 'AbortError') return 'the query was stopped';
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined;
  if (status === 401 || status === 403) return `the identity may not read the workspace (HTTP ${status})`;
  if (status === 404) return 'there is no such workspace (HTTP 404)';
  if (status === 429) return 'the service turned the query away: too many requests (HTTP 429)';
  if (error instanceof TypeError || error instanceof SyntaxError)
    return 'the service answered with something that is not a query result';
  const details = 'details' in error ? innermost(error.details) : undefined;
  return `${details ?? error.message.split('\n')[0]}${status ? ` (HTTP ${status})` : ''}`;
}

function innermost(details: unknown): string | undefined {
  if (typeof details !== 'object' || details === null) return undefined;
  const inner = Reflect.get(details, 'error') ?? Reflect.get(details, 'innererror');
  const message: unknown = Reflect.get(details, 'message');
  return innermost(inner) ?? (typeof message === 'string' ? message : undefined);
}
