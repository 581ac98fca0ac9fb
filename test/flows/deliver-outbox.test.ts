import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifySignature } from '../../functions/adapters/http/verify-signature.ts';
import { tableHuntState } from '../../functions/adapters/table/hunt-state.ts';
import { tableOutbox } from '../../functions/adapters/table/outbox.ts';
import { lazyTable } from '../../functions/adapters/table/table.ts';
import { webhookFunction } from '../../functions/adapters/webhook-function.ts';
import { toEmptyReport } from '../../functions/domain/hunting/make-report.ts';
import { planRun } from '../../functions/domain/hunting/plan-run.ts';
import { deliverOutbox } from '../../functions/flows/deliver-outbox.ts';
import type { Outbox } from '../../functions/ports/outbox.ts';
import { startTableService, type TableService } from '../../local/environment/azurite.ts';
import { evidence, facts, hunt, now, sighting, workspace } from '../examples.ts';

const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const delivered = { status: 200, body: { channels: [{ channel: 'teams', outcome: 'delivered' }] } };
const busy = {
  status: 503,
  body: { channels: [{ channel: 'teams', outcome: 'retry-later', reason: 'busy' }] },
};
const refused = {
  status: 200,
  body: { channels: [{ channel: 'teams', outcome: 'refused', reason: 'no such team' }] },
};

let azurite: TableService;
let server: Server;
let url: string;
let tables = 0;
/** What the server answers next; the last one stays. */
let answers: { status: number; body: unknown }[] = [];
let received: { id: string; signed: boolean }[] = [];

beforeAll(async () => {
  azurite = await startTableService();
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const headers = new Headers(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    received.push({ id: JSON.parse(body).id, signed: verifySignature(body, headers, [secret]) });
    const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? delivered;
    response
      .writeHead(answer.status, { 'content-type': 'application/json' })
      .end(JSON.stringify(answer.body));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/webhook`;
});
afterAll(async () => {
  await new Promise((closed) => server.close(closed));
  await azurite.close();
});
beforeEach(() => {
  answers = [];
  received = [];
});

/** An outbox with so many messages, and a clock that starts at `now` and goes on. */
async function outboxWith(messages: number) {
  const table = lazyTable(
    { kind: 'connection-string', connectionString: azurite.connectionString },
    `outbox${tables++}`,
    () => Promise.reject(new Error('no credential is needed here')),
  );
  const state = tableHuntState(table);
  for (let run = 0; run < messages; run++) {
    const runId = `run-${run}`;
    const session = await state.open(
      { hunt, workspace },
      { owner: runId, now, lastsMs: 60_000, signal: new AbortController().signal, turn: true },
    );
    if (session.kind === 'held') throw new Error('held');
    const visible = [sighting(`d${run}`, 'prod.addigy.com')];
    const seen = await session.recall(visible);
    await session.commit(
      planRun(facts({ runId, seen, evidence: evidence({ visible }) })),
      toEmptyReport({ runId, hunt, workspace, dryRun: false }, 'failed', 'none', now),
    );
  }
  return tableOutbox(table);
}

function deliver(outbox: Outbox, { patienceMs = 0, later = 0, to = url } = {}) {
  const start = Date.now();
  const clock = () => new Date(now.getTime() + later + Date.now() - start);
  return deliverOutbox(
    {
      outbox,
      post: webhookFunction({ url: to, secrets: [secret] }),
      clock,
      policy: { forgetAfterMs: 365 * 86_400_000 },
    },
    { patienceMs, signal: new AbortController().signal },
  );
}

test('when messages wait, then each is posted once, signed, and gone', async () => {
  const outbox = await outboxWith(2);
  expect(await deliver(outbox)).toEqual({
    deliveries: ['run-0', 'run-1'].map((run) => ({
      messageId: `${run}.findings.1`,
      channel: 'teams',
      outcome: 'delivered',
    })),
    waiting: 0,
    deadLettered: 0,
    problems: [],
  });
  expect(received).toEqual(['run-0', 'run-1'].map((run) => ({ id: `${run}.findings.1`, signed: true })));
  await deliver(outbox);
  expect(received).toHaveLength(2);
});

test('when the webhook function is down, then the messages are kept and arrive once it is up', async () => {
  const outbox = await outboxWith(2);
  const nobody = 'http://127.0.0.1:1/api/webhook';
  expect(await deliver(outbox, { to: nobody })).toMatchObject({
    deliveries: [],
    waiting: 2,
    problems: [
      expect.stringMatching(
        /^message run-0\.findings\.1 waits: webhook function: 127\.0\.0\.1:1 can't be reached/,
      ),
    ],
  });
  expect(await deliver(outbox, { later: 3_600_000 })).toMatchObject({ waiting: 0, problems: [] });
  // The one that failed before stands behind those that were not tried yet.
  expect(received.map(({ id }) => id)).toEqual(['run-1.findings.1', 'run-0.findings.1']);
});

test('when the time for delivery ends while a channel answers, then what it said is recorded all the same, in a time of its own', async () => {
  const outbox = await outboxWith(1);
  const end = new AbortController();
  const recorded: (AbortSignal | undefined)[] = [];
  await deliverOutbox(
    {
      outbox: {
        ...outbox,
        record: (entry, attempt, signal) => {
          recorded.push(signal);
          return outbox.record(entry, attempt, signal);
        },
      },
      post: {
        post: async () => {
          end.abort();
          return { kind: 'answered', channels: [{ channel: 'teams', outcome: 'delivered' }] };
        },
      },
      clock: () => now,
      policy: { forgetAfterMs: 1 },
    },
    { patienceMs: 0, signal: end.signal },
  );
  expect(recorded).toEqual([expect.any(AbortSignal)]);
  expect(recorded[0]?.aborted).toBe(false);
  expect(await outbox.pending()).toEqual([]);
});

test('when a channel is busy for a moment, then the message is tried again in the same run, with patience', async () => {
  answers = [busy, delivered];
  const report = await deliver(await outboxWith(1), { patienceMs: 8_000 });
  expect(report.deliveries.map(({ outcome }) => outcome)).toEqual(['retry-later', 'delivered']);
  expect(report).toMatchObject({ waiting: 0, problems: [] });
});

test('when a channel is busy and there is no patience, then the message waits for the next run', async () => {
  answers = [busy, delivered];
  const outbox = await outboxWith(1);
  expect(await deliver(outbox)).toMatchObject({
    waiting: 1,
    problems: ['message run-0.findings.1 waits: teams: busy'],
  });
  expect(await deliver(outbox)).toMatchObject({ waiting: 1, deliveries: [] });
  expect(await deliver(outbox, { later: 6_000 })).toMatchObject({ waiting: 0 });
});

test('when a channel refuses, then the message lies in the dead letters and the report says why', async () => {
  answers = [refused];
  expect(await deliver(await outboxWith(1))).toMatchObject({
    waiting: 0,
    deadLettered: 1,
    problems: ['message run-0.findings.1 given up: teams: no such team'],
  });
});

test.each([
  [
    '401, since the secrets differ',
    { status: 401, body: { error: 'unauthorized' } },
    { waiting: 1, deadLettered: 0 },
  ],
  ['404, since the address is wrong', { status: 404, body: {} }, { waiting: 1, deadLettered: 0 }],
  ['500', { status: 500, body: {} }, { waiting: 1, deadLettered: 0 }],
  ['200 without our answer', { status: 200, body: { ok: true } }, { waiting: 1, deadLettered: 0 }],
  ['400, since the message is at fault', { status: 400, body: {} }, { waiting: 0, deadLettered: 1 }],
])(
  'when the webhook function answers %s, then the message is kept where it belongs',
  async (_, answer, expected) => {
    answers = [answer];
    expect(await deliver(await outboxWith(1))).toMatchObject(expected);
  },
);
