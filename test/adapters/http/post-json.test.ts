import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { rootCertificates, setDefaultCACertificates } from 'node:tls';
import { generate } from 'selfsigned';
import { type PostRequest, postJson } from '../../../functions/adapters/http/post-json.ts';

const now = new Date('2026-08-01T12:00:00Z');
const secret = 'sig=VERY-SECRET';
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    if ('closeAllConnections' in server && typeof server.closeAllConnections === 'function') {
      server.closeAllConnections();
    }
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function serve(listener: RequestListener): Promise<string> {
  const port = await listen(createServer(listener));
  return `http://127.0.0.1:${port}/secret-path?${secret}`;
}

function post(url: string, more: Partial<PostRequest> = {}) {
  return postJson({ url, body: '{"a":1}', signal: new AbortController().signal, now: () => now, ...more });
}

describe('when the receiver answers', () => {
  it('the body and headers arrive as given, and its answer comes back', async () => {
    let seen: unknown;
    const url = await serve(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      seen = {
        method: request.method,
        url: request.url,
        type: request.headers['content-type'],
        id: request.headers['webhook-id'],
        body: Buffer.concat(chunks).toString(),
      };
      response.writeHead(202).end('{"ok":true}');
    });
    expect(await post(url, { headers: { 'webhook-id': 'm1' } })).toEqual({
      kind: 'delivered',
      status: 202,
      body: '{"ok":true}',
    });
    expect(seen).toEqual({
      method: 'POST',
      url: `/secret-path?${secret}`,
      type: 'application/json; charset=utf-8',
      id: 'm1',
      body: '{"a":1}',
    });
  });

  it.each([
    [200, 'delivered'],
    [204, 'delivered'],
    [301, 'out-of-order'],
    [304, 'out-of-order'],
    [307, 'out-of-order'],
    [400, 'refused'],
    [401, 'out-of-order'],
    [403, 'out-of-order'],
    [404, 'out-of-order'],
    [409, 'out-of-order'],
    [410, 'out-of-order'],
    [412, 'out-of-order'],
    [408, 'retry-later'],
    [413, 'refused'],
    [422, 'refused'],
    [425, 'retry-later'],
    [429, 'retry-later'],
    [500, 'retry-later'],
    [503, 'retry-later'],
  ])('status %i is %s', async (status, kind) => {
    const url = await serve((_, response) => response.writeHead(status).end());
    const outcome = await post(url);
    expect(outcome).toMatchObject({ kind, status });
    if (outcome.kind !== 'delivered') expect(outcome.reason).toContain(`${status}`);
  });

  it.each([
    ['invalid_blocks', ' (invalid_blocks)'],
    ['no_service\n', ' (no_service)'],
    ['{"error":"sig=VERY-SECRET"}', ''],
    ['a sentence of theirs', ''],
    ['', ''],
  ])('when it says no with %j, the reason ends in %j', async (body, end) => {
    const url = await serve((_, response) => response.writeHead(400).end(body));
    expect(await post(url)).toMatchObject({
      kind: 'refused',
      reason: `${new URL(url).host} answered 400${end}`,
    });
  });

  it.each([
    ['a page by its type', { 'content-type': 'text/html; charset=utf-8' }, 'Sign in'],
    ['a page by its look', {}, '\n<!DOCTYPE html><title>Sign in</title>'],
    ['a page without a doctype', {}, '<html><body>Sign in'],
    ['a page after a remark', {}, '<!-- v2 --><html><body>Sign in'],
    ['a page in XML', { 'content-type': 'application/xml' }, '<?xml version="1.0"?>\n<html>Sign in'],
  ])('200 with %s is no acceptance', async (_, headers, body) => {
    const url = await serve((_, response) => response.writeHead(200, headers).end(body));
    expect(await post(url)).toMatchObject({
      kind: 'out-of-order',
      reason: `${new URL(url).host} answered 200 with a page, as of a login`,
    });
  });

  it.each([
    ['ok', 'delivered'],
    ['no', 'out-of-order'],
    ['', 'out-of-order'],
  ])('where the receiver says "ok" when it took it, %j is %s', async (body, kind) => {
    const url = await serve((_, response) => response.writeHead(200).end(body));
    expect(await post(url, { accepts: (answer) => answer.body === 'ok' })).toMatchObject({ kind });
  });

  it('and an answer that breaks off before it is for later', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '2' });
      response.write('o', () => response.destroy());
    });
    expect(await post(url, { accepts: (answer) => answer.body === 'ok' })).toMatchObject({
      kind: 'retry-later',
    });
  });

  it('a redirect is not followed', async () => {
    let followed = false;
    const url = await serve((request, response) => {
      if (request.url === '/elsewhere') followed = true;
      response.writeHead(308, { location: '/elsewhere' }).end();
    });
    expect(await post(url)).toMatchObject({
      kind: 'out-of-order',
      reason: `${new URL(url).host} answered 308, a redirect, which is not followed`,
    });
    expect(followed).toBe(false);
  });

  it.each([
    ['7', '2026-08-01T12:00:07.000Z'],
    ['0', '2026-08-01T12:00:00.000Z'],
    ['Sat, 01 Aug 2026 12:05:00 GMT', '2026-08-01T12:05:00.000Z'],
    ['Sat, 01 Aug 2020 12:05:00 GMT', '2026-08-01T12:00:00.000Z'],
    ['99999999999999999999', '2026-08-02T12:00:00.000Z'],
    ['soon', undefined],
    ['-5 apples', undefined],
  ])('Retry-After %j means not before %s', async (header, notBefore) => {
    const url = await serve((_, response) => response.writeHead(429, { 'retry-after': header }).end());
    const outcome = await post(url);
    expect(outcome.kind === 'retry-later' && outcome.notBefore?.toISOString()).toBe(notBefore);
  });

  it('an endless answer is read to 64 KiB, and the connection is let go', async () => {
    let closed: () => void;
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const url = await serve((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'.repeat(20_000)), 1);
      response.on('close', () => {
        clearInterval(timer);
        closed();
      });
    });
    const outcome = await post(url);
    expect(outcome.kind === 'delivered' && outcome.body.length).toBe(64 * 1024);
    await gone;
  });

  it('a 2xx whose body breaks off is delivered all the same', async () => {
    const url = await serve((_, response) => {
      response.writeHead(202, { 'content-length': '100' });
      response.write('part', () => response.destroy());
    });
    expect(await post(url)).toMatchObject({ kind: 'delivered', status: 202 });
  });
});

describe('when there is no answer', () => {
  it('a refused connection is for later, with its code', async () => {
    const url = await serve(() => {});
    await new Promise((resolve) => servers.pop()?.close(resolve));
    expect(await post(url)).toEqual({
      kind: 'retry-later',
      reason: `${new URL(url).host} can't be reached (ECONNREFUSED)`,
    });
  });

  it('a connection that is cut is for later', async () => {
    const url = await serve((request) => request.socket.destroy());
    expect(await post(url)).toMatchObject({
      kind: 'retry-later',
      reason: expect.stringContaining("can't be reached"),
    });
  });

  it('what is not HTTP is for later', async () => {
    const port = await listen(createTcpServer((socket) => socket.resume().end('hello\r\n\r\n')));
    expect(await post(`http://127.0.0.1:${port}/?${secret}`)).toMatchObject({ kind: 'retry-later' });
  });

  it('a silent receiver is given up after the time-out', async () => {
    const url = await serve(() => {});
    expect(await post(url, { timeoutMs: 50 })).toEqual({
      kind: 'retry-later',
      reason: `${new URL(url).host} did not answer in time`,
    });
  });

  it("the run's deadline ends it at once", async () => {
    const url = await serve(() => {});
    const outcome = post(url, { signal: AbortSignal.timeout(50) });
    expect(await outcome).toEqual({
      kind: 'retry-later',
      reason: `${new URL(url).host}: stopped before it answered`,
    });
  });
});

describe('when the server must prove who it is', () => {
  async function serveTls(altNames: Parameters<typeof generate>[1] = {}) {
    const pems = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
      keyType: 'ec',
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
      ...altNames,
    });
    let requests = 0;
    const server = createTlsServer({ key: pems.private, cert: pems.cert }, (_, response) => {
      requests++;
      response.end('ok');
    });
    const port = await listen(server);
    return { url: `https://127.0.0.1:${port}/p?${secret}`, cert: pems.cert, requests: () => requests };
  }
  afterEach(() => setDefaultCACertificates([...rootCertificates]));

  it('a certificate from nobody known is refused and says so', async () => {
    const { url, requests } = await serveTls();
    expect(await post(url)).toEqual({
      kind: 'out-of-order',
      reason: `${new URL(url).host}: its certificate can't be trusted (DEPTH_ZERO_SELF_SIGNED_CERT), nothing was sent`,
    });
    expect(requests()).toBe(0);
  });

  it('a certificate that is trusted is fine', async () => {
    const { url, cert } = await serveTls();
    setDefaultCACertificates([cert]);
    expect(await post(url)).toEqual({ kind: 'delivered', status: 200, body: 'ok' });
  });

  it.each([
    [
      'for another name',
      {
        extensions: [
          { name: 'subjectAltName' as const, altNames: [{ type: 2 as const, value: 'other.example' }] },
        ],
      },
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    [
      'that has ended',
      { notBeforeDate: new Date('2020-01-01'), notAfterDate: new Date('2021-01-01') },
      'CERT_HAS_EXPIRED',
    ],
    [
      'that is not valid yet',
      { notBeforeDate: new Date('2090-01-01'), notAfterDate: new Date('2091-01-01') },
      'CERT_NOT_YET_VALID',
    ],
  ])('to a trusted certificate %s nothing is sent', async (_, options, code) => {
    const { url, cert, requests } = await serveTls(options);
    setDefaultCACertificates([cert]);
    expect(await post(url)).toMatchObject({ kind: 'out-of-order', reason: expect.stringContaining(code) });
    expect(requests()).toBe(0);
  });
});

describe('when the URL is not fit to be used', () => {
  it.each([
    ['http://example.com/x?sig=VERY-SECRET'],
    ['http://127.0.0.1.example.com/x?sig=VERY-SECRET'],
    ['http://10.0.0.1/x?sig=VERY-SECRET'],
    ['ftp://127.0.0.1/x?sig=VERY-SECRET'],
    ['https://user:VERY-SECRET@127.0.0.1/x'],
    ['file:///etc/VERY-SECRET'],
    ['not a url VERY-SECRET'],
  ])('%s is refused before anything is sent', async (url) => {
    const outcome = await post(url);
    expect(outcome.kind).toBe('out-of-order');
    expect(JSON.stringify(outcome)).not.toContain('VERY-SECRET');
  });
});

it('no outcome carries more of the URL than its host', async () => {
  const urls = [
    await serve((_, response) => response.writeHead(500).end()),
    await serve((_, response) => response.writeHead(302, { location: `/x?${secret}` }).end()),
    await serve((request) => request.socket.destroy()),
    `http://127.0.0.1:6000/secret-path?${secret}`,
    `https://name.invalid/secret-path?${secret}`,
  ];
  for (const url of urls) {
    const text = JSON.stringify(await post(url));
    expect(text).toContain(new URL(url).host);
    expect(text).not.toMatch(/secret/i);
  }
});
