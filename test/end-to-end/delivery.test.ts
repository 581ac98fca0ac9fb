import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { webhookHeaders } from '../../functions/adapters/http/webhook-headers.ts';
import { planRun } from '../../functions/domain/hunting/plan-run.ts';
import type { Message } from '../../functions/domain/messages/message.ts';
import { evidence, facts, sighting } from '../examples.ts';
import { agentConnection, functionKey, hunt, newTable, type Stack, secret, useStack } from './start-stack.ts';

// The functions in the host have this machine's clock.
const start = new Date();

let stack: Stack;
useStack(start, (started) => {
  stack = started;
});

const arrived = () =>
  stack.receiver
    .received()
    .filter(({ status }) => status < 300)
    .map(({ channel }) => channel)
    .sort();

/** One more device that talks to Addigy. */
let devices = 0;
async function addDevice() {
  const id = `d${devices++}`;
  const row = agentConnection(id, new Date(start.getTime() - 60_000));
  await stack.workspace.append('DeviceNetworkEvents', [row]);
}

/** A message of a run with one finding. */
function message(runId: string): Message {
  const { batches } = planRun(
    facts({ runId, evidence: evidence({ visible: [sighting('d1', 'prod.addigy.com')] }) }),
  );
  if (!batches[0]?.message) throw new Error('no message');
  return batches[0].message;
}

function post(body: string, headers: Record<string, string>, url = stack.host.url) {
  return fetch(`${url}/api/webhook`, { method: 'POST', body, headers });
}

const signed = (id: string, body: string, by = secret, at = new Date()) => webhookHeaders(id, body, [by], at);

describe('from the hunt to the channels', () => {
  test('when the webhook function is down, then the finding is kept, and arrives once it is up, once per channel', async () => {
    await addDevice();
    const storage = newTable();
    const down = stack.compose({ ...storage, WEBHOOK_FUNCTION_URL: 'http://127.0.0.1:1/api/webhook' });
    expect((await hunt(down)).outbox).toMatchObject({ deliveries: [], waiting: 1 });
    stack.time.now = new Date(start.getTime() + 10_000);
    const { reports, outbox } = await hunt(stack.compose(storage));
    expect(reports).toMatchObject([{ counts: { new: 0 } }]);
    expect(outbox).toMatchObject({ waiting: 0, problems: [] });
    expect(arrived()).toEqual(['teams', 'webhook']);
    await hunt(stack.compose(storage));
    expect(arrived()).toEqual(['teams', 'webhook']);
    stack.time.now = start;
  });

  test('when no channel is set up, then findings wait and the report says why, until there is one', async () => {
    await addDevice();
    const storage = newTable();
    const host = await stack.startHost({ ...storage, TEAMS_WEBHOOK_URL: '', WEBHOOK_URL: '' });
    const nobody = stack.compose({ ...storage, WEBHOOK_FUNCTION_URL: `${host.url}/api/webhook` });
    expect((await hunt(nobody)).outbox).toMatchObject({
      waiting: 1,
      problems: [expect.stringContaining('no channel is set up: TEAMS_WEBHOOK_URL')],
    });
    stack.time.now = new Date(start.getTime() + 10_000);
    expect((await hunt(stack.compose(storage))).outbox).toMatchObject({ waiting: 0, problems: [] });
    expect(arrived()).toEqual(['teams', 'webhook']);
    stack.time.now = start;
  });

  test('when one channel fails, then only that one is tried again', async () => {
    await addDevice();
    const storage = newTable();
    stack.receiver.respondWith({ status: 503, channel: 'teams' });
    expect((await hunt(stack.compose(storage))).outbox).toMatchObject({ waiting: 1 });
    expect(arrived()).toEqual(['webhook']);
    stack.time.now = new Date(start.getTime() + 10_000);
    const { outbox } = await hunt(stack.compose(storage));
    expect(outbox?.deliveries.map(({ channel, outcome }) => `${channel} ${outcome}`)).toEqual([
      'teams delivered',
      'webhook already-delivered',
    ]);
    expect(arrived()).toEqual(['teams', 'webhook']);
    stack.time.now = start;
  });

  test('when the process is killed between commit and delivery, then the finding arrives with the next run, once per channel', async () => {
    await addDevice();
    const storage = newTable();
    // A webhook function that never answers: when it is asked, the commit is done and the delivery is not.
    const silent = createServer();
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/api/webhook`;
    // One hunt: another might not have committed yet when the first is delivered.
    const victim = await stack.startHost({ ...storage, HUNTS: 'addigy', WEBHOOK_FUNCTION_URL: url });
    const asked = once(silent, 'request');
    const run = victim.runTimer('scheduled-hunt').catch((error: unknown) => error);
    await asked;
    process.kill(victim.workerPid, 'SIGKILL');
    expect(await run).toBeInstanceOf(Error);
    silent.closeAllConnections();
    silent.close();
    expect(stack.receiver.received()).toEqual([]);

    const survivor = await stack.startHost(storage);
    await survivor.runTimer('scheduled-hunt');
    await survivor.runTimer('scheduled-hunt');
    // A digest of each of the two hunts, once on each channel.
    expect(arrived()).toEqual(['teams', 'teams', 'webhook', 'webhook']);
  });
});

describe('a message that was given up', () => {
  test('is listed with the reason, tried again when asked, on the channels alone that do not have it, and can be removed', async () => {
    await addDevice();
    const storage = newTable();
    const host = await stack.startHost(storage);
    const app = stack.compose({ ...storage, WEBHOOK_FUNCTION_URL: `${host.url}/api/webhook` });
    stack.receiver.respondWith({ status: 422, channel: 'webhook', times: 2 });
    const { reports, outbox } = await hunt(app);
    expect(outbox).toMatchObject({ waiting: 0, deadLettered: 1 });
    expect(arrived()).toEqual(['teams']);

    const call = async (method: string, path = '') => {
      const response = await fetch(`${host.url}/api/dead-letters${path}`, {
        method,
        headers: { 'x-functions-key': functionKey },
      });
      return { status: response.status, body: response.status === 204 ? undefined : await response.json() };
    };
    const id = `${reports[0]?.runId}.baseline.1`;
    expect(await call('GET')).toMatchObject({
      status: 200,
      body: {
        deadLetters: [{ id, kind: 'baseline', reason: expect.stringMatching(/^webhook: .* answered 422$/) }],
      },
    });
    expect(await call('GET', `/${id}`)).toMatchObject({ status: 200, body: { message: { id } } });

    const channels = (webhook: object) => ({
      deliveries: [
        { channel: 'teams', outcome: 'already-delivered' },
        { channel: 'webhook', ...webhook },
      ],
    });
    expect(await call('POST', `/${id}`)).toMatchObject({
      status: 200,
      body: { ...channels({ outcome: 'refused' }), deadLettered: 1 },
    });
    expect(await call('POST', `/${id}`)).toMatchObject({
      status: 200,
      body: { ...channels({ outcome: 'delivered' }), deadLettered: 0, problems: [] },
    });
    expect(arrived()).toEqual(['teams', 'webhook']);

    for (const path of [`/${id}?by=anna`, '/nothing?by=anna', "/%27%20or%20''?by=anna"])
      for (const method of ['GET', 'POST', 'DELETE'])
        expect(await call(method, path)).toEqual({ status: 404, body: { error: expect.any(String) } });
    stack.receiver.respondWith({ status: 400, channel: 'teams' });
    stack.time.now = new Date(start.getTime() + 10_000);
    await addDevice();
    const next = await hunt(app);
    expect(next.outbox).toMatchObject({ deadLettered: 1 });
    const discarded = `${next.reports[0]?.runId}.findings.1`;
    expect((await call('DELETE', `/${discarded}`)).status).toBe(400);
    expect(await call('DELETE', `/${discarded}?by=anna`)).toEqual({ status: 204, body: undefined });
    expect(await call('GET')).toMatchObject({
      status: 200,
      body: { deadLetters: [], discarded: [{ id: discarded, by: 'anna', claimed: true }] },
    });
    expect((await call('POST')).status).toBe(405);
    expect((await fetch(`${host.url}/api/dead-letters`)).status).toBe(401);
    stack.time.now = start;
  });
});

describe('who may post to the webhook function', () => {
  const body = JSON.stringify(message('run-auth'));
  const id = message('run-auth').id;
  const good = () => signed(id, body);
  const hour = 3_600_000;

  test.each<[string, () => Record<string, string>, string]>([
    ['no signature', () => ({}), body],
    [
      'a signature by another secret',
      () => signed(id, body, `whsec_${Buffer.alloc(32, 9).toString('base64')}`),
      body,
    ],
    ['an old signature', () => signed(id, body, secret, new Date(Date.now() - hour)), body],
    ['a signature from the future', () => signed(id, body, secret, new Date(Date.now() + hour)), body],
    ['a changed body', good, body.replace('mac', 'cam').replace('d1', 'd2')],
    ['a changed id', () => ({ ...good(), 'webhook-id': 'other' }), body],
    ['a signature of nothing', () => ({ ...good(), 'webhook-signature': 'v1,' }), body],
  ])('when there is %s, then the answer is 401 and nothing is delivered', async (_, headers, sent) => {
    const response = await post(sent, headers());
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ error: 'unauthorized' });
    expect(stack.receiver.received()).toEqual([]);
  });

  test('when the signature is good, then each channel gets it; a repeat is told so', async () => {
    const answer = async () => {
      const response = await post(body, good());
      return { status: response.status, body: await response.json() };
    };
    const outcome = (of: string) => ({
      status: 200,
      body: { channels: ['teams', 'webhook'].map((channel) => ({ channel, outcome: of })) },
    });
    expect(await answer()).toEqual(outcome('delivered'));
    expect(await answer()).toEqual(outcome('already-delivered'));
    expect(arrived()).toEqual(['teams', 'webhook']);
  });

  test('when the secret is being rotated, then both are good', async () => {
    const next = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
    const host = await stack.startHost({ WEBHOOK_FUNCTION_SECRET: `${next} ${secret}` });
    for (const by of [secret, next])
      expect((await post(body, signed(id, body, by), host.url)).status).toBe(200);
  });

  test('when no secret is configured, then nothing is delivered', async () => {
    const host = await stack.startHost({ WEBHOOK_FUNCTION_SECRET: '' });
    const response = await post(body, good(), host.url);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('WEBHOOK');
    expect(stack.receiver.received()).toEqual([]);
  });

  test('when a channel is busy, then the answer is 503 with Retry-After and what became of each channel', async () => {
    const busy = message('run-busy');
    const text = JSON.stringify(busy);
    stack.receiver.respondWith({ status: 429, headers: { 'retry-after': '30' }, channel: 'webhook' });
    const response = await post(text, signed(busy.id, text));
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(29);
    expect(await response.json()).toMatchObject({
      channels: [
        { channel: 'teams', outcome: 'delivered' },
        { channel: 'webhook', outcome: 'retry-later', reason: expect.stringContaining('429') },
      ],
    });
  });

  test.each<[string, string, number, string]>([
    ['is not JSON', '{', 400, 'the body is not JSON'],
    ['is not a message', '{"id":"x"}', 400, 'kind: '],
    ['has a wrong field', JSON.stringify({ ...message('run-auth'), total: 'many' }), 400, 'total: '],
    [
      'has an unknown field',
      JSON.stringify({ ...message('run-auth'), url: 'https://evil.example' }),
      400,
      'url',
    ],
    ['is too large', ' '.repeat(1_100_000), 413, 'larger than'],
  ])('when a body %s, then the answer is 4xx and says what is wrong', async (_, sent, status, error) => {
    const response = await post(sent, signed(id, sent));
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: expect.stringContaining(error) });
    expect(stack.receiver.received()).toEqual([]);
  });
});

describe('the on-demand hunt', () => {
  const ask = (body: unknown, headers: Record<string, string> = { 'x-functions-key': functionKey }) =>
    fetch(`${stack.host.url}/api/hunt`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers,
    });

  test('when it is asked, then it answers with the run report', async () => {
    const response = await ask({ hunts: ['addigy'], lookback: 'P2D', dryRun: true });
    expect(response.status).toBe(200);
    const { reports } = (await response.json()) as { reports: unknown[] };
    expect(reports).toMatchObject([
      { hunt: { techniques: ['T1219'], tactics: ['CommandAndControl'] }, dryRun: true, outcome: 'complete' },
    ]);
  });

  test.each<[string, unknown, number, string]>([
    ['the body is not JSON', '{', 400, 'not JSON'],
    ['a field has the wrong type', { dryRun: 'yes' }, 400, 'dryRun: '],
    ['the lookback is no duration', { lookback: '5 days' }, 400, 'lookback: must be an ISO 8601 duration'],
    ['there is an unknown field', { webhook: 'https://evil.example' }, 400, 'webhook'],
    ['there is no such hunt', { hunts: ['nope'] }, 404, 'there is no hunt "nope"'],
  ])('when %s, then the answer says so', async (_, body, status, error) => {
    const response = await ask(body);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: expect.stringContaining(error) });
  });

  test('when the key is missing, then the answer is 401', async () => {
    expect((await ask({}, {})).status).toBe(401);
  });

  test('when another run is at the hunt, then the answer is 409; when the workspace can not be asked, it is 502', async () => {
    const storage = newTable();
    const host = await stack.startHost(storage);
    const askThere = () =>
      fetch(`${host.url}/api/hunt`, {
        method: 'POST',
        body: '{"hunts":["addigy"]}',
        headers: { 'x-functions-key': functionKey },
      });
    stack.workspace.fault({ kind: 'slow', milliseconds: 3_000 }, 3);
    const slow = askThere();
    await new Promise((soon) => setTimeout(soon, 1_500));
    const second = await askThere();
    expect(second.status).toBe(409);
    expect(await second.json()).toMatchObject({ reports: [{ outcome: 'lease-held' }] });
    expect((await slow).status).toBe(200);

    stack.workspace.fault(
      { kind: 'answer', status: 403, body: '{"error":{"code":"Forbidden","message":"no"}}' },
      3,
    );
    const third = await askThere();
    expect(third.status).toBe(502);
    expect(await third.json()).toMatchObject({
      reports: [
        {
          outcome: 'failed',
          problems: expect.arrayContaining([expect.stringContaining('may not read the workspace')]),
        },
      ],
    });
  });
});
