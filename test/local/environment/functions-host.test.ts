import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { bundleFunctions } from '../../../local/building/bundle-functions.ts';
import {
  type FunctionsHost,
  type LogEntry,
  startFunctionsHost,
} from '../../../local/environment/functions-host.ts';

let folder: string;
let bundle: string;
let host: FunctionsHost;
const logs: LogEntry[] = [];
const key = 'the key';
const settings = { TICK_SCHEDULE: '0 0 0 1 1 *', SECRET: 'only this' };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'host-'));
  ({ entry: bundle } = await bundleFunctions({
    entry: join(import.meta.dirname, '../fixtures/functions.ts'),
    outDir: join(folder, 'dist'),
  }));
  host = await startFunctionsHost({ bundle, key, settings, onLog: (entry) => logs.push(entry) });
});
afterAll(async () => {
  await host.close();
  await rm(folder, { recursive: true, force: true });
});

describe('an HTTP trigger', () => {
  test('gets method, address, query, headers and body, and gives status, headers and body', async () => {
    const response = await fetch(`${host.url}/api/say/echo?a=1&a=2&b=`, {
      method: 'POST',
      headers: { 'x-say': 'hi' },
      body: 'ünïcode\u0000 body',
    });

    expect(response.status).toBe(201);
    expect(response.headers.get('x-echo')).toBe('hi');
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toMatchObject({
      method: 'POST',
      url: `${host.url}/api/say/echo?a=1&a=2&b=`,
      query: { a: '1,2', b: '' },
      body: 'ünïcode\u0000 body',
    });
  });

  test('goes on with the trace of its caller, as a span of its own, and starts one where there is none', async () => {
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const call = async (headers: Record<string, string>) =>
      (await (await fetch(`${host.url}/api/say/echo`, { headers })).json()) as Record<string, string>;

    const [joined, fresh] = await Promise.all([call({ traceparent: trace }), call({})]);

    expect(joined?.traceParent).toMatch(
      /^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/,
    );
    expect(fresh?.traceParent).toMatch(/^00-(?!0af76519)[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(joined?.invocationId).not.toBe(fresh?.invocationId);
  });

  test('gets no body of a chunked request, as in Azure', async () => {
    const request = httpRequest(`${host.url}/api/say/echo`, { method: 'POST' });
    request.write('chunk');
    request.end();
    const [response] = await once(request, 'response');

    expect(JSON.parse(await text(response))).toMatchObject({ body: '' });
  });

  test.each([
    ['a route that there is not', 'GET', '/api/nowhere', 404],
    ['a method that the function does not take', 'POST', '/api/locked', 404],
    ['a route in other case', 'GET', '/API/Stream', 200],
    ['a function that returns nothing', 'GET', '/api/nothing', 204],
  ])('%s answers %s %s with %d', async (_, method, path, status) => {
    expect((await fetch(host.url + path, { method })).status).toBe(status);
  });

  test.each([
    ['things/a%20b', { thing: 'a b' }],
    ['things', { thing: null }],
    ['things/known', 'known'],
  ])('a route with a parameter: /api/%s', async (path, expected) => {
    expect(await (await fetch(`${host.url}/api/${path}`)).json()).toEqual(expected);
  });

  test('a stream arrives whole', async () => {
    expect(await (await fetch(`${host.url}/api/stream`)).text()).toBe('one two three');
  });

  test('a function that throws answers 500 without a word, and the log has the reason', async () => {
    const response = await fetch(`${host.url}/api/throws`);

    expect(response.status).toBe(500);
    expect(await response.text()).toBe('');
    expect(logs).toContainEqual(
      expect.objectContaining({
        level: 'error',
        functionName: 'throws',
        message: expect.stringContaining('inner secret'),
      }),
    );
  });

  test('what a function logs arrives with its name and invocation', async () => {
    const { invocationId } = (await (
      await fetch(`${host.url}/api/say/echo`, { headers: { 'x-say': 'word' } })
    ).json()) as {
      invocationId: string;
    };

    expect(logs).toContainEqual({
      level: 'information',
      category: 'user',
      functionName: 'echo',
      invocationId,
      message: 'echoing word',
    });
  });

  test('the process sees the settings and nothing else of the environment', async () => {
    process.env.NOT_A_SETTING = 'leaks';
    const seen = await (await fetch(`${host.url}/api/environment`)).json();
    delete process.env.NOT_A_SETTING;

    expect(seen).toMatchObject({ SECRET: 'only this', WEBSITE_HOSTNAME: host.url.slice('http://'.length) });
    expect(seen).not.toHaveProperty('JEST_WORKER_ID');
    expect(seen).not.toHaveProperty('NOT_A_SETTING');
  });
});

describe('a function behind the key', () => {
  test.each([
    ['the key in the header', '/api/locked', { 'x-functions-key': key }, 200],
    ['the key in the query', `/api/locked?code=${encodeURIComponent(key)}`, {}, 200],
    ['no key', '/api/locked', {}, 401],
    ['an empty key', '/api/locked?code=', {}, 401],
    ['a key that only begins right', '/api/locked', { 'x-functions-key': `${key}x` }, 401],
    [
      'a wrong header, whatever the query says',
      `/api/locked?code=${encodeURIComponent(key)}`,
      { 'x-functions-key': 'no' },
      401,
    ],
  ])('%s', async (_, path, headers, status) => {
    expect((await fetch(host.url + path, { headers: headers as Record<string, string> })).status).toBe(
      status,
    );
  });
});

describe('a timer trigger', () => {
  test('runs on demand and gives back what the function returned', async () => {
    const next = `${new Date().getUTCFullYear() + 1}-01-01T00:00:00.000Z`;

    expect(await host.runTimer('tick')).toEqual({ isPastDue: false, next, functionName: 'tick' });
    expect(await host.runTimer('tick', { isPastDue: true })).toMatchObject({ isPastDue: true });
  });

  test('that throws rejects, and a name that there is not says so', async () => {
    await expect(host.runTimer('broken')).rejects.toThrow('the hunt failed');
    await expect(host.runTimer('nowhere')).rejects.toThrow('There is no timer function nowhere.');
  });

  test('fires by itself on the schedule that its setting names', async () => {
    const ticks: LogEntry[] = [];
    const ticking = await startFunctionsHost({
      bundle,
      key,
      settings: { TICK_SCHEDULE: '* * * * * *' },
      onLog: (entry) => entry.message === 'tick' && ticks.push(entry),
    });
    try {
      expect(ticking.timers).toContainEqual({
        name: 'tick',
        schedule: '* * * * * *',
        next: expect.any(Date),
      });
      for (let tries = 0; tries < 100 && ticks.length < 2; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(ticks.length).toBeGreaterThanOrEqual(2);
    } finally {
      await ticking.close();
    }
  });

  test('without its setting it does not start, and the error names both', async () => {
    await expect(startFunctionsHost({ bundle, key })).rejects.toThrow(
      'The schedule of tick needs the setting TICK_SCHEDULE.',
    );
  });
});

describe('the host', () => {
  test('closing waits for what is running and lets the functions say goodbye', async () => {
    const said: string[] = [];
    const closing = await startFunctionsHost({
      bundle,
      key,
      settings,
      onLog: ({ message }) => said.push(message),
    });
    const slow = fetch(`${closing.url}/api/slow`).then((response) => response.text());
    await new Promise((resolve) => setTimeout(resolve, 100));

    await closing.close();

    expect(await slow).toBe('done');
    expect(said).toContain('goodbye');
    await expect(fetch(`${closing.url}/api/slow`)).rejects.toThrow();
  });

  test('when the process of the functions is killed, what was running fails and so does what follows', async () => {
    const dying = await startFunctionsHost({ bundle, key, settings });
    const slow = fetch(`${dying.url}/api/slow`);
    await new Promise((resolve) => setTimeout(resolve, 100));

    process.kill(dying.workerPid, 'SIGKILL');

    expect((await slow).status).toBe(500);
    await expect(dying.runTimer('tick')).rejects.toThrow('has ended (SIGKILL)');
    await dying.close();
  });

  test('a port that is taken is an error with its code', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;

    await expect(startFunctionsHost({ bundle, key, settings, port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    other.close();
  });

  test('a function on a route of a form that it does not know is an error and not a 404 later', async () => {
    const templated = join(folder, 'templated.cjs');
    const trigger = { type: 'httpTrigger', methods: ['GET'], route: 'items/{id}/parts' };
    await writeFile(
      templated,
      `require('@azure/functions-core').registerFunction(
        { name: 'item', bindings: { http: ${JSON.stringify(trigger)} } }, () => {})`,
    );

    await expect(startFunctionsHost({ bundle: templated, key })).rejects.toThrow('/api/items/{id}/parts');
  });

  test('a bundle that does not load is an error with its reason', async () => {
    const broken = join(folder, 'broken.cjs');
    await writeFile(broken, 'throw new Error("no such luck")');

    await expect(startFunctionsHost({ bundle: broken, key })).rejects.toThrow('no such luck');
  });
});
