import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { channelAnswerSchema } from '../../functions/domain/hunting/report.ts';
import { type Message, messageKinds, messageSchema } from '../../functions/domain/messages/message.ts';
import { CONTRACT_FILE, webhookContract } from '../../local/building/webhook-contract.ts';
import { sampleMessages } from '../../local/cards/sample-messages.ts';
import { sampleNotices } from '../../local/cards/sample-notices.ts';
import { type Stack, secret, startStack } from '../end-to-end/start-stack.ts';

const root = join(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'docs/webhook.md'), 'utf8');
const block = (language: string) => new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(text)?.[1] ?? '';
const example = JSON.parse(block('json')) as Message;
const messages = Object.entries<Message>({
  ...sampleMessages,
  ...sampleNotices,
  'the example on the page': example,
});

describe('the schema beside the page', () => {
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true, validateFormats: false }).compile(
    JSON.parse(webhookContract()),
  );

  test('is what the validator gives now; if not: npm run contract', () => {
    expect(readFileSync(join(root, CONTRACT_FILE), 'utf8')).toBe(webhookContract());
  });

  test.each(messages)('accepts what the function accepts: %s', (_, message) => {
    expect(messageSchema.safeParse(message).success).toBe(true);
    expect(validate(message) || validate.errors).toBe(true);
  });

  test.each<[string, (message: Message) => unknown]>([
    ['an unknown kind', (message) => ({ ...message, kind: 'gossip' })],
    ['an unknown field', (message) => ({ ...message, url: 'https://evil.example' })],
    ['no id', ({ id: _, ...message }) => message],
    ['an id that is no key', (message) => ({ ...message, id: 'a/b' })],
    ['a time that is none', (message) => ({ ...message, createdAt: 7 })],
    [
      'fields of another kind',
      (message) => ({ ...message, kind: message.kind === 'weekly' ? 'findings' : 'weekly' }),
    ],
  ])('refuses what the function refuses: %s', (_, change) => {
    for (const [, message] of messages) {
      expect(messageSchema.safeParse(change(message)).success).toBe(false);
      expect(validate(change(message))).toBe(false);
    }
  });
});

describe('the page', () => {
  test('names every kind of message and every outcome', () => {
    for (const word of [...messageKinds, ...channelAnswerSchema.shape.outcome.options])
      expect(text).toContain(`\`${word}\``);
  });

  describe('on the whole stack', () => {
    const folder = mkdtempSync(join(tmpdir(), 'webhook-page-'));
    let stack: Stack;
    beforeAll(async () => {
      stack = await startStack(new Date());
      writeFileSync(join(folder, 'post.mjs'), block('js'));
      writeFileSync(
        join(folder, 'run.mjs'),
        "import { postMessage } from './post.mjs';\nconst [url, secret, message] = process.argv.slice(2);\nconsole.log(JSON.stringify(await postMessage(url, secret, JSON.parse(message))));",
      );
    }, 60_000);
    afterAll(async () => {
      await stack?.close();
      rmSync(folder, { recursive: true });
    });

    /** Runs the code of the page in a process of its own. */
    const post = async (message: unknown, by = secret, url = stack.host.url) => {
      const args = [join(folder, 'run.mjs'), `${url}/api/webhook`, by, JSON.stringify(message)];
      return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout) as unknown;
    };
    const channels = (...outcomes: object[]) => ({
      channels: ['teams', 'webhook'].map((channel, index) => ({ channel, ...outcomes[index] })),
    });

    test('its code posts its example: delivered, and once', async () => {
      const delivered = { outcome: 'delivered' };
      const already = { outcome: 'already-delivered' };
      expect(await post(example)).toEqual({ status: 200, answer: channels(delivered, delivered) });
      expect(await post(example)).toEqual({ status: 200, answer: channels(already, already) });
      expect(
        stack.receiver
          .received()
          .map(({ verdict }) => verdict)
          .sort(),
      ).toEqual(['a card that Teams would show', 'signature verified']);
    });

    test('what a channel says comes back: when to try again, why it was refused', async () => {
      stack.receiver.respondWith({ status: 429, headers: { 'retry-after': '60' }, channel: 'teams' });
      stack.receiver.respondWith({ status: 422, channel: 'webhook' });
      expect(await post({ ...example, id: 'page-2' })).toEqual({
        status: 503,
        answer: channels(
          {
            outcome: 'retry-later',
            reason: expect.stringContaining('429'),
            notBefore: expect.stringMatching(/^20/),
          },
          { outcome: 'refused', reason: expect.stringContaining('422') },
        ),
      });
    });

    test.each([
      [400, { ...example, total: 'many' }, secret],
      [401, example, `whsec_${Buffer.alloc(32, 9).toString('base64')}`],
    ])('%i is answered with a reason', async (status, message, by) => {
      expect(await post(message, by)).toEqual({ status, answer: { error: expect.any(String) } });
    });

    test('every notice is delivered to every kind of channel', async () => {
      const host = await stack.startHost({ SLACK_WEBHOOK_URL: stack.receiver.slackUrl, STATE_TABLE: 'page' });
      for (const [name, notice] of Object.entries<Message>(sampleNotices))
        expect(await post({ ...notice, id: name }, secret, host.url)).toEqual({
          status: 200,
          answer: {
            channels: ['teams', 'slack', 'webhook'].map((channel) => ({ channel, outcome: 'delivered' })),
          },
        });
    });
  });
});
