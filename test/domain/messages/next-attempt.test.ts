import type { ChannelAnswer } from '../../../functions/domain/hunting/report.ts';
import {
  type Attempt,
  nextAttempt,
  type PostAnswer,
} from '../../../functions/domain/messages/next-attempt.ts';
import { daysAgo, now } from '../../examples.ts';

const inSeconds = (seconds: number) => new Date(now.getTime() + seconds * 1000);
const answered = (...channels: ChannelAnswer[]): PostAnswer => ({ kind: 'answered', channels });
const teams = (outcome: ChannelAnswer['outcome'], change: Partial<ChannelAnswer> = {}): ChannelAnswer => ({
  channel: 'teams',
  outcome,
  ...change,
});
const webhook = (outcome: ChannelAnswer['outcome'], change: Partial<ChannelAnswer> = {}): ChannelAnswer => ({
  channel: 'webhook',
  outcome,
  ...change,
});

test.each<[string, PostAnswer, Attempt]>([
  [
    'every channel has it',
    answered(teams('delivered'), webhook('already-delivered')),
    { kind: 'accepted', at: now },
  ],
  [
    'a channel does not need it',
    answered(teams('not-needed'), webhook('delivered')),
    { kind: 'accepted', at: now },
  ],
  [
    'one channel wants a retry',
    answered(teams('delivered'), webhook('retry-later', { reason: 'soar.example answered 503' })),
    { kind: 'waiting', nextAttemptAt: inSeconds(5), reason: 'webhook: soar.example answered 503' },
  ],
  [
    'a channel asks for a pause',
    answered(teams('retry-later', { reason: 'busy', notBefore: inSeconds(90).toISOString() })),
    { kind: 'waiting', nextAttemptAt: inSeconds(90), reason: 'teams: busy' },
  ],
  [
    'one channel asks for a pause and another does not, then the quick one is not held up',
    answered(
      teams('retry-later', { reason: 'busy', notBefore: inSeconds(90).toISOString() }),
      webhook('retry-later', { reason: 'down' }),
    ),
    { kind: 'waiting', nextAttemptAt: inSeconds(5), reason: 'teams: busy; webhook: down' },
  ],
  [
    'one refuses and the other can be retried, then it waits: nothing is given up while there is hope',
    answered(teams('refused', { reason: 'no' }), webhook('retry-later', { reason: 'down' })),
    { kind: 'waiting', nextAttemptAt: inSeconds(5), reason: 'webhook: down' },
  ],
  [
    'one refuses and another is out of order, then it waits until that one is mended',
    answered(teams('refused', { reason: 'no' }), webhook('out-of-order', { reason: 'gone' })),
    { kind: 'waiting', nextAttemptAt: inSeconds(5), reason: 'webhook: gone' },
  ],
  [
    'a channel refuses',
    answered(teams('refused', { reason: 'teams.example answered 400' }), webhook('delivered')),
    { kind: 'dead', at: now, reason: 'teams: teams.example answered 400' },
  ],
  [
    'the webhook function is down',
    { kind: 'unreachable', reason: 'down' },
    { kind: 'waiting', nextAttemptAt: inSeconds(5), reason: 'down' },
  ],
  [
    'the webhook function will never take it',
    { kind: 'rejected', reason: 'too large' },
    { kind: 'dead', at: now, reason: 'too large' },
  ],
])('when %s', (_, answer, attempt) => {
  expect(nextAttempt({ attempts: 0, createdAt: now }, answer, now)).toEqual(attempt);
});

test('when tries go on failing, then the waits grow to an hour, and after a week it goes to the dead letters', () => {
  const answer: PostAnswer = { kind: 'unreachable', reason: 'down' };
  const waits = [0, 1, 2, 3, 4, 5, 50].map((attempts) => {
    const attempt = nextAttempt({ attempts, createdAt: now }, answer, now);
    return attempt.kind === 'waiting'
      ? (attempt.nextAttemptAt.getTime() - now.getTime()) / 1000
      : attempt.kind;
  });
  expect(waits).toEqual([5, 20, 80, 320, 1280, 3600, 3600]);
  expect(nextAttempt({ attempts: 9, createdAt: daysAgo(7.1) }, answer, now)).toEqual({
    kind: 'dead',
    at: now,
    reason: 'given up after 10 tries in a week: down',
  });
});

test('when a channel is out of order or there is none, then a message waits for as long as things are remembered', () => {
  const answer = answered(teams('out-of-order', { reason: 'teams.example answered 404' }));
  const year = 365 * 86_400_000;
  const after = (days: number) => nextAttempt({ attempts: 99, createdAt: daysAgo(days) }, answer, now, year);
  expect(after(364)).toMatchObject({ kind: 'waiting' });
  expect(after(366)).toEqual({
    kind: 'dead',
    at: now,
    reason: 'given up after 100 tries in 365 days: teams: teams.example answered 404',
  });
});

test("when the hunter's own webhook function can't be reached, then a message waits for as long as things are remembered", () => {
  const answer: PostAnswer = { kind: 'unreachable', reason: 'webhook function: 401' };
  const year = 365 * 86_400_000;
  const after = (days: number) => nextAttempt({ attempts: 99, createdAt: daysAgo(days) }, answer, now, year);
  expect(after(364)).toMatchObject({ kind: 'waiting' });
  expect(after(366)).toMatchObject({ kind: 'dead' });
});

test('when the hunter itself was off for more than a week, then a message is not given up at its first stumble', () => {
  const answer: PostAnswer = { kind: 'unreachable', reason: 'down' };
  expect(nextAttempt({ attempts: 0, createdAt: daysAgo(8) }, answer, now)).toMatchObject({ kind: 'waiting' });
});
