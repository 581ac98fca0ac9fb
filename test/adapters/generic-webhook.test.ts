import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { genericWebhookChannel } from '../../functions/adapters/generic-webhook.ts';
import { sampleFinding, sampleMessage } from '../../local/cards/sample-messages.ts';
import { sampleNotices } from '../../local/cards/sample-notices.ts';

const oldSecret = `whsec_${Buffer.from('the-secret-until-today-24').toString('base64')}`;
const newSecret = `whsec_${Buffer.from('the-secret-from-today-24b').toString('base64')}`;
const message = sampleMessage(
  [sampleFinding('mac-01', 'agents.addigy.com'), sampleFinding('mac-02', 'prod.addigy.com')],
  {
    part: { number: 2, of: 3 },
  },
);
const signal = new AbortController().signal;
const now = () => new Date();

let received: { headers: Record<string, string>; body: string }[] = [];
let status = 204;
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  received.push({ headers, body: Buffer.concat(chunks).toString() });
  response.writeHead(status, { 'retry-after': '60' }).end();
});
let url: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=hush`;
});
beforeEach(() => {
  received = [];
  status = 204;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

it('every part is posted, once, as an envelope with one OCSF finding each and what is true of the run', async () => {
  const channel = genericWebhookChannel({ name: 'soar', url, secrets: [oldSecret], now });
  expect(await channel.send(message, signal)).toEqual({ kind: 'delivered' });
  expect(received).toHaveLength(1);
  expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({
    type: 'hunt.findings',
    timestamp: message.createdAt,
    data: {
      id: message.id,
      part: { number: 2, of: 3 },
      counts: message.counts,
      coverage: message.coverage,
      run: message.run,
      hunt: message.hunt,
      findings: message.findings.map(({ id }) => ({ class_uid: 2004, finding_info: { uid: id } })),
    },
  });
});

it.each(Object.entries(sampleNotices))(
  '%s is no detection: it comes with its own fields, and no findings',
  async (_, notice) => {
    const channel = genericWebhookChannel({ name: 'soar', url, secrets: [oldSecret], now });
    await channel.send(notice, signal);
    const { kind, createdAt, ...data } = notice;
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({ type: `hunt.${kind}`, timestamp: createdAt, data });
    expect(data).not.toHaveProperty('findings');
  },
);

it('while secrets are rotated, a receiver that knows either verifies it, and one that knows neither does not', async () => {
  const channel = genericWebhookChannel({ name: 'soar', url, secrets: [newSecret, oldSecret], now });
  await channel.send(message, signal);
  const [{ headers, body } = { headers: {}, body: '' }] = received;
  expect(headers).toMatchObject({ 'webhook-id': message.id });
  expect(new Webhook(oldSecret).verify(body, headers)).toMatchObject({ type: 'hunt.findings' });
  expect(new Webhook(newSecret).verify(body, headers)).toMatchObject({ type: 'hunt.findings' });
  const stranger = new Webhook(Buffer.from('somebody else').toString('base64'));
  expect(() => stranger.verify(body, headers)).toThrow('No matching signature');
  expect(() => new Webhook(oldSecret).verify(body.replace('mac-01', 'mac-99'), headers)).toThrow(
    'No matching signature',
  );
});

it('when the receiver is busy, it is for later; when it is gone, it is out of order; when it says no, it is refused; none tells the URL', async () => {
  const channel = genericWebhookChannel({ name: 'soar', url, secrets: [oldSecret], now });
  status = 503;
  const later = await channel.send(message, signal);
  expect(later).toMatchObject({ kind: 'retry-later', notBefore: expect.any(Date) });
  status = 410;
  const gone = await channel.send(message, signal);
  expect(gone).toMatchObject({ kind: 'out-of-order' });
  status = 422;
  const never = await channel.send(message, signal);
  expect(never).toMatchObject({ kind: 'refused' });
  expect(JSON.stringify([later, gone, never])).not.toContain('hush');
});

it.each([[[]], [['whsec_not base64!']]])('when the secrets are %j, it is not built at all', (secrets) => {
  expect(() => genericWebhookChannel({ name: 'soar', url, secrets, now })).toThrow();
});
