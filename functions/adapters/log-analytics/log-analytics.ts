import { setTimeout as sleep } from 'node:timers/promises';
import type { TokenCredential } from '@azure/identity';
import type { LogsQueryClient, LogsQueryClientOptions } from '@azure/monitor-query';
import pLimit from 'p-limit';
import { z } from 'zod';
import type { LogsAnswer } from '../../domain/hunting/read-answers.ts';
import type { ResultTable } from '../../domain/hunting/result-table.ts';
import type { Logs, LogsRequest } from '../../ports/logs.ts';
import { capRetryAfter } from '../http/cap-retry-after.ts';
import { quota } from '../http/pace.ts';
import { rowsApart } from './rows-apart.ts';

type Policy = NonNullable<LogsQueryClientOptions['additionalPolicies']>[number]['policy'];
type PipelineRequest = Parameters<Policy['sendRequest']>[0];
type SendRequest = Parameters<Policy['sendRequest']>[1];
type PipelineResponse = Awaited<ReturnType<SendRequest>>;

/** The service runs five queries of one identity at once and turns more away. */
const QUERIES_AT_ONCE = 5;
/** And 200 in 30 seconds; the rest is for whoever else uses the identity. Tries after a refusal count too. */
const QUERIES_PER_WINDOW = 180;
const WINDOW_MS = 30_000;
/** The longest wait that the service may ask for: its window. */
const LONGEST_RETRY_AFTER_MS = 30_000;

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
  const rows = rowsApart();
  let opened: Promise<LogsQueryClient> | undefined;
  const client = () => {
    opened ??= openClient(endpoint, audience, credential, rows.policy);
    return opened;
  };
  return {
    query: (request) =>
      limit(async () => (request.signal.aborted ? overdue : ask(await client(), request, rows.takeTable))),
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
  rowsPolicy: Policy,
): Promise<LogsQueryClient> {
  const { LogsQueryClient } = await import('@azure/monitor-query');
  const additionalPolicies = [
    { position: 'perRetry' as const, policy: inTurn() },
    // After it, so that the wait comes to it in one header, however the service wrote it.
    { position: 'perRetry' as const, policy: capRetryAfter(LONGEST_RETRY_AFTER_MS) },
    { position: 'perRetry' as const, policy: rowsPolicy },
  ];
  if (!endpoint.startsWith('http://'))
    return new LogsQueryClient(await credential(), {
      endpoint,
      additionalPolicies,
      ...(audience && { audience }),
    });

  const noCredential: TokenCredential = {
    getToken: async () => ({ token: 'none', expiresOnTimestamp: Number.MAX_SAFE_INTEGER }),
  };
  return new LogsQueryClient(noCredential, {
    endpoint: endpoint.replace('http://', 'https://'),
    additionalPolicies: [
      ...additionalPolicies,
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

/** Every request waits for its turn in the service's quota, and all of them after one that was turned away. */
function inTurn() {
  const turn = quota(QUERIES_PER_WINDOW, WINDOW_MS);
  let pausedUntil = 0;
  return {
    name: 'inTurn',
    async sendRequest(request: PipelineRequest, next: SendRequest): Promise<PipelineResponse> {
      const signal = (request.abortSignal ?? new AbortController().signal) as AbortSignal;
      if (!(await turn(signal))) throw new Error(TURN_DID_NOT_COME);
      const pauseMs = pausedUntil - performance.now();
      if (pauseMs > 0) await sleep(pauseMs, undefined, { signal });
      const response = await next(request);
      if (response.status === 429) {
        pausedUntil = performance.now() + Number(response.headers.get('retry-after-ms') ?? 0);
      }
      return response;
    },
  };
}

const TURN_DID_NOT_COME = "the run's deadline came before the service's quota allowed the query";

async function ask(
  client: LogsQueryClient,
  request: LogsRequest,
  takeTable: (request: PipelineRequest) => ResultTable | undefined,
): Promise<LogsAnswer> {
  // The SDK drops the details of a partial error, where the reason is, so the body is kept; its rows were taken out of it.
  let body = '';
  let table: ResultTable | undefined;
  const onResponse = (response: { bodyAsText?: string | null; request: PipelineRequest }) => {
    body = response.bodyAsText ?? '';
    table = takeTable(response.request);
  };
  try {
    const result = await client.queryWorkspace(
      request.workspaceId,
      request.kql,
      { startTime: request.timespan.from, endTime: request.timespan.to },
      { serverTimeoutInSeconds: request.serverTimeoutSeconds, abortSignal: request.signal, onResponse },
    );
    // PartialFailure arrives as HTTP 200 and does not throw.
    if (result.status === 'PartialFailure') {
      const reason = serviceError(body) ?? result.partialError.code;
      return { kind: 'partial', table: table ?? noTable, reason };
    }
    return table ? { kind: 'complete', table } : { kind: 'failed', reason: notAResult };
  } catch (error) {
    if (request.signal.aborted) return overdue;
    return { kind: 'failed', reason: reasonOf(error) };
  }
}

const noTable: ResultTable = { columns: [], rows: [] };

const notAResult = 'the service answered with something that is not a query result';

/** In words for a report. */
function reasonOf(error: unknown): string {
  if (!isRestError(error))
    return error instanceof TypeError || error instanceof SyntaxError ? notAResult : messageOf(error);
  const { statusCode, response } = error;
  switch (statusCode) {
    case undefined:
      return messageOf(error);
    case 401:
    case 403:
      return `the identity may not read the workspace (HTTP ${statusCode})`;
    case 404:
      return 'there is no such workspace (HTTP 404)';
    case 429:
      return 'the service turned the query away: too many requests (HTTP 429)';
    default:
      if (statusCode < 400) return notAResult;
      return `${serviceError(response?.bodyAsText) ?? 'the service failed'} (HTTP ${statusCode})`;
  }
}

/** What the SDK throws when the service answered with an error, or could not be reached. */
interface RestError extends Error {
  statusCode?: number;
  response?: { bodyAsText?: string | null };
}

function isRestError(error: unknown): error is RestError {
  return error instanceof Error && error.name === 'RestError';
}

/** The first line: what follows in an SDK's message is headers and bodies. */
function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? 'unknown error';
}

/** The messages of the service's error and of what it has inside, outermost first; the innermost says what is wrong, with line and column. */
function serviceError(body: string | null | undefined): string | undefined {
  let error: unknown;
  try {
    error = JSON.parse(body ?? '')?.error;
  } catch {
    return undefined;
  }
  const messages: string[] = [];
  for (
    let inner = serviceErrorSchema.safeParse(error).data;
    inner;
    inner = serviceErrorSchema.safeParse(inner.innererror ?? inner.details?.[0]).data
  ) {
    const { message, line, pos } = inner;
    messages.push(
      `${message}${line === undefined || message.includes(`line ${line}`) ? '' : ` (line ${line}, column ${pos ?? '?'})`}`,
    );
  }
  return messages.length > 0 ? messages.join(': ').replace(/\s+/g, ' ').slice(0, 1_000) : undefined;
}

const serviceErrorSchema = z.object({
  message: z.string(),
  innererror: z.unknown().optional(),
  details: z.array(z.unknown()).optional(),
  line: z.number().optional(),
  pos: z.number().optional(),
});
