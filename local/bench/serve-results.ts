import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** The query API with answers that were made beforehand, each after `takesMs`: the first name that stands in the query decides. */
export async function serveResults(
  bodies: Readonly<Record<string, string>>,
  takesMs = 0,
): Promise<{ url: string; close(): void }> {
  const ready = Object.entries(bodies).map(([name, body]) => [name, Buffer.from(body)] as const);
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    if (takesMs > 0) await sleep(takesMs);
    const body = ready.find(([name]) => text.includes(name))?.[1];
    response.writeHead(body ? 200 : 404, { 'content-type': 'application/json' }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
