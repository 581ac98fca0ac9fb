import { heedPauses } from '../../functions/adapters/heed-pauses.ts';
import type { SendOutcome } from '../../functions/ports/channel.ts';
import { sampleMessage } from '../../local/cards/sample-messages.ts';

const start = Date.parse('2026-08-01T12:00:00Z');
const after = (seconds: number) => new Date(start + seconds * 1_000);
const signal = new AbortController().signal;

/** A channel that gives these outcomes, each after so many seconds, and then delivers; and the clock that it moves. */
function channelThat(...answers: [outcome: SendOutcome, seconds?: number][]) {
  const clock = { now: after(0), sent: 0 };
  const channel = heedPauses(
    {
      name: 'a',
      kind: 'teams',
      when: { kinds: ['findings'] },
      send: () => {
        const [outcome, seconds = 0] = answers[clock.sent++] ?? [{ kind: 'delivered' }];
        clock.now = new Date(clock.now.getTime() + seconds * 1_000);
        return Promise.resolve(outcome);
      },
    },
    () => clock.now,
  );
  const sendAt = (seconds: number) => {
    clock.now = after(seconds);
    return channel.send(sampleMessage([]), signal);
  };
  return { channel, clock, sendAt };
}
const busy = (until?: number): SendOutcome => ({
  kind: 'retry-later',
  reason: 'busy',
  ...(until !== undefined && { notBefore: after(until) }),
});
const paused = (until: number) => ({
  kind: 'retry-later',
  reason: 'left alone for a while',
  notBefore: after(until),
});

test('when a receiver asks for a pause, then no message is sent until then, and each is told when', async () => {
  const { sendAt, clock } = channelThat([busy(30)]);
  expect(await sendAt(0)).toEqual(busy(30));
  expect(await sendAt(1)).toEqual(paused(30));
  expect(await sendAt(29)).toEqual(paused(30));
  expect(clock.sent).toBe(1);
  expect(await sendAt(30)).toEqual({ kind: 'delivered' });
});

test('when a receiver kept a message waiting in vain, then it is left alone for a minute', async () => {
  const { sendAt, clock } = channelThat([busy(), 15]);
  expect(await sendAt(0)).toEqual(busy());
  expect(await sendAt(20)).toEqual(paused(75));
  expect(await sendAt(76)).toEqual({ kind: 'delivered' });
  expect(clock.sent).toBe(2);
});

test('when a receiver turns out to be out of order, then the next messages hear so without a try, for a minute', async () => {
  const gone: SendOutcome = { kind: 'out-of-order', reason: 'answered 404' };
  const { sendAt, clock } = channelThat([gone]);
  expect(await sendAt(0)).toEqual(gone);
  expect(await sendAt(59)).toEqual(gone);
  expect(clock.sent).toBe(1);
  expect(await sendAt(61)).toEqual({ kind: 'delivered' });
});

test.each<[string, [SendOutcome, number?]]>([
  ['failed at once', [busy()]],
  ['took long and delivered', [{ kind: 'delivered' }, 14]],
  ['refused', [{ kind: 'refused', reason: 'no' }, 14]],
])('when it %s, then the next message goes at once', async (_, answer) => {
  const { sendAt } = channelThat(answer);
  await sendAt(0);
  expect(await sendAt(1)).toEqual({ kind: 'delivered' });
});

test('what else a channel is stays as it was', () => {
  expect(channelThat().channel).toMatchObject({ name: 'a', kind: 'teams', when: { kinds: ['findings'] } });
});
