import type { DeviceExplanation } from '../../../functions/flows/explain-device.ts';
import { printExplanation } from '../../../local/printing/print-explanation.ts';

const scope: DeviceExplanation['scopes'][number] = {
  hunt: 'A hunt',
  workspaceId: 'w',
  baselineAt: '2026-06-01T00:00:00.000Z',
  searchedUntil: '2026-06-05T12:00:00.000Z',
  runs: [{ id: 'r1', startedAt: '2026-06-05T12:00:00.000Z', outcome: 'complete', sighted: 'no' }],
  things: [],
};
const thing: DeviceExplanation['scopes'][number]['things'][number] = {
  device: { id: 'd1', name: 'mac-1' },
  identity: '{"DeviceId":"d1"}',
  firstSeen: '2026-06-04T00:00:00.000Z',
  lastSeen: '2026-06-05T00:00:00.000Z',
  status: 'hidden',
  knownSince: null,
  hiddenBy: [
    { exclusion: 'a', certain: false },
    { exclusion: 'b', certain: false },
  ],
  findings: [],
};
const print = (change: Partial<typeof scope>, device = 'mac-1') =>
  printExplanation({ device, scopes: [{ ...scope, ...change }] });

test('when a device was never sighted, then that is said, with how much was searched', () => {
  expect(print({})).toMatch(
    /mac-1 was never sighted, since the first run of 2026-06-01 00:00 UTC; all is searched up to/,
  );
  expect(printExplanation({ device: 'x', scopes: [] })).toMatch(/no hunt ever ran/);
});

test('when it is hidden, then it is told by which exclusion, or that this is not known yet', () => {
  expect(print({ things: [thing] })).toMatch(/hidden by a or b \(which one is found out once a day\)/);
  const certain = { ...thing, hiddenBy: [{ exclusion: 'a', certain: true }] };
  expect(print({ things: [certain] })).toMatch(/hidden by a\n/);
  expect(print({ things: [{ ...thing, hiddenBy: [] }] })).toMatch(/hidden by several exclusions together/);
});

test('when names are hostile, then what reaches the terminal is printable text, on lines of ours', () => {
  const evil = 'mac\u001b[2J\u202e\n  finding new-device: delivered\r';
  const text = print(
    {
      things: [
        {
          ...thing,
          device: { name: evil },
          identity: evil,
          findings: [
            {
              id: 'f',
              kind: 'new-device',
              notifiedAt: null,
              message: {
                id: 'm',
                state: 'waiting',
                attempts: 2,
                reason: evil,
                deliveries: [{ channel: evil, at: null }],
              },
            },
          ],
        },
      ],
    },
    evil,
  );
  expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\u202e/u);
  expect(text.split('\n').filter((line) => line.startsWith('  finding'))).toEqual([]);
});
