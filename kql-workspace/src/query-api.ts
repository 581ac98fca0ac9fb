import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Fault, FaultQueue } from './faults.ts';
import { parseTimeSpan } from './time-span.ts';
import type { ScalarType } from './values/scalar-types.ts';
import { formatDatetime, formatTimespan, isDatetime } from './values/time-text.ts';
import { type Cell, type QueryEngine, QueryError, type QueryResult } from './workspace.ts';

/** The body of a query request; unknown members are passed over as the service does. */
const requestBody = z.object({
  query: z.string(),
  timespan: z.string().nullish(),
  workspaces: z.array(z.string()).nullish(),
});
type QueryRequest = z.infer<typeof requestBody>;

interface Answer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const MAX_BODY_BYTES = 4 * 1024 * 1024;

/**
 * The Log Analytics query API: `POST /v1/workspaces/{id}/query` and its GET form, in the service's shapes. Every
 * workspace id is the same embedded workspace.
 */
export function queryApi(engine: QueryEngine, faults: FaultQueue, now: () => bigint): RequestListener {
  return (request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    respond(request, engine, faults, now, gone.signal)
      .catch((error: unknown) => failure(500, 'InternalServerError', String(error)))
      .then((answer) => send(response, answer));
  };
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  const id = randomUUID();
  const type = body === undefined ? {} : { 'Content-Type': 'application/json; charset=utf-8' };
  response.writeHead(status, { 'x-ms-client-request-id': id, ...type, ...headers });
  response.end(body);
}

async function respond(
  request: IncomingMessage,
  engine: QueryEngine,
  faults: FaultQueue,
  now: () => bigint,
  gone: AbortSignal,
): Promise<Answer> {
  const url = new URL(request.url ?? '/', 'http://workspace');
  if (!/^\/(v1|beta)\/workspaces\/[^/]+\/query$/.test(url.pathname)) {
    return failure(404, 'PathNotFoundError', `The requested path does not exist: ${url.pathname}`);
  }
  if (request.method !== 'POST' && request.method !== 'GET') {
    return failure(405, 'MethodNotAllowedError', `The method ${request.method} is not allowed`);
  }
  const body = request.method === 'GET' ? Object.fromEntries(url.searchParams) : await readJson(request);
  const fault = faults.next();
  const early = fault && answerOfFault(fault);
  if (early) return early;
  if (fault?.kind === 'slow') await sleep(fault.milliseconds);

  const parsed = requestBody.safeParse(
    typeof body === 'object' &&
      body !== null &&
      typeof (body as { workspaces?: unknown }).workspaces === 'string'
      ? { ...body, workspaces: String((body as { workspaces?: unknown }).workspaces).split(',') }
      : body,
  );
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join('.') ?? '';
    return failure(400, 'BadArgumentError', 'The request had some invalid properties', {
      code: 'InvalidPropertyError',
      message: field === '' ? 'The body is no JSON object' : `${field}: ${issue?.message}`,
    });
  }
  return answerQuery(parsed.data, engine, now, fault, String(request.headers.prefer ?? ''), gone);
}

async function answerQuery(
  { query, timespan }: QueryRequest,
  engine: QueryEngine,
  now: () => bigint,
  fault: Fault | undefined,
  prefer: string,
  gone: AbortSignal,
): Promise<Answer> {
  const span = timespan ? parseTimeSpan(timespan, now()) : undefined;
  if (timespan && !span) {
    return failure(400, 'BadArgumentError', 'The request had some invalid properties', {
      code: 'InvalidTimespanError',
      message: `The timespan '${timespan}' is not an ISO 8601 duration or interval`,
    });
  }
  const started = performance.now();
  try {
    const result = await engine.run(query, {
      ...(span ? { span } : {}),
      signal: AbortSignal.any([AbortSignal.timeout(waitOf(prefer)), gone]),
    });
    const statistics = prefer.includes('include-statistics=true')
      ? { query: { executionTime: (performance.now() - started) / 1000, resourceUsage: {} } }
      : undefined;
    const error = errorBeside(result, fault);
    return { status: 200, body: tablesBody(result, statistics, error) };
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return queryFailure(error);
  }
}

/** The service's default and longest time for a query: 3 and 10 minutes; in ms. */
function waitOf(prefer: string): number {
  const seconds = Number(/\bwait=(\d+)/.exec(prefer)?.[1] ?? 180);
  return Math.min(seconds, 600) * 1000;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk as Buffer);
  }
  try {
    return size > MAX_BODY_BYTES ? undefined : JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}

function answerOfFault(fault: Fault): Answer | undefined {
  switch (fault.kind) {
    case 'throttled': {
      const headers = retryAfter(fault.retryAfterSeconds);
      return { ...failure(429, 'ThrottledError', 'The request was throttled'), headers };
    }
    case 'unavailable': {
      const headers = retryAfter(fault.retryAfterSeconds);
      return { ...failure(503, 'ServiceUnavailableError', 'The service is unavailable'), headers };
    }
    case 'gateway-timeout':
      return failure(504, 'GatewayTimeout', 'The query took too long');
    case 'error-only':
      return { status: 200, body: JSON.stringify({ error: partialError(fault.message) }) };
    case 'no-content':
      return { status: 204 };
    case 'broken-json':
      return { status: 200, body: '{"tables":[{"name":"PrimaryResult","colu' };
    case 'answer':
      return {
        status: fault.status,
        body: fault.body,
        ...(fault.contentType ? { headers: { 'Content-Type': fault.contentType } } : {}),
      };
    default:
      return undefined;
  }
}

function retryAfter(seconds: number | undefined): Readonly<Record<string, string>> {
  return seconds === undefined ? {} : { 'Retry-After': String(seconds) };
}

function failure(status: number, code: string, message: string, innererror?: object): Answer {
  const error = { message, code, correlationId: randomUUID(), ...(innererror ? { innererror } : {}) };
  return { status, body: JSON.stringify({ error }) };
}

/** The service's way to say what is wrong with a query: the telling error lies two levels deep. */
function queryFailure({ kind, diagnostic }: QueryError): Answer {
  if (kind === 'stopped') {
    return failure(504, 'GatewayTimeout', 'The query took longer than it was given', {
      code: 'GatewayTimeout',
      message: 'Unable to receive a response within the time that the request waits',
    });
  }
  const { code, message, line, column } = diagnostic;
  const outer = {
    syntax: { code: 'SyntaxError', message: 'A recognition error occurred in the query.' },
    semantic: { code: 'SemanticError', message: 'A semantic error occurred.' },
    unsupported: {
      code: 'UnsupportedByEmbeddedWorkspace',
      message: 'The query is beyond the embedded workspace.',
    },
    execution: { code: 'ExecutionError', message: 'The query failed while it ran.' },
  }[kind];
  const located = `${message} (line ${line}, column ${column})`;
  return failure(400, 'BadArgumentError', 'The request had some invalid properties', {
    ...outer,
    innererror: { code, message: located, line, pos: column },
  });
}

function partialError(message = 'The query was incomplete'): object {
  return {
    code: 'PartialError',
    message: 'There were some errors when processing your query.',
    details: [
      {
        code: 'EngineError',
        message: 'Something went wrong processing your query on the server.',
        innererror: { code: '-2133196797', message, severity: 2, severityName: 'Error' },
      },
    ],
  };
}

function errorBeside(result: QueryResult, fault: Fault | undefined): object | undefined {
  if (fault?.kind === 'partial') return partialError(fault.message);
  return result.truncated
    ? partialError('The results of this query exceed the set limit of 500000 records.')
    : undefined;
}

function tablesBody({ columns, rows }: QueryResult, statistics?: object, error?: object): string {
  const described = columns.map(({ name, type }) => ({ name, type }));
  const lines = rows.map(
    (row) => `[${row.map((cell, index) => cellJson(cell, columns[index]?.type)).join(',')}]`,
  );
  const table = `{"name":"PrimaryResult","columns":${JSON.stringify(described)},"rows":[${lines.join(',')}]}`;
  const members = [`"tables":[${table}]`];
  if (statistics) members.push(`"statistics":${JSON.stringify(statistics)}`);
  if (error) members.push(`"error":${JSON.stringify(error)}`);
  return `{${members.join(',')}}`;
}

/** A cell in the service's JSON: longs as plain digits, times as text, dynamic as text that is JSON unless it is a text itself. */
function cellJson(cell: Cell, type: ScalarType | undefined): string {
  if (cell === null) return 'null';
  if (typeof cell === 'bigint') {
    if (type === 'datetime')
      return isDatetime(cell) ? JSON.stringify(formatDatetime(cell, 'trimmed')) : 'null';
    if (type === 'timespan') return JSON.stringify(formatTimespan(cell));
    return String(cell);
  }
  if (typeof cell === 'number' && !Number.isFinite(cell)) return JSON.stringify(String(cell));
  // A dynamic text comes as itself; what it looks like inside of an array or a bag is JSON's.
  if (type === 'dynamic' && typeof cell === 'string' && cell.startsWith('"')) return cell;
  return JSON.stringify(cell);
}
