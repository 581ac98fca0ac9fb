import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type App, compose } from '../../functions/composition.ts';
import type { RunReport } from '../../functions/domain/hunting/report.ts';
import { answerWebhook } from '../../functions/triggers/answer-webhook.ts';
import { compileHunts, readCompiledHunts } from '../compiler/compile-hunts.ts';
import { checkout } from '../environment/checkout.ts';

/** What the app is asked to do. */
export interface Order {
  what: 'hunt' | 'weekly';
  now: string;
}

/** What it said, or why it said nothing. */
export interface Said {
  reports: RunReport[];
  error?: string;
}

export interface AppUnderFault {
  /** Of the webhook function. */
  url: string;
  run(order: Order): Promise<Said>;
  close(): Promise<void>;
}

/** Everything has a fraction of the time that it has in Azure, but for the commits' minute; a busy machine needs no less. */
export const LIMITS = { queriesMs: 15_000, deliveryMs: 20_000, patienceMs: 0 };
const TABLE_LIMITS = { tryMs: 1_500, operationMs: 4_500, retryAfterMs: 250 };

/** The app with its webhook function, in this process. */
export async function openApp(
  env: Record<string, string>,
  tableLimits = TABLE_LIMITS,
): Promise<AppUnderFault> {
  let now = new Date();
  // The parser takes seconds to load, which are no part of a run.
  await readCompiledHunts(checkout);
  const app = compose(env, { clock: () => now, compile: compileHunts, tableLimits });
  const server = createServer((request, response) => void answer(app, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async run(order) {
      now = new Date(order.now);
      try {
        if (order.what === 'hunt') return { reports: (await app.hunt({ limits: LIMITS })).reports };
        await app.tellWeekly({ patienceMs: 0, signal: AbortSignal.timeout(LIMITS.deliveryMs) });
        return { reports: [] };
      } catch (error) {
        return { reports: [], error: error instanceof Error ? error.message : String(error) };
      }
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(app: App, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const headers = { get: (name: string) => String(request.headers[name] ?? '') || null };
  const text = async () => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    return body;
  };
  const answered = await answerWebhook({ headers, text }, app, () => undefined).catch(() => ({
    status: 500,
  }));
  response.writeHead(answered.status ?? 200, { 'content-type': 'application/json' });
  response.end('jsonBody' in answered ? JSON.stringify(answered.jsonBody) : '');
}
