import { array, assert, constantFrom, property, record, string } from 'fast-check';
import { type Message, messageSchema } from '../../../functions/domain/messages/message.ts';
import { slackPost } from '../../../functions/domain/messages/slack-blocks.ts';
import { teamsCard } from '../../../functions/domain/messages/teams-card.ts';
import { sampleMessage, sampleMessages } from '../../../local/cards/sample-messages.ts';
import { sampleNotices } from '../../../local/cards/sample-notices.ts';
import { checkSlackPost } from '../../../local/environment/receiver/check-slack-post.ts';
import { checkTeamsPost } from '../../../local/environment/receiver/check-teams-post.ts';

/** What Teams and Slack would say to it, which is nothing. */
function verdicts(message: Message) {
  const body = JSON.stringify(teamsCard(message));
  return {
    bytes: Buffer.byteLength(body) < 28_000,
    teams: checkTeamsPost({ body, json: JSON.parse(body) }),
    slack: checkSlackPost({ json: JSON.parse(JSON.stringify(slackPost(message))) }),
  };
}
const fine = { bytes: true, teams: undefined, slack: undefined };

const nasty = string({ unit: 'binary', minLength: 1, maxLength: 60 });
const texts = record({
  words: array(nasty, { minLength: 1, maxLength: 5 }),
  repeat: constantFrom(1, 7, 60),
}).map(({ words, repeat }) => words.map((word) => word.repeat(repeat)));

test('whatever hunts are called and runs said, what is told of a hunt’s health fits', () => {
  assert(
    property(texts, (words) => {
      const [one = ''] = words;
      const base = sampleNotices['not-completed'];
      const message: Message = {
        ...base,
        hunt: { id: one, name: one, description: one, tactics: words, techniques: words },
        workspace: { id: one, name: one },
        run: { ...base.run, id: one },
        streak: { ...base.streak, problems: words },
      };
      expect(messageSchema.safeParse(message).success).toBe(true);
      expect(verdicts(message)).toEqual(fine);
      expect(verdicts({ ...message, kind: 'well-again' })).toEqual(fine);
    }),
    { numRuns: 40 },
  );
});

test('whatever hunts, workspaces and owners are called, the weekly summary fits, and counts what does not', () => {
  assert(
    property(texts, (words) => {
      const word = (index: number) => words[index % words.length] ?? '';
      const [hunt] = sampleNotices.weekly.hunts;
      if (!hunt) throw new Error('no hunt');
      const message: Message = {
        ...sampleNotices.weekly,
        hunts: Array.from({ length: 200 }, (_, index) => ({
          ...hunt,
          hunt: { id: word(index), name: word(index) },
          workspace: { id: word(index), name: word(index + 1) },
        })),
        total: 1_000_000,
        exclusions: {
          inForce: 50,
          ending: Array.from({ length: 50 }, (_, index) => ({
            id: `e${index}`,
            on: '2026-08-01',
            owner: word(index),
          })),
          stale: [],
        },
      };
      expect(messageSchema.safeParse(message).success).toBe(true);
      expect(verdicts(message)).toEqual(fine);
      expect(JSON.stringify(teamsCard(message))).toMatch(/999,9\d\d more not shown here/);
    }),
    { numRuns: 40 },
  );
});

test('a link as long as links may be leaves room for findings', () => {
  const { run } = sampleMessages.hostile ?? sampleMessage([]);
  const queryUrl = `https://portal.azure.com/#${'x'.repeat(2_974)}`;
  const message: Message = { ...(sampleMessages.hostile ?? sampleMessage([])), run: { ...run, queryUrl } };
  expect(verdicts(message)).toEqual(fine);
  expect(JSON.stringify(teamsCard(message))).toContain(queryUrl);
});

test.each([
  'https://evil.example/',
  'http://portal.azure.com/',
  'https://portal.azure.com.evil.example/',
  'javascript:alert(1)',
])('a message that links to %s is none', (queryUrl) => {
  const { run, ...message } = sampleMessage([]);
  expect(messageSchema.safeParse({ ...message, run: { ...run, queryUrl } }).success).toBe(false);
});
