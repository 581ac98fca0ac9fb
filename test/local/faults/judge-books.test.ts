import type { Said } from '../../../local/faults/app-under-fault.ts';
import { type Evidence, judgeBooks } from '../../../local/faults/judge-books.ts';
import type { BookRow } from '../../../local/faults/open-stage.ts';

const row = (rowKey: string, more: object = {}): BookRow => ({ partitionKey: 'p', rowKey, ...more });
const window = { from: '2026-11-24T00:00:00.000Z', to: '2026-11-24T08:00:00.000Z' };
const complete = {
  reports: [{ runId: 'r', outcome: 'complete', window, findings: [{}] }],
} as unknown as Said;
const rows = [
  row('state', { Watermark: new Date(window.to) }),
  row('finding|m|1'),
  row('seen|d|1', { Identity: '{"DeviceId":"one"}' }),
];
const posts = ['teams', 'webhook'].map((channel) => ({
  channel,
  at: window.to,
  headers: { 'webhook-id': 'm' },
  body: 'one',
  status: 202,
  verdict: '',
})) as Evidence['posts'];
const sound: Evidence = {
  scene: 'steady run',
  boundary: 'table: read state',
  kind: { name: '500', fault: { what: 'reset', reaches: false }, lasts: true },
  said: [complete],
  books: [{ said: complete, rows }],
  devices: ['one'],
  posts,
  overtimeMs: 0,
};

test('when the books say what was told, then nothing is wrong', () => {
  expect(judgeBooks(sound)).toEqual({ lost: [], double: [], stuck: [], lying: [], twice: [] });
});

const failed = {
  reports: [{ runId: 'r', outcome: 'failed', window: null, findings: [] }],
} as unknown as Said;
test.each<[string, keyof ReturnType<typeof judgeBooks>, Partial<Evidence>]>([
  ['a channel never heard of it', 'lost', { posts: posts.slice(1) }],
  ['a post was refused', 'lost', { posts: posts.map((post) => ({ ...post, status: 500 })) }],
  [
    'a finding is stored twice',
    'double',
    { books: [{ said: complete, rows: [...rows, row('finding|n|2')] }] },
  ],
  [
    'a thing is remembered twice',
    'double',
    { books: [{ said: complete, rows: [...rows, row('seen|d|2', { Identity: '{"DeviceId":"one"}' })] }] },
  ],
  ['a message still waits', 'stuck', { books: [{ said: complete, rows: [...rows, row('outbox|m')] }] }],
  ['the run overran its limit', 'stuck', { overtimeMs: 5 }],
  ['the last quiet run failed', 'stuck', { books: [{ said: failed, rows }] }],
  ['a report tells of what is not stored', 'lying', { said: [complete, complete] }],
  [
    'a complete run left its watermark',
    'lying',
    {
      books: [
        { said: complete, rows: [row('state', { Watermark: new Date(window.from) }), ...rows.slice(1)] },
      ],
    },
  ],
  ['a message came twice', 'twice', { posts: [...posts, ...posts] }],
])('when %s, then that is "%s"', (_, word, change) => {
  expect(judgeBooks({ ...sound, ...change })[word]).toHaveLength(
    word === 'lost' && change.posts?.[0]?.status === 500 ? 2 : word === 'twice' ? 2 : 1,
  );
});

test.each([
  ['names the device, and a channel had the fault', 'teams: post', '{"deviceName":"one"}', 0],
  ['is about another device', 'teams: post', '{"deviceName":"two"}', 2],
  ['lies there although the storage had the fault', 'table: read state', '{"deviceName":"one"}', 2],
])(
  'when a dead letter %s, then the unheard are told as lost unless it accounts for them',
  (_, boundary, Message0, unheard) => {
    const books = [{ said: complete, rows: [...rows, row('dead|m', { Message0 })] }];
    expect(judgeBooks({ ...sound, boundary, books, posts: [] }).lost).toHaveLength(unheard);
  },
);

test('when a process died between the answer of a channel and its record, then a repeat is excused', () => {
  const kind = { name: 'kill after', fault: { what: 'kill', reaches: true }, lasts: false } as const;
  expect(judgeBooks({ ...sound, kind, boundary: 'teams: post', posts: [...posts, ...posts] }).twice).toEqual(
    [],
  );
});
