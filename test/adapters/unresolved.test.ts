import { unresolvedChannel } from '../../functions/adapters/unresolved.ts';
import { nextAttempt } from '../../functions/domain/messages/next-attempt.ts';
import { deliverMessage } from '../../functions/flows/deliver-message.ts';
import { sampleMessages } from '../../local/cards/sample-messages.ts';
import { daysAgo, now } from '../examples.ts';

const DAY_MS = 86_400_000;
const deliveries = {
  claim: async () => ({ kind: 'granted' as const }),
  delivered: async () => undefined,
  failed: async () => undefined,
};

test('when a channel has had no address for more than a week, then its messages wait for as long as things are remembered', async () => {
  const message = sampleMessages.finding;
  if (!message) throw new Error('no sample');
  const channel = unresolvedChannel({ name: 'teams', setting: 'TEAMS_WEBHOOK_URL' });
  const deps = { channels: [channel], deliveries, clock: () => now };
  const channels = await deliverMessage(message, deps, new AbortController().signal);
  const after = (days: number) =>
    nextAttempt({ attempts: 50, createdAt: daysAgo(days) }, { kind: 'answered', channels }, now, 90 * DAY_MS);
  expect(after(30)).toMatchObject({ kind: 'waiting', reason: expect.stringContaining('TEAMS_WEBHOOK_URL') });
  expect(after(91)).toMatchObject({ kind: 'dead' });
});
