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
  functionKeys = {},
  onError,
}: {
  functions: HttpFunction[];
  worker: Worker;
  /** The host's: it opens every function. */
  key: string;
  /** Keys of single functions, by their names. */
  functionKeys?: Readonly<Record<string, string>>;
  onError: (functionName: string, error: unknown) => void;
}): RequestListener {
  const routes = functions.map((fn) => ({ fn, pattern: patternOf(fn.route) }));
  return async (request, response) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? '127.0.0.1'}`);
    const method = request.method ?? 'GET';
    const matches = routes.flatMap(({ fn, pattern }) => {
      const match = fn.methods.includes(method) ? pattern.exec(url.pathname) : null;
      return match ? [{ fn, params: match.groups ?? {} }] : [];
    });
    // As in Azure, a route that is spelled out goes before a template.
    const { fn, params = {} } =
      matches.find((match) => Object.keys(match.params).length === 0) ?? matches[0] ?? {};
    if (!fn) return end(response, 404);
    const keys = [key, functionKeys[fn.name]].filter((one) => one !== undefined);
    if (fn.authLevel !== 'anonymous' && !keys.some((one) => keyMatches(request, url, one)))
      return end(response, 401);
    if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return end(response, 413);
    try {
      const http = await toHttpData(request, url, params);
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

/** `/api/things/{id?}` as a pattern; the last part may be a parameter, required or not. */
function patternOf(route: string): RegExp {
  const [, path = '', name, optional] = /^([^{}]*?)(?:\/\{(\w+)(\?)?\})?$/.exec(route) ?? [];
  if (path === '') throw new Error(`The local host does not know this form of route template: ${route}.`);
  const parameter = name === undefined ? '' : `/(?<${name}>[^/]+)`;
  return new RegExp(
    `^${path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}${optional ? `(?:${parameter})?` : parameter}/?$`,
    'i',
  );
}

async function toHttpData(
  request: IncomingMessage,
  url: URL,
  params: Readonly<Record<string, string | undefined>>,
): Promise<HttpData> {
  const bytes = await buffer(request);
  const nullable = (entries: Iterable<[string, string | string[] | undefined]>) =>
    Object.fromEntries(
      [...entries].flatMap(([name, value]) =>
        value === undefined ? [] : [[name, { value: [value].flat().join(',') }]],
      ),
    );
  const decoded = Object.entries(params).map(([name, value]): [string, string | undefined] => [
    name,
    value && decodeURIComponent(value),
  ]);
  const query = [...new Set(url.searchParams.keys())].map((name): [string, string[]] => [
    name,
    url.searchParams.getAll(name),
  ]);
  return {
    method: request.method ?? 'GET',
    url: url.href,
    nullableHeaders: nullable(Object.entries(request.headers)),
    nullableQuery: nullable(query),
    nullableParams: nullable(decoded),
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
