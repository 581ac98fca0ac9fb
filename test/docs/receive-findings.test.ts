import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { genericWebhookChannel } from '../../functions/adapters/generic-webhook.ts';
import type { Message } from '../../functions/domain/messages/message.ts';
import { sampleMessages } from '../../local/cards/sample-messages.ts';
import { sampleNotices } from '../../local/cards/sample-notices.ts';
import { type Received, startReceiver } from '../../local/environment/receiver/start-receiver.ts';

const text = readFileSync(join(import.meta.dirname, '../../docs/receive-findings.md'), 'utf8');
const code = /```js\n(.*?)```/s.exec(text)?.[1] ?? '';
const folder = mkdtempSync(join(tmpdir(), 'receive-findings-'));
const oldSecret = `whsec_${Buffer.from('the-secret-until-today-24').toString('base64')}`;
const newSecret = `whsec_${Buffer.from('the-secret-from-today-24b').toString('base64')}`;
let received: Received;
/** Bodies of messages without findings. */
let notices: unknown[];

beforeAll(async () => {
  writeFileSync(join(folder, 'verify.mjs'), code);
  const receiver = await startReceiver();
  const channel = genericWebhookChannel({
    name: 'soar',
    url: receiver.webhookUrl,
    secrets: [newSecret, oldSecret],
    now: () => new Date(),
  });
  const messages: Message[] = [
    ...(sampleMessages['two-findings'] ? [sampleMessages['two-findings']] : []),
    ...Object.values(sampleNotices),
  ];
  for (const message of messages) await channel.send(message, new AbortController().signal);
  const [first, ...others] = receiver.received() as [Received, ...Received[]];
  received = first;
  notices = others.map(({ json }) => json);
  await receiver.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the code of the page in a process of its own. */
function verify(secret: string, headers: Record<string, string>, body: string): boolean {
  writeFileSync(join(folder, 'in.json'), JSON.stringify([secret, headers, body]));
  writeFileSync(
    join(folder, 'run.mjs'),
    "import { readFileSync } from 'node:fs'; import { verify } from './verify.mjs';\nconsole.log(verify(...JSON.parse(readFileSync(new URL('in.json', import.meta.url)))))",
  );
  return execFileSync(process.execPath, [join(folder, 'run.mjs')], { encoding: 'utf8' }).trim() === 'true';
}

it('the code on the page verifies what is really sent, with either secret while they are rotated', () => {
  expect(verify(newSecret, received.headers, received.body)).toBe(true);
  expect(verify(oldSecret, received.headers, received.body)).toBe(true);
});

it.each([
  ['another secret', (r: Received) => ['whsec_c29tZW9uZSBlbHNl', r.headers, r.body] as const],
  ['another body', (r: Received) => [newSecret, r.headers, `${r.body} `] as const],
  ['another id', (r: Received) => [newSecret, { ...r.headers, 'webhook-id': 'x' }, r.body] as const],
  [
    'an old time',
    (r: Received) => [newSecret, { ...r.headers, 'webhook-timestamp': '1700000000' }, r.body] as const,
  ],
  ['no time', (r: Received) => [newSecret, { ...r.headers, 'webhook-timestamp': 'x' }, r.body] as const],
  ['no headers', (r: Received) => [newSecret, {}, r.body] as const],
  [
    'a signature of nothing',
    (r: Received) => [newSecret, { ...r.headers, 'webhook-signature': 'v1, v1' }, r.body] as const,
  ],
])('the code on the page refuses %s', (_, change) => {
  const [secret, headers, body] = change(received);
  expect(verify(secret, headers, body)).toBe(false);
});

const [aboutFindings = '', aboutNotices = ''] = text.split('## About the hunter itself');

/** Whether something stands there in the JSON; `a[0].b` is a place. */
function has(json: unknown, place: string): boolean {
  const keys = place.split(/[.[\]]+/).filter((key) => key !== '');
  return keys.reduce<unknown>((value, key) => Object(value)[key], json) !== undefined;
}

it('every field that the page names is in the body', () => {
  const body = JSON.parse(received.body);
  const named = [...aboutFindings.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell]) =>
    [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ''),
  );
  const fields = named.filter((name) => !name.startsWith('webhook-') && !name.startsWith('.'));
  expect(fields.length).toBeGreaterThan(15);
  expect(fields.filter((field) => !has(body, field) && !has(body.data.findings[0], field))).toEqual([]);
});

it('every field that the page names of messages about the hunter itself is in them', () => {
  const rows = [...aboutNotices.matchAll(/^\| `(hunt\.[a-z-]+)` \|.*\|(.*)\|$/gm)];
  expect(rows.map(([, type]) => type)).toEqual([
    'hunt.not-completed',
    'hunt.well-again',
    'hunt.gap',
    'hunt.much-hidden',
    'hunt.weekly',
    'hunt.changes',
  ]);
  for (const [, type, cell] of rows) {
    const bodies = notices.filter((notice) => has(notice, 'type') && Object(notice).type === type);
    const fields = [...(cell ?? '').matchAll(/`(data\.[^`]+)`/g)].map(([, name]) => name ?? '');
    expect(fields.length).toBeGreaterThan(0);
    expect(bodies.length).toBeGreaterThan(0);
    for (const body of bodies) expect(fields.filter((field) => !has(body, field))).toEqual([]);
  }
});
