import type { History } from '../../../../local/faults/time/history.ts';
import { judgeHistory } from '../../../../local/faults/time/judge-history.ts';
import { playHistory } from '../../../../local/faults/time/play-history.ts';
import { simulate } from '../../../../local/faults/time/simulate.ts';

const DAY = 24 * 60;
const calm: History = {
  shape: 'ago',
  interval: 4,
  rounds: 4,
  events: [{ device: 0, url: 0, at: 10, delay: 0 }],
  off: [],
  failing: [],
  partial: [],
  ignoresQueryNow: false,
  deaths: [],
};

test('when random histories are played, then all is told as somebody who sees every event would tell it', async () => {
  expect(await simulate({ seed: 77, runs: 12 })).toEqual({ seed: 77, runs: 12 });
}, 120_000);

test.each<[string, Partial<History>]>([
  ['a bound is arithmetic', { shape: 'arithmetic' }],
  ['a query has placeholders of Sentinel', { shape: 'placeholders' }],
  ['a query looks at yesterday', { shape: 'yesterday' }],
  ['the app was off for two days', { rounds: 14, off: [{ from: 5, to: 2 * DAY }] }],
  [
    'a hunt that counts was off',
    {
      shape: 'counts',
      rounds: 14,
      off: [{ from: 300, to: 2 * DAY }],
      events: [500, 510, 900].map((at) => ({ device: 0, url: 0, at, delay: 0 })),
    },
  ],
  [
    'a row comes ten minutes late, over the border of a run',
    { events: [{ device: 0, url: 0, at: 239, delay: 10 }] },
  ],
  ['a row comes a day late', { events: [{ device: 0, url: 0, at: 100, delay: DAY }] }],
  [
    'the workspace refuses long ranges after an outage',
    { rounds: 14, longestHours: 5, off: [{ from: 5, to: 2 * DAY }] },
  ],
  [
    'the workspace does not honour query_now',
    { rounds: 14, ignoresQueryNow: true, off: [{ from: 5, to: 2 * DAY }] },
  ],
  ['answers come in part', { partial: [{ from: 1, to: 500 }] }],
  ['the process dies while it stores', { deaths: [{ round: 1, writes: 2 }] }],
])(
  'when %s, then nothing is lost, told twice, or claimed without a look',
  async (_, change) => {
    const history = { ...calm, ...change };
    expect(judgeHistory(history, await playHistory(history))).toEqual([]);
  },
  60_000,
);

describe('somebody who sees every event', () => {
  test.each<[string, (played: Awaited<ReturnType<typeof playHistory>>) => void, string]>([
    [
      'misses what was never told',
      (played) => {
        played.messages.length = 0;
      },
      'was never told',
    ],
    [
      'hears what is told twice',
      (played) => {
        played.messages.push(...played.messages);
      },
      'was told 2 times',
    ],
    [
      'hears of a gap that there need not be',
      ({ messages }) => {
        const [first] = messages;
        const gap = { from: '2026-01-05T00:00:00Z', to: '2026-01-05T01:00:00Z', reason: 'of nothing' };
        if (first)
          messages.push({
            at: 20,
            message: { ...first.message, kind: 'gap', gaps: [gap], total: 1 } as never,
          });
      },
      'was told without need',
    ],
  ])('%s', async (_, spoil, sentence) => {
    const played = await playHistory(calm);
    expect(judgeHistory(calm, played)).toEqual([]);
    spoil(played);
    expect(judgeHistory(calm, played).join()).toContain(sentence);
  });
});
