import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Binding, FunctionMetadata, HttpData } from './rpc.ts';
import type { Worker } from './start-worker.ts';

export interface HttpFunction {
  name: string;
  /** Path with its leading slash, for example `/api/hunt`. */
  route: string;
  methods: string[];
  authLevel: 'anonymous' | 'function' | 'admin';
}

/** The host's own limit, `maxRequestBodySize` of the HTTP extension: 100 MB. */
const MAX_BODY_BYTES = 104_857_600;

export function httpFunctions(functions: FunctionMetadata[]): HttpFunction[] {
  return functions.flatMap(({ name, bindings }) => {
    const trigger = Object.values(bindings).find(({ type }) => type === 'httpTrigger');
    return trigger ? [describe(name, trigger)] : [];
  });
}

function describe(name: string, { route, methods, authLevel }: Binding): HttpFunction {
  return {
    name,
    route: `/api/${route ?? name}`,
    methods: (methods ?? []).map((method) => method.toUpperCase()),
    authLevel: authLevel ?? 'anonymous',
  };
}

/**
 * Answers HTTP requests by running the functions, as the Functions host does: no such route or method is 404, a missing or wrong key 401,
 * a function that throws 500, all without a body. A function sees a request's body only when `Content-Length` says that there is one:
 * the real host passes nothing on of a chunked request.
 */
export function serveHttpTriggers({
  functions,
  worker,
  key,
  onError,
}: {
  functions: HttpFunction[];
  worker: Worker;
  key: string;
  onError: (functionName: string, error: unknown) => void;
}): RequestListener {
  const template = functions.find(({ route }) => route.includes('{'));
  if (template) throw new Error(`The local host knows no route templates: ${template.route}.`);

  return async (request, response) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? '127.0.0.1'}`);
    const method = request.method ?? 'GET';
    const path = url.pathname.toLowerCase();
    const fn = functions.find(
      ({ route, methods }) => route.toLowerCase() === path && methods.includes(method),
    );
    if (!fn) return end(response, 404);
    if (fn.authLevel !== 'anonymous' && !keyMatches(request, url, key)) return end(response, 401);
    if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return end(response, 413);
    try {
      const http = await toHttpData(request, url);
      const { returnValue } = await worker.invoke(fn.name, { http }, request.headers.traceparent?.toString());
      answer(response, returnValue?.http);
    } catch (error) {
      onError(fn.name, error);
      end(response, 500);
    }
  };
}

function keyMatches(request: IncomingMessage, url: URL, key: string): boolean {
  const given = request.headers['x-functions-key']?.toString() ?? url.searchParams.get('code') ?? '';
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(key));
}

async function toHttpData(request: IncomingMessage, url: URL): Promise<HttpData> {
  const bytes = await buffer(request);
  const nullable = (entries: Iterable<[string, string | string[] | undefined]>) =>
    Object.fromEntries(
      [...entries].flatMap(([name, value]) =>
        value === undefined ? [] : [[name, { value: [value].flat().join(',') }]],
      ),
    );
  const query = [...new Set(url.searchParams.keys())].map((name): [string, string[]] => [
    name,
    url.searchParams.getAll(name),
  ]);
  return {
    method: request.method ?? 'GET',
    url: url.href,
    nullableHeaders: nullable(Object.entries(request.headers)),
    nullableQuery: nullable(query),
    ...(Number(request.headers['content-length'] ?? 0) > 0 && { body: { bytes } }),
  };
}

/** A function that returns nothing answers 204. */
function answer(response: ServerResponse, http: HttpData | null | undefined): void {
  if (!http) {
    end(response, 204);
    return;
  }
  if (http.cookies?.length) throw new Error('The local host does not set cookies.');
  response.writeHead(Number(http.statusCode ?? 200), http.headers ?? {});
  response.end(http.body?.bytes ?? http.body?.string ?? undefined);
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}
