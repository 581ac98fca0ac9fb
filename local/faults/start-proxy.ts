import { once } from 'node:events';
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Fault } from './fault-kinds.ts';

/** One request on its way to the other side. */
export interface Exchange {
  method: string;
  /** Path and query. */
  path: string;
  body: Buffer;
}

export interface FaultProxy {
  url: string;
  /** Where requests go; it can change while the proxy runs. */
  target: string;
  close(): Promise<void>;
}

/** What a fault does to others. */
export interface Effects {
  /** Says what goes wrong with a request. */
  meet: (exchange: Exchange) => Fault | undefined;
  /** Ends the app's process. */
  kill: () => void;
  /** What goes on in the world while a request lies. */
  meanwhile: () => Promise<void>;
}

/** Stands between the app and another side. */
export async function startProxy(target: string, effects: Effects): Promise<FaultProxy> {
  const proxy = { url: '', target };
  const server = createServer((incoming, response) => {
    void pass(incoming, response, proxy, effects).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(proxy, {
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  });
}

async function pass(
  incoming: IncomingMessage,
  response: ServerResponse,
  { target }: { target: string },
  { meet, kill, meanwhile }: Effects,
): Promise<void> {
  const body = await bytesOf(incoming);
  const fault = meet({ method: incoming.method ?? '', path: incoming.url ?? '', body });
  if (fault?.what === 'stall') await meanwhile();
  const reaches = !fault || ('reaches' in fault ? fault.reaches : true);
  const answer = reaches ? await send(incoming, body, target) : undefined;
  if (!fault || fault.what === 'stall')
    return respond(response, answer?.status ?? 502, answer?.headers ?? {}, answer?.body ?? Buffer.alloc(0));
  switch (fault.what) {
    case 'answer':
      return respond(response, fault.status, fault.headers ?? {}, Buffer.from(fault.body));
    case 'reset':
      incoming.socket.resetAndDestroy();
      return;
    case 'hang':
      return;
    case 'kill':
      kill();
      return;
    case 'half':
      return respond(
        response,
        answer?.status ?? 200,
        answer?.headers ?? {},
        answer?.body.subarray(0, answer.body.length >> 1) ?? Buffer.alloc(0),
      );
    case 'endless':
      return drip(response, answer?.status ?? 200, answer?.headers ?? {});
  }
}

async function send(incoming: IncomingMessage, body: Buffer, target: string) {
  const { headers, method } = incoming;
  const outgoing = forward(`${target}${incoming.url ?? ''}`, {
    method,
    headers: { ...headers, host: new URL(target).host },
  });
  outgoing.end(body);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await bytesOf(answer) };
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** What says how a body is cut into pieces is this server's own. */
const own = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive']);

function respond(
  response: ServerResponse,
  status: number,
  headers: Record<string, string | string[] | undefined>,
  body: Buffer,
): void {
  const passed = Object.entries(headers).filter(([name, value]) => !own.has(name) && value !== undefined);
  response.writeHead(status, Object.fromEntries(passed));
  response.end(body);
}

function drip(response: ServerResponse, status: number, headers: Record<string, unknown>): void {
  // Who hung up while the other side answered brings no more events, and a timer would keep the process alive.
  if (response.closed) return;
  respondHead(response, status, headers);
  const timer = setInterval(() => response.write(' '), 200);
  response.on('close', () => clearInterval(timer));
}

function respondHead(response: ServerResponse, status: number, headers: Record<string, unknown>): void {
  const type = headers['content-type'];
  response.writeHead(status === 204 ? 200 : status, typeof type === 'string' ? { 'content-type': type } : {});
}
