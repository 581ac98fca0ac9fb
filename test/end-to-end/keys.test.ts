import { startFunctionsHost } from '../../local/environment/functions-host.ts';
import { bundleOnce } from './bundle-once.ts';
import { functionKey, type Stack, useStack } from './start-stack.ts';

const start = new Date('2026-11-24T12:00:00Z');
let stack: Stack;
useStack(start, (ready) => {
  stack = ready;
});

const functionKeys = {
  'read-exclusions': 'key-of-reading-exclusions',
  'change-exclusions': 'key-of-changing-exclusions',
  'read-dead-letters': 'key-of-reading-dead-letters',
  'change-dead-letters': 'key-of-changing-dead-letters',
  'on-demand-hunt': 'key-of-hunting',
  'hunts-health': 'key-of-health',
  runs: 'key-of-runs',
  'explain-device': 'key-of-explaining',
  'preview-exclusion': 'key-of-previews',
};
const calls: [name: keyof typeof functionKeys, method: string, path: string][] = [
  ['read-exclusions', 'GET', 'exclusions'],
  ['read-exclusions', 'GET', 'exclusions/lab'],
  ['change-exclusions', 'PUT', 'exclusions/lab'],
  ['change-exclusions', 'DELETE', 'exclusions/lab?by=me'],
  ['preview-exclusion', 'POST', 'exclusions/preview'],
  ['read-dead-letters', 'GET', 'dead-letters'],
  ['change-dead-letters', 'POST', 'dead-letters/none'],
  ['change-dead-letters', 'DELETE', 'dead-letters/none'],
  ['on-demand-hunt', 'POST', 'hunt'],
  ['hunts-health', 'GET', 'health/hunts'],
  ['runs', 'GET', 'runs'],
  ['explain-device', 'GET', 'explain?device=x'],
];

test('when a function has a key of its own, then that opens it, and no other function', async () => {
  const host = await startFunctionsHost({
    bundle: await bundleOnce(),
    key: functionKey,
    functionKeys,
    settings: (url) => ({ ...stack.settings, WEBHOOK_FUNCTION_URL: `${url}/api/webhook` }),
  });
  const status = async (method: string, path: string, key: string) => {
    const body = method === 'GET' ? {} : { body: '{"dryRun":true}' };
    const response = await fetch(`${host.url}/api/${path}`, {
      method,
      headers: { 'x-functions-key': key },
      ...body,
    });
    return response.status;
  };
  try {
    for (const [own, method, path] of calls) {
      for (const [name, key] of Object.entries(functionKeys)) {
        const opened = (await status(method, path, key)) !== 401;
        expect([method, path, name, opened]).toEqual([method, path, name, name === own]);
      }
      expect(await status(method, path, functionKey)).not.toBe(401);
    }
  } finally {
    await host.close();
  }
}, 120_000);

test('when anybody asks whether the app is up, then the answer is that, and nothing else', async () => {
  const response = await fetch(`${stack.host.url}/api/health`);
  expect([response.status, await response.json()]).toEqual([200, { status: 'up' }]);
});

test('when the storage does not answer, then the app is down', async () => {
  const host = await stack.startHost({
    AzureWebJobsStorage: stack.settings.AzureWebJobsStorage?.replace(/127\.0\.0\.1:\d+/, '127.0.0.1:1') ?? '',
  });
  const response = await fetch(`${host.url}/api/health`);
  expect([response.status, await response.json()]).toEqual([503, { status: 'down' }]);
}, 60_000);

test('when somebody with a key asks how the hunts are, then each tells what it searched and what it owes', async () => {
  const ask = async () => {
    const headers = { 'x-functions-key': functionKey };
    return (await fetch(`${stack.host.url}/api/health/hunts`, { headers })).json();
  };
  await stack.compose().hunt({
    hunts: ['addigy'],
    limits: { queriesMs: 60_000, deliveryMs: 60_000, patienceMs: 0 },
  });
  expect(await ask()).toMatchObject({
    version: expect.any(String),
    hunts: expect.arrayContaining([
      expect.objectContaining({
        hunt: expect.objectContaining({ name: expect.stringContaining('Addigy') }),
        owed: { spans: 0, from: null },
        lastRun: start.toISOString(),
      }),
    ]),
    outbox: { waiting: expect.any(Number), deadLettered: 0 },
    exclusionProblems: expect.any(Array),
  });
});
