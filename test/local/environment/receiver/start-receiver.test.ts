import { request as httpRequest } from 'node:http';
import { genericWebhookChannel } from '../../../../functions/adapters/generic-webhook.ts';
import { slackChannel } from '../../../../functions/adapters/slack.ts';
import { teamsChannel } from '../../../../functions/adapters/teams.ts';
import { teamsCard } from '../../../../functions/domain/messages/teams-card.ts';
import { sampleMessages } from '../../../../local/cards/sample-messages.ts';
import { type Receiver, startReceiver } from '../../../../local/environment/receiver/start-receiver.ts';

const secret = `whsec_${Buffer.from('a-secret-for-the-receiver').toString('base64')}`;
const now = () => new Date();
const signal = new AbortController().signal;
const message = sampleMessages.finding;
if (!message) throw new Error('no sample');

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver({ webhookSecret: secret });
});
beforeEach(() => receiver.clear());
afterAll(() => receiver.close());

const teams = () => teamsChannel({ name: 'teams', url: receiver.teamsUrl, card: 'message', now });
const post = (url: string, body: string) => fetch(url, { method: 'POST', body });

describe('the Teams channel', () => {
  it.each(Object.entries(sampleMessages))('%s: its card is one that Teams would show', async (_, sample) => {
    expect(await teams().send(sample, signal)).toEqual({ kind: 'delivered' });
    expect(receiver.received()).toMatchObject([
      { channel: 'teams', status: 202, verdict: 'a card that Teams would show' },
    ]);
  });

  it('posts the first part only', async () => {
    expect(await teams().send({ ...message, part: { number: 2, of: 2 } }, signal)).toEqual({
      kind: 'not-needed',
    });
    expect(receiver.received()).toHaveLength(0);
  });

  it('when Workflows is busy, the card is for later and says when', async () => {
    receiver.respondWith({ status: 429, headers: { 'retry-after': '30' }, times: 1 });
    expect(await teams().send(message, signal)).toMatchObject({
      kind: 'retry-later',
      notBefore: expect.any(Date),
    });
    expect(await teams().send(message, signal)).toEqual({ kind: 'delivered' });
  });

  it('when the flow is gone, the channel is out of order, and the reason holds no secret', async () => {
    receiver.respondWith({ status: 404, channel: 'teams' });
    const outcome = await teams().send(message, signal);
    expect(outcome.kind).toBe('out-of-order');
    expect(JSON.stringify(outcome)).not.toContain('sig=');
  });
});

it('a burst to Teams is paced to four a second, and a slow channel does not hold up another', async () => {
  const channel = teams();
  const other = teams();
  const start = performance.now();
  const done = await Promise.all([
    ...[1, 2, 3].map(() => channel.send(message, signal).then(() => performance.now() - start)),
    other.send(message, signal).then(() => performance.now() - start),
  ]);
  expect(done[2]).toBeGreaterThanOrEqual(495);
  expect(done[3]).toBeLessThan(done[2] ?? 0);
});

describe('the Slack channel', () => {
  const slack = () => slackChannel({ name: 'slack', url: receiver.slackUrl, now });
  it.each(Object.entries(sampleMessages))(
    '%s: its blocks are ones that Slack would show',
    async (_, sample) => {
      expect(await slack().send(sample, signal)).toEqual({ kind: 'delivered' });
      expect(receiver.received()).toMatchObject([
        { channel: 'slack', status: 200, verdict: 'blocks that Slack would show' },
      ]);
    },
  );

  it('posts the first part only', async () => {
    expect(await slack().send({ ...message, part: { number: 2, of: 2 } }, signal)).toEqual({
      kind: 'not-needed',
    });
  });

  it('when the webhook is gone, the channel is out of order', async () => {
    receiver.respondWith({ status: 410, channel: 'slack' });
    expect(await slack().send(message, signal)).toEqual({
      kind: 'out-of-order',
      reason: expect.stringMatching(/ answered 410$/),
    });
  });

  it.each([
    ['a text in markup', [{ type: 'section', text: { type: 'mrkdwn', text: 'x' } }], 'invalid_blocks'],
    ['51 blocks', Array.from({ length: 51 }, () => ({ type: 'divider' })), 'invalid_blocks'],
  ])('the receiver refuses %s', async (_, blocks, why) => {
    const body = JSON.stringify({ text: 'x', blocks, unfurl_links: false, unfurl_media: false });
    const response = await post(receiver.slackUrl, body);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(why);
  });
});

describe('the receiver refuses what Teams would not show', () => {
  const content = teamsCard(message).attachments[0].content;
  const wrapped = (card: object) => ({
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content: card }],
  });
  it.each([
    ['a newer card', wrapped({ ...content, version: '1.5' }), 'version'],
    ['a bare card', content, 'type'],
    ['no card', { type: 'message', attachments: [] }, 'attachments'],
    ['an empty card', wrapped({ ...content, body: [] }), 'body'],
    ['too much', wrapped({ ...content, filler: 'x'.repeat(25_000) }), '28 KB'],
    ['no JSON', 'hello', 'body'],
  ])('%s', async (_, body, why) => {
    const response = await post(receiver.teamsUrl, typeof body === 'string' ? body : JSON.stringify(body));
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(why);
  });
});

describe('the generic webhook', () => {
  it('when the signature is right, it is accepted', async () => {
    const channel = genericWebhookChannel({ name: 'soar', url: receiver.webhookUrl, secrets: [secret], now });
    expect(await channel.send(message, signal)).toEqual({ kind: 'delivered' });
    expect(receiver.received()).toMatchObject([
      { channel: 'webhook', status: 204, verdict: 'signature verified' },
    ]);
  });

  it('when it is signed with another secret, or not at all, it is refused', async () => {
    const other = `whsec_${Buffer.from('some-other-secret-24bytes').toString('base64')}`;
    const channel = genericWebhookChannel({ name: 'soar', url: receiver.webhookUrl, secrets: [other], now });
    expect(await channel.send(message, signal)).toMatchObject({ kind: 'out-of-order' });
    expect((await post(receiver.webhookUrl, '{}')).status).toBe(401);
    expect(receiver.received().map(({ verdict }) => verdict)).toEqual([
      'signature not verified: No matching signature found',
      'signature not verified: Missing required headers',
    ]);
  });
});

it('the page runs no code but its own', async () => {
  const policy = (await fetch(receiver.url)).headers.get('content-security-policy');
  expect(policy).toContain("default-src 'none'; script-src 'self';");
  expect(policy).not.toContain('unsafe');
});

it('a page of another site that points its name here reads nothing', async () => {
  const status = await new Promise((resolve, reject) => {
    const { hostname, port } = new URL(receiver.url);
    httpRequest(
      { hostname, port, path: '/received', headers: { host: `evil.example:${port}` } },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    )
      .on('error', reject)
      .end();
  });
  expect(status).toBe(421);
});
