import { addigy, functionKey, type Stack, useStack } from './start-stack.ts';

/** What people with a function key, or none, tried on the running functions. Each must cost them more than it costs the app. */

const start = new Date('2026-11-24T12:00:00Z');

let stack: Stack;
useStack(start, (started) => {
  stack = started;
});

const call = async (method: string, path: string, body?: unknown) => {
  const started = performance.now();
  const response = await fetch(`${stack.host.url}/api/${path}`, {
    method,
    headers: { 'x-functions-key': functionKey },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text, ms: performance.now() - started };
};

const entry = (any: object[]) => ({
  reason: 'A lab of ours',
  owner: 'soc@example.com',
  createdBy: 'mallory@example.com',
  expires: '2027-10-31',
  hunts: [addigy],
  any,
});
const matching = (...patterns: string[]) => entry([{ DeviceName: { matches: patterns } }]);

describe('a pattern that a backtracking engine would never finish', () => {
  test.each(
    ['(?:.?){100}#', '(a+)+b', `${'.*'.repeat(30)}!`, '(?:\\w+\\s?)+@'].map(
      (pattern, index) => [pattern, index] as const,
    ),
  )(
    'when %j is put, then the answer comes fast, and so do the other functions meanwhile',
    async (pattern, index) => {
      const [put, webhook] = await Promise.all([
        call('PUT', `exclusions/slow-${index}`, matching(pattern)),
        call('POST', 'webhook', '{}'),
      ]);
      expect([put.status, webhook.status]).toEqual([201, 401]);
      expect(Math.max(put.ms, webhook.ms)).toBeLessThan(5_000);
    },
  );

  test('when milder ones are stored, then no read is slower than before', async () => {
    await call('GET', 'exclusions');
    const before = await call('GET', 'exclusions');
    for (let index = 0; index < 20; index++) {
      const put = await call('PUT', `exclusions/mild-${index}`, matching(`(?:.?){${index + 10}}#`));
      expect(put.status).toBe(201);
    }
    const after = await call('GET', 'exclusions');
    expect(after.status).toBe(200);
    expect(after.ms - before.ms).toBeLessThan(1_000);
  });

  test('when an entry is full of the largest, then it is refused in a moment', async () => {
    const largest = Array.from({ length: 100 }, (_, index) => `${'(?:.?){1000}'.repeat(80)}${index}`);
    const put = await call('PUT', 'exclusions/large', matching(...largest));
    expect(put.status).toBe(400);
    expect(put.text).toContain('too large');
    expect(put.ms).toBeLessThan(5_000);
  });
});

test('when a body is nested without end, then the answer is 400', async () => {
  for (const [method, path] of [
    ['PUT', 'exclusions/deep'],
    ['POST', 'exclusions/preview'],
    ['POST', 'hunt'],
  ] as const) {
    for (const depth of [100, 5_000, 50_000]) {
      const deep = `{"any":${'['.repeat(depth)}${']'.repeat(depth)}}`;
      expect(await call(method, path, deep)).toMatchObject({ status: 400 });
    }
  }
});

test('when an entry names a setting that is not meant for exclusions, then no answer gives its value', async () => {
  const value = stack.settings.LOG_ANALYTICS_WORKSPACE_ID ?? '';
  const body = entry([{ DeviceName: { equals: `\${LOG_ANALYTICS_WORKSPACE_ID}` } }]);
  for (const answer of [
    await call('PUT', 'exclusions/curious', body),
    await call('POST', 'exclusions/preview', { exclusion: { id: 'curious', ...body } }),
  ]) {
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('EXCLUSION_PLACEHOLDERS');
    expect(answer.text).not.toContain(value);
  }
});

test('when a setting is named by a list that was reviewed, or declared, then an entry may name it too', async () => {
  const named = (name: string) => entry([{ RemoteIP: { cidr: `\${${name}}` } }]);
  expect((await call('PUT', 'exclusions/servers', named('ADDIGY_MANAGEMENT_SERVER_IPS'))).status).toBe(201);
  const host = await stack.startHost({ EXCLUSION_PLACEHOLDERS: 'LAB_RANGES', LAB_RANGES: '198.51.100.0/24' });
  const response = await fetch(`${host.url}/api/exclusions/ranges`, {
    method: 'PUT',
    headers: { 'x-functions-key': functionKey },
    body: JSON.stringify(named('LAB_RANGES')),
  });
  expect(response.status).toBe(201);
});

test('when preview is put as an id, then it is none, since it is an address of its own', async () => {
  expect((await call('PUT', 'exclusions/preview', matching('^lab-'))).status).toBe(400);
});

test.each(['PT4H30', 'xxP1D', 'P1Dx'])('when a lookback is %s, then it is refused', async (lookback) => {
  expect((await call('POST', 'hunt', { lookback })).status).toBe(400);
});
