import { array, assert, constantFrom, property, record, string } from 'fast-check';
import type { Change } from '../../../functions/domain/messages/kinds/changes-message.ts';
import { type Message, messageSchema } from '../../../functions/domain/messages/message.ts';
import {
  dueChanges,
  inMessages,
  MAX_CHANGES_PER_MESSAGE,
  planChanges,
} from '../../../functions/domain/messages/plan-changes.ts';
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

const at = '2026-11-24T12:00:00.000Z';
const changeOf = (subject: string, hidden: number | undefined, words = 'a lab'): Change => ({
  what: 'exclusion-replaced',
  subject,
  at,
  by: words,
  claimed: true,
  exclusion: {
    reason: words,
    owner: words,
    acceptBroad: words,
    expires: '2026-12-31',
    hunts: [words, words],
  },
  hides: hidden === undefined ? null : { hidden, sightings: 100, devices: hidden, whole: true },
});

test('whatever people write, each change of a message is named on its cards', () => {
  assert(
    property(texts, (words) => {
      const changes = Array.from({ length: MAX_CHANGES_PER_MESSAGE }, (_, index) =>
        changeOf(
          `exclusion-${index}-${'x'.repeat(50)}`,
          index,
          (words[index % words.length] ?? '').slice(0, 500),
        ),
      );
      const message = planChanges(changes, ['a'], new Date(at));
      expect(messageSchema.safeParse(message).success).toBe(true);
      expect(verdicts(message)).toEqual(fine);
      for (const card of [teamsCard(message), slackPost(message)].map((post) => JSON.stringify(post)))
        for (const { subject } of changes) expect(card).toContain(subject);
    }),
    { numRuns: 40 },
  );
});

test('what hides most, or who knows what, comes first of several changes; 200 of them are as many messages as their cards can name', () => {
  const changes = [
    changeOf('nothing', 0),
    changeOf('much', 40),
    changeOf('little', 1),
    changeOf('unknown', undefined),
    { ...changeOf('half-known', 0), hides: { hidden: 0, sightings: 0, devices: 0, whole: false } },
  ];
  const card = JSON.stringify(teamsCard(planChanges(changes, ['a'], new Date(at))));
  const places = ['unknown', 'half-known', 'much', 'little', 'nothing'].map((id) => card.indexOf(`"${id}"`));
  expect(places).toEqual(places.toSorted((one, other) => one - other));
  expect(places).not.toContain(-1);

  const again = [changeOf('lab', 0), { ...changeOf('lab', 0), at: '2026-11-24T12:01:00.000Z' }];
  const both = JSON.stringify(teamsCard(planChanges(again, ['a'], new Date(at))));
  expect(both.match(/It was changed again since|It hides nothing now/g)).toEqual([
    'It hides nothing now',
    'It was changed again since',
  ]);

  const many = Array.from({ length: 1000 }, (_, index) => ({ change: changeOf(`e-${index}`, 0) }));
  const due = dueChanges(many, new Date('2026-11-24T13:00:00Z'));
  expect(inMessages(due).map(({ length }) => length)).toEqual(Array(25).fill(MAX_CHANGES_PER_MESSAGE));
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
