import fc from 'fast-check';
import { tableDeadLetters } from '../../../functions/adapters/table/dead-letters.ts';
import { tableDeliveries } from '../../../functions/adapters/table/deliveries.ts';
import { tableHuntState } from '../../../functions/adapters/table/hunt-state.ts';
import { tableOutbox } from '../../../functions/adapters/table/outbox.ts';
import { packJson, unpackJson } from '../../../functions/adapters/table/rows.ts';
import { rowsUnder } from '../../../functions/adapters/table/table.ts';
import { toEmptyReport } from '../../../functions/domain/hunting/make-report.ts';
import { planRun } from '../../../functions/domain/hunting/plan-run.ts';
import type { Sighting } from '../../../functions/domain/hunting/sighting.ts';
import { type HuntSession, type HuntState, LeaseLost } from '../../../functions/ports/hunt-state.ts';
import { daysAgo, evidence, facts, hunt, now, sighting, workspace } from '../../examples.ts';
import { useTables } from './use-tables.ts';

/** Each test has a table of its own. */
const newTable = useTables();

const scope = { hunt, workspace };
const inAMinute = new Date(now.getTime() + 60_000);
const lease = (owner: string) => ({
  owner,
  now,
  lastsMs: 60_000,
  signal: new AbortController().signal,
  turn: true,
});

/** The storage's clock, as its answers tell it, goes ahead by so much. */
async function moveStorageClock(table: ReturnType<typeof newTable>) {
  let aheadMs = 0;
  (await table()).pipeline.addPolicy({
    name: 'clock',
    sendRequest: async (request, next) => {
      const response = await next(request);
      response.headers.set('date', new Date(Date.now() + aheadMs).toUTCString());
      return response;
    },
  });
  return (ms: number) => {
    aheadMs += ms;
  };
}
const report = toEmptyReport({ runId: 'run-1', hunt, workspace, dryRun: false }, 'failed', 'none', now);

async function open(state: HuntState, owner = 'one'): Promise<HuntSession> {
  const session = await state.open(scope, lease(owner));
  if (session.kind === 'held') throw new Error('held');
  return session;
}

async function recall(state: HuntState, sightings: Sighting[], of = scope) {
  return (await state.peek(of)).recall(sightings);
}

/** Commits a run that sights these devices. */
async function commit(state: HuntState, devices: string[], runId = 'run-1') {
  const session = await open(state, runId);
  const visible = devices.map((device) => sighting(device, 'prod.addigy.com'));
  const seen = await session.recall(visible);
  const plan = planRun(facts({ runId, seen, evidence: evidence({ visible }) }));
  await session.commit(plan, { ...report, runId });
  return plan;
}

describe('the memory of a hunt', () => {
  test('when a run has told of a column with another type, then the next one knows, and forgets it when all is as before', async () => {
    const state = tableHuntState(newTable());
    const told = async (runId: string, retyped: string[]) => {
      const session = await open(state, runId);
      await session.commit(planRun(facts({ runId, evidence: evidence({ retyped }) })), { ...report, runId });
      return (await state.peek(scope)).progress.retypedTold;
    };
    expect(await told('run-1', ['DeviceId comes as long'])).toMatch(/^[0-9a-f]{32}$/);
    expect(await told('run-2', [])).toBeUndefined();
  });

  test('when a run has committed, then the next one remembers identities, watermark and baseline', async () => {
    const state = tableHuntState(newTable());
    const session = await open(state);
    expect(session.progress).toEqual({});
    const hidden = [sighting('h1', 'agents.addigy.com')];
    const visible = Array.from({ length: 250 }, (_, index) => sighting(`d${index}`, 'prod.addigy.com'));
    const plan = planRun(
      facts({ progress: {}, evidence: evidence({ visible, hidden }), exclusionSet: ['set:1'] }),
    );
    await session.commit(plan, report);

    const next = await open(state, 'two');
    expect(next.progress).toEqual({
      baselineAt: now,
      watermark: now,
      turnAt: now,
      hunted: { hash: 'one', since: now },
      arrears: { owed: [], gaps: [], lookedAt: now },
    });
    const seen = await next.recall([...visible, ...hidden]);
    expect(seen.size).toBe(251);
    expect(seen.get(visible[7]?.key ?? '')).toEqual({
      key: visible[7]?.key,
      deviceKey: visible[7]?.deviceKey,
      firstSeen: daysAgo(1),
      lastSeen: daysAgo(0.1),
      visibleSince: now,
    });
    expect(seen.get(hidden[0]?.key ?? '')).toMatchObject({ hiddenUnder: ['set:1'] });
    const dry = await state.peek(scope);
    expect(dry.progress).toEqual(next.progress);
    expect(await dry.recall([...visible, ...hidden])).toEqual(seen);
  });

  test('when a thing is hidden no longer, then it is remembered so', async () => {
    const state = tableHuntState(newTable());
    const one = sighting('d1', 'prod.addigy.com');
    const first = await open(state);
    await first.commit(
      planRun(facts({ evidence: evidence({ hidden: [one] }), exclusionSet: ['set:1'] })),
      report,
    );
    await commit(state, ['d1'], 'run-2');
    const seen = await recall(state, [one]);
    expect(seen.get(one.key)).toMatchObject({ visibleSince: now });
    expect(seen.get(one.key)).not.toHaveProperty('hiddenUnder');
  });

  test('when two hunts or two workspaces are at it, then neither sees the other', async () => {
    const state = tableHuntState(newTable());
    await commit(state, ['d1']);
    const one = sighting('d1', 'prod.addigy.com');
    expect((await recall(state, [one])).size).toBe(1);
    expect((await recall(state, [one], { hunt: { ...hunt, id: 'other' }, workspace })).size).toBe(0);
    expect((await recall(state, [one], { hunt, workspace: { id: 'w/2#?\\' } })).size).toBe(0);
  });
});

describe('what is read of a large memory', () => {
  const nobody = { deviceKey: undefined, device: undefined };
  const all = [
    ...Array.from({ length: 2_100 }, (_, index) => sighting(`d${index}`, 'prod.addigy.com')),
    sighting('d7', 'agents.addigy.com'),
    { ...sighting('', 'nobody.addigy.com'), ...nobody },
  ].map(({ deviceKey, ...rest }) => ({
    ...rest,
    ...(deviceKey !== undefined && { deviceKey }),
  })) as Sighting[];
  let table: ReturnType<typeof newTable>;
  let requests = 0;
  beforeAll(async () => {
    table = newTable();
    const session = await open(tableHuntState(table));
    await session.commit(planRun(facts({ evidence: evidence({ visible: all }) })), report);
    (await table()).pipeline.addPolicy({
      name: 'count',
      sendRequest: (request, next) => {
        requests++;
        return next(request);
      },
    });
  });

  test.each<[string, Sighting[], number, number]>([
    [
      'few devices are sighted, then a range is read for each: everything known of them',
      all.slice(6, 9),
      4,
      3,
    ],
    ['many are sighted, then everything is read, page by page', all.slice(0, 60), 2_102, 3],
    ['none is sighted, then nothing is read', [], 0, 0],
    ['a row names no device, then its like is read', all.slice(-1), 1, 1],
  ])('when %s', async (_, sightings, rows, reads) => {
    const memory = await tableHuntState(table).peek(scope);
    requests = 0;
    const seen = await memory.recall(sightings);
    expect({ rows: seen.size, reads: requests }).toEqual({ rows, reads });
    for (const { key } of sightings) expect(seen.has(key)).toBe(true);
  });
});

describe('the lease', () => {
  test('when a run holds it, then another is told until when', async () => {
    const state = tableHuntState(newTable());
    await open(state, 'one');
    const held = await state.open(scope, lease('two'));
    if (held.kind !== 'held') throw new Error('not held');
    const inMs = held.until.getTime() - Date.now();
    expect(inMs).toBeGreaterThan(55_000);
    expect(inMs).toBeLessThan(65_000);
  });

  test('when two start at the same moment, then exactly one gets it', async () => {
    const table = newTable();
    const state = tableHuntState(table);
    const goOn = await moveStorageClock(table);
    for (let round = 0; round < 5; round++) {
      goOn(120_000);
      const both = await Promise.all([state.open(scope, lease('one')), state.open(scope, lease('two'))]);
      expect(both.map(({ kind }) => kind).sort()).toEqual(['held', 'open']);
    }
  });

  test.each(['commit', 'release'] as const)(
    'when a run ends with a %s, then the next one can start',
    async (end) => {
      const state = tableHuntState(newTable());
      const session = await open(state, 'one');
      if (end === 'commit') await session.commit(planRun(facts()), report);
      else await session.release();
      expect(await state.open(scope, lease('two'))).toMatchObject({ kind: 'open' });
    },
  );

  test('when a run outlives its lease and another took over, then it can write nothing more', async () => {
    const table = newTable();
    const state = tableHuntState(table);
    const goOn = await moveStorageClock(table);
    const slow = await open(state, 'slow');
    goOn(62_000);
    await open(state, 'next');
    const plan = planRun(facts({ evidence: evidence({ visible: [sighting('d1', 'prod.addigy.com')] }) }));
    await expect(slow.commit(plan, report)).rejects.toThrow(LeaseLost);
    await slow.release();
    expect((await recall(state, [sighting('d1', 'prod.addigy.com')])).size).toBe(0);
    expect(await state.open(scope, lease('third'))).toMatchObject({ kind: 'held' });
  });
});

describe('the outbox', () => {
  test('when a run has findings, then its message waits with them, whole', async () => {
    const table = newTable();
    const plan = await commit(tableHuntState(table), ['d1', 'd2']);
    const pending = await tableOutbox(table).pending();
    expect(pending.map(({ message }) => message)).toEqual(plan.batches.map(({ message }) => message));
    expect(pending).toMatchObject([{ attempts: 0, nextAttemptAt: now, createdAt: now }]);
  });

  test('when every channel has a message, then it is gone and its findings are marked, all 120 of them', async () => {
    const table = newTable();
    const outbox = tableOutbox(table);
    const state = tableHuntState(table);
    const session = await open(state);
    const visible = Array.from({ length: 120 }, (_, index) => sighting(`d${index}`, 'prod.addigy.com'));
    await session.commit(planRun(facts({ progress: {}, evidence: evidence({ visible }) })), report);

    const [entry] = await outbox.pending();
    if (!entry) throw new Error('nothing waits');
    expect(await outbox.record(entry, { kind: 'accepted', at: inAMinute })).toBeUndefined();
    expect(await outbox.pending()).toEqual([]);
    const notified: unknown[] = [];
    for await (const row of rowsUnder(await table(), entry.handle.partition, 'finding'))
      notified.push(row.NotifiedAt);
    expect(notified).toEqual(visible.map(() => inAMinute));
  });

  test('when a try fails, then the entry waits with one more attempt; a second deliverer with the old entry changes nothing', async () => {
    const table = newTable();
    const outbox = tableOutbox(table);
    await commit(tableHuntState(table), ['d1']);
    const [entry] = await outbox.pending();
    if (!entry) throw new Error('nothing waits');
    const wait = { kind: 'waiting' as const, nextAttemptAt: inAMinute, reason: 'busy' };
    const after = await outbox.record(entry, wait);
    expect(after).toMatchObject({ attempts: 1, nextAttemptAt: inAMinute });
    expect(await outbox.record(entry, { ...wait, nextAttemptAt: daysAgo(-1) })).toBeUndefined();
    expect(await outbox.pending()).toEqual([after]);
  });

  test('when a message is refused, then it lies in the dead letters', async () => {
    const table = newTable();
    const outbox = tableOutbox(table);
    await commit(tableHuntState(table), ['d1']);
    const [entry] = await outbox.pending();
    if (!entry) throw new Error('nothing waits');
    await outbox.record(entry, { kind: 'dead', at: now, reason: 'teams: refused' });
    expect(await outbox.pending()).toEqual([]);
    expect(await outbox.deadLettered()).toBe(1);
  });
});

test('when a message cannot be read by this version, then it lies in the dead letters as it is, and the others go out', async () => {
  const table = newTable();
  const outbox = tableOutbox(table);
  await commit(tableHuntState(table), ['d1'], 'run-1');
  await commit(tableHuntState(table), ['d2'], 'run-2');
  const client = await table();
  const [first] = await outbox.pending();
  if (!first) throw new Error('nothing waits');
  const { partition } = first.handle;
  await client.updateEntity(
    { partitionKey: partition, rowKey: `outbox|${first.message.id}`, Message0: '{"id":"newer"}' },
    'Merge',
  );
  expect((await outbox.pending()).map(({ message }) => message.id)).toEqual(['run-2.findings.1']);
  expect(await tableDeadLetters(table).list()).toMatchObject([
    { id: first.message.id, message: null, reason: 'this version of the app cannot read it' },
  ]);
  expect(await tableDeadLetters(table).revive(first.message.id, now)).toBe(false);
});

test('when one message fails again and again, then it stands behind the others', async () => {
  const table = newTable();
  const outbox = tableOutbox(table);
  await commit(tableHuntState(table), ['d1'], 'run-1');
  await commit(tableHuntState(table), ['d2'], 'run-2');
  const [first] = await outbox.pending();
  if (!first) throw new Error('nothing waits');
  await outbox.record(first, {
    kind: 'waiting',
    nextAttemptAt: now,
    reason: 'refused by something in between',
  });
  expect((await outbox.pending()).map(({ message }) => message.id)).toEqual([
    'run-2.findings.1',
    'run-1.findings.1',
  ]);
});

describe('when an answer of the storage gets lost and the SDK tries again', () => {
  /** Lets the next write through and loses its answer; the SDK repeats it. */
  async function loseNextAnswer(table: ReturnType<typeof newTable>) {
    let lost = false;
    (await table()).pipeline.addPolicy(
      {
        name: 'lose',
        sendRequest: async (request, next) => {
          const response = await next(request);
          if (lost || request.method === 'GET') return response;
          lost = true;
          throw Object.assign(new Error('socket hang up'), { name: 'RestError', code: 'ECONNRESET' });
        },
      },
      { afterPhase: 'Retry' },
    );
  }

  test('then the run has its lease all the same', async () => {
    const table = newTable();
    await ((await tableHuntState(table).open(scope, lease('before'))) as HuntSession).release();
    await loseNextAnswer(table);
    expect(await tableHuntState(table).open(scope, lease('one'))).toMatchObject({ kind: 'open' });
  });

  test('then the run is written whole, and the next one can start', async () => {
    const table = newTable();
    const state = tableHuntState(table);
    const session = await open(state);
    await loseNextAnswer(table);
    const visible = Array.from({ length: 60 }, (_, index) => sighting(`d${index}`, 'prod.addigy.com'));
    await session.commit(planRun(facts({ evidence: evidence({ visible }) })), report);
    expect((await recall(state, visible)).size).toBe(60);
    expect(await state.open(scope, lease('two'))).toMatchObject({
      kind: 'open',
      progress: { watermark: now },
    });
  });
});

describe('deliveries', () => {
  test('when a channel has a message, then a repeat is told so, also by another worker', async () => {
    const table = newTable();
    const deliveries = tableDeliveries(table);
    const time = { lastsMs: 60_000 };
    expect(await deliveries.claim('m1', 'teams', time)).toEqual({ kind: 'granted' });
    expect(await deliveries.claim('m1', 'webhook', time)).toEqual({ kind: 'granted' });
    await deliveries.delivered('m1', 'teams', now);
    expect(await tableDeliveries(table).claim('m1', 'teams', time)).toEqual({ kind: 'delivered' });
  });

  test('when somebody is sending, then nobody else does; when the sender has died or failed, then the next one may', async () => {
    const table = newTable();
    const goOn = await moveStorageClock(table);
    const deliveries = tableDeliveries(table);
    const time = { lastsMs: 60_000 };
    const both = await Promise.all([
      deliveries.claim('m1', 'teams', time),
      deliveries.claim('m1', 'teams', time),
    ]);
    expect(both.map(({ kind }) => kind).sort()).toEqual(['granted', 'sending']);
    goOn(60_000);
    expect(await deliveries.claim('m1', 'teams', time)).toEqual({ kind: 'granted' });
    await deliveries.failed('m1', 'teams');
    expect(await deliveries.claim('m1', 'teams', time)).toEqual({ kind: 'granted' });
  });
});

test('whatever a value holds, then it comes back from properties of at most 32 K characters as it was', () => {
  const long = fc.string({ unit: 'binary', minLength: 30_000, maxLength: 70_000 });
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.array(long, { minLength: 1, maxLength: 3 })), (value) => {
      const packed = packJson('Value', value);
      expect(Object.values(packed).every((text) => text.length <= 32_000)).toBe(true);
      expect(JSON.stringify(unpackJson(packed, 'Value'))).toEqual(JSON.stringify(value));
    }),
    { numRuns: 50 },
  );
});
