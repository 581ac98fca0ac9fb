import { array, assert, constantFrom, property, record, string } from 'fast-check';
import type { FindingsMessage } from '../../../functions/domain/messages/kinds/findings-message.ts';
import type { Message } from '../../../functions/domain/messages/message.ts';
import { slackPost } from '../../../functions/domain/messages/slack-blocks.ts';
import {
  hostileTexts,
  sampleFinding,
  sampleMessage,
  sampleMessages,
} from '../../../local/cards/sample-messages.ts';
import { sampleNotices } from '../../../local/cards/sample-notices.ts';
import { checkSlackPost } from '../../../local/environment/receiver/check-slack-post.ts';

const sample = (name: string): FindingsMessage => {
  const message = sampleMessages[name];
  if (!message) throw new Error(`no sample ${name}`);
  return message;
};
const check = (message: Message) => checkSlackPost({ json: JSON.parse(JSON.stringify(slackPost(message))) });
const blocksOf = (message: Message) => JSON.stringify(slackPost(message).blocks);

it.each(Object.entries<Message>({ ...sampleMessages, ...sampleNotices }))(
  '%s: Slack would show it',
  (_, message) => {
    expect(check(message)).toBeUndefined();
  },
);

it('a message shows device, URL, account, process, times in the reader’s zone, count, and links the technique and the device', () => {
  const blocks = blocksOf(sample('two-findings'));
  const id = sample('two-findings').findings[0]?.device?.id;
  for (const fact of [
    '"text":"2 new devices talk to Addigy"',
    `{"type":"link","url":"https://security.microsoft.com/machines/${id}","text":"mac-fin-02"`,
    'URL: agents.addigy.com',
    'Account: root',
    'Process: curl',
    `"timestamp":${Date.parse('2026-08-01T03:41:55Z') / 1000}`,
    ', 14 times',
    '{"type":"link","url":"https://attack.mitre.org/techniques/T1219/","text":"T1219"}',
    '14 hidden by exclusions',
  ]) {
    expect(blocks).toContain(fact);
  }
});

it('an incomplete run says so; what finds no room is counted', () => {
  expect(blocksOf(sample('incomplete'))).toContain('This run is incomplete');
  expect(blocksOf(sample('many-findings'))).toMatch(/1\d\d more not shown here/);
});

it('text from data meets no element that knows markup', () => {
  const { blocks, text } = slackPost(sample('hostile'));
  expect(JSON.stringify(blocks)).not.toContain('mrkdwn');
  expect(JSON.stringify(blocks)).toContain(hostileTexts.slack);
  expect(text).not.toMatch(/[<>]/);
  const hunt = { ...sample('finding').hunt, name: 'x <!channel> & <https://evil.example|y>' };
  expect(slackPost({ ...sample('finding'), hunt }).text).toBe(
    '1 new device: x &lt;!channel&gt; &amp; &lt;https://evil.example|y&gt;',
  );
});

it('whatever the data, it is within Slack’s limits and shows findings', () => {
  const nasty = string({ unit: 'binary', minLength: 1, maxLength: 40 });
  assert(
    property(
      record({ texts: array(nasty, { minLength: 3, maxLength: 10 }), repeat: constantFrom(1, 5, 50, 400) }),
      ({ texts, repeat }) => {
        const long = texts.map((text) => text.repeat(repeat));
        const [one = '', two = '', three = ''] = long;
        const findings = Array.from({ length: 45 }, (_, index) =>
          sampleFinding(long[index % long.length] ?? '', two, {
            row: { RemoteUrl: two, InitiatingProcessCommandLine: three, AccountName: one },
          }),
        );
        const message = sampleMessage(findings, {
          hunt: { id: one, name: one, description: two, tactics: long, techniques: long },
          workspace: { id: one, name: three },
          run: { ...sample('finding').run, problems: [...long, ...long, ...long] },
        });
        expect(check(message)).toBeUndefined();
        expect(blocksOf(message)).toContain('red_circle');
        expect(blocksOf(message)).toContain('more not shown here');
      },
    ),
    { numRuns: 40 },
  );
});
