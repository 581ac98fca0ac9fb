import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checkSlackPost } from './check-slack-post.ts';
import { checkTeamsPost } from './check-teams-post.ts';
import { checkWebhookPost } from './check-webhook-post.ts';
import { pageHeaders, showFile } from './show-file.ts';

/** One POST that came in, and what was made of it. */
export interface Received {
  channel: 'teams' | 'slack' | 'webhook';
  at: string;
  headers: Record<string, string>;
  body: string;
  /** Absent when the body is not JSON. */
  json?: unknown;
  /** What was answered. */
  status: number;
  /** In words: `a card that Teams would show`, `signature verified`, or what is wrong. */
  verdict: string;
}

export interface Receiver {
  /** The page. */
  url: string;
  teamsUrl: string;
  /** Of a flow that takes the card alone. */
  bareTeamsUrl: string;
  slackUrl: string;
  webhookUrl: string;
  /** Oldest first, faults included. */
  received(): readonly Received[];
  /** The next posts are answered so, whatever they hold; for one channel, or for any. */
  respondWith(fault: Fault): void;
  clear(): void;
  close(): Promise<void>;
}

export interface Fault {
  status: number;
  headers?: Record<string, string>;
  /** Once unless told. */
  times?: number;
  channel?: Received['channel'];
}

const BARE = '/teams/bare';

/** What arrived, as the checks see it. */
interface Post {
  path: string;
  body: string;
  json: unknown;
  headers: Record<string, string>;
}

interface Endpoint {
  /** Status for a good post, and for a bad one. */
  accepted: number;
  /** What it says with the first; nothing unless told. */
  thanks?: string;
  refused: number;
  /** The verdict on a good one. */
  praise: string;
  /** What is wrong with a post, in words. */
  check(post: Post): string | undefined;
}

/** Paths that take posts, and whose they are. */
const posts: Readonly<Record<string, Received['channel']>> = {
  '/teams': 'teams',
  [BARE]: 'teams',
  '/slack': 'slack',
  '/webhook': 'webhook',
};

const MAX_BODY_BYTES = 5 * 1024 * 1024;

/**
 * Stands in for Teams' Workflows (`teamsUrl`, answers 202 like they do), for Slack (`slackUrl`, 200) and for a team's own system (`webhookUrl`, 204), on this machine only, and shows on a page what
 * arrived. What the real ones would not show or accept is refused and says why. Port 0, the default, takes a free one.
 */
export async function startReceiver(
  options: { port?: number; webhookSecret?: string } = {},
): Promise<Receiver> {
  const received: Received[] = [];
  const faults: (Fault & { times: number })[] = [];
  const watchers = new Set<ServerResponse>();
  const endpoints: Record<Received['channel'], Endpoint> = {
    teams: {
      accepted: 202,
      refused: 400,
      praise: 'a card that Teams would show',
      check: (post) => checkTeamsPost(post, post.path === BARE),
    },
    slack: {
      accepted: 200,
      thanks: 'ok',
      refused: 400,
      praise: 'blocks that Slack would show',
      check: checkSlackPost,
    },
    webhook: {
      accepted: 204,
      refused: 401,
      praise: options.webhookSecret === undefined ? 'signature not checked' : 'signature verified',
      check: (post) => checkWebhookPost(post, options.webhookSecret),
    },
  };

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.writeHead(500).end());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Pages of other sites must not read findings by pointing their own name at this machine.
    if (request.headers.host !== host && request.headers.host !== host.replace('127.0.0.1', 'localhost')) {
      response.writeHead(421).end();
      return;
    }
    const { pathname } = new URL(request.url ?? '/', `http://${host}`);
    const channel = posts[pathname];
    if (request.method === 'POST' && channel) {
      await take(channel, pathname, request, response);
    } else if (request.method === 'GET') {
      await show(pathname, response);
    } else {
      response.writeHead(404).end();
    }
  }

  async function take(
    channel: Received['channel'],
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ) {
    const body = await readBody(request);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const json = parseJson(body);
    const { accepted, thanks, refused, praise, check } = endpoints[channel];
    const problem = check({ path, body, json, headers });
    const fault = nextFault(channel);
    const status = fault?.status ?? (problem === undefined ? accepted : refused);
    const verdict = fault ? 'a fault that was asked for' : (problem ?? praise);
    received.push({
      channel,
      at: new Date().toISOString(),
      headers,
      body,
      ...(json !== undefined && { json }),
      status,
      verdict,
    });
    response.writeHead(status, fault?.headers).end(fault ? undefined : (problem ?? thanks));
    for (const watcher of watchers) watcher.write('data: received\n\n');
  }

  function nextFault(channel: Received['channel']): Fault | undefined {
    const fault = faults.find((one) => one.times > 0 && (one.channel ?? channel) === channel);
    if (fault) fault.times--;
    return fault;
  }

  async function show(pathname: string, response: ServerResponse): Promise<void> {
    if (pathname === '/received') {
      response
        .writeHead(200, { ...pageHeaders, 'content-type': 'application/json' })
        .end(JSON.stringify(received));
    } else if (pathname === '/events') {
      response.writeHead(200, { ...pageHeaders, 'content-type': 'text/event-stream' }).flushHeaders();
      watchers.add(response);
      response.on('close', () => watchers.delete(response));
    } else {
      await showFile(pathname, response);
    }
  }

  return {
    url: `http://${host}/`,
    teamsUrl: `http://${host}/teams?sig=local`,
    bareTeamsUrl: `http://${host}${BARE}?sig=local`,
    slackUrl: `http://${host}/slack`,
    webhookUrl: `http://${host}/webhook`,
    received: () => received,
    respondWith: (fault) => faults.push({ times: 1, ...fault }),
    clear: () => {
      received.length = 0;
      faults.length = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new Error('body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
