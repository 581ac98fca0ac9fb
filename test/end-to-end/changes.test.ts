import { TableClient } from '@azure/data-tables';
import type { App } from '../../functions/composition.ts';
import type { Change } from '../../functions/domain/messages/kinds/changes-message.ts';
import { agentConnection, hunt, newTable, type Stack, useStack } from './start-stack.ts';

/** Whoever changes what the hunts hide or tell is told to the channels. */

const start = new Date('2026-11-24T12:00:00Z');
const minute = 60_000;

let stack: Stack;
useStack(start, async (started) => {
  stack = started;
  await stack.workspace.append(
    'DeviceNetworkEvents',
    ['lab-1', 'lab-2', 'desk-1'].map((device) =>
      agentConnection(device, new Date(start.getTime() - minute), { DeviceName: device }),
    ),
  );
});

const entry = (prefix: string) => ({
  reason: `Machines called ${prefix}`,
  owner: 'soc@example.com',
  createdBy: 'anna@example.com',
  expires: '2026-12-31',
  hunts: ['4f0b3b8d-bde4-4cce-9ff7-1f0c0a7085af'],
  any: [{ DeviceName: { startsWith: prefix } }],
  acceptBroad: 'There are but three',
});

async function put(app: App, id: string, prefix: string, expected: 'absent' | 'present' = 'absent') {
  const outcome = await app.exclusions.put(id, entry(prefix), expected);
  if (outcome.kind !== 'created' && outcome.kind !== 'replaced') throw new Error(JSON.stringify(outcome));
  return outcome.etag;
}

/** So many minutes after the start the app looks for changes; gives how many it told, and what arrived. */
async function tellAt(minutes: number, app: App) {
  stack.time.now = new Date(start.getTime() + minutes * minute);
  stack.receiver.clear();
  const { told } = await app.tellChanges({ queriesMs: 20_000, signal: AbortSignal.timeout(20_000) });
  const posts = stack.receiver.received();
  const changes = posts
    .filter(({ channel }) => channel === 'webhook')
    .flatMap(({ json }) => (json as { data: { changes: Change[] } }).data.changes);
  return { told, posts, changes, cards: posts.filter(({ channel }) => channel === 'teams') };
}

test('when somebody writes and removes exclusions within minutes, then one message tells who, what, what it hides and until when', async () => {
  const app = stack.compose(newTable());
  await put(app, 'lab', 'lab-');
  stack.time.now = new Date(start.getTime() + 1000);
  const etag = await put(app, 'desk', 'desk-');
  expect((await tellAt(1, app)).told).toBe(0);
  await app.exclusions.remove('desk', 'mallory', { etag });
  expect((await tellAt(2, app)).told).toBe(0);

  const { changes, cards, posts } = await tellAt(5, app);
  expect(changes).toEqual([
    {
      what: 'exclusion-created',
      subject: 'lab',
      at: start.toISOString(),
      by: 'anna@example.com',
      claimed: true,
      exclusion: {
        reason: 'Machines called lab-',
        owner: 'soc@example.com',
        expires: '2026-12-31',
        hunts: [expect.stringContaining('Addigy')],
        acceptBroad: 'There are but three',
      },
      hides: { hidden: 2, sightings: 3, devices: 2, whole: true },
    },
    expect.objectContaining({ what: 'exclusion-created', subject: 'desk', hides: null }),
    {
      what: 'exclusion-removed',
      subject: 'desk',
      at: '2026-11-24T12:01:00.000Z',
      by: 'mallory',
      claimed: true,
    },
  ]);
  expect(posts.map(({ verdict }) => verdict)).toEqual(['a card that Teams would show', 'signature verified']);
  expect(cards[0]?.body).toContain('3 changes of exclusions');
  expect(cards[0]?.body).toContain('There are but three');
  expect(cards[0]?.body).toContain('It hides 2 of 3 sightings now, on 2 devices.');
  expect(await tellAt(60, app)).toMatchObject({ told: 0, posts: [] });
});

test('when changes go on and on, then they are told after ten minutes', async () => {
  const app = stack.compose(newTable());
  await put(app, 'lab', 'lab-');
  for (const minutes of [4, 8]) {
    stack.time.now = new Date(start.getTime() + minutes * minute);
    await put(app, 'lab', 'lab-', 'present');
    expect((await tellAt(minutes + 1, app)).told).toBe(0);
  }
  stack.time.now = new Date(start.getTime() + 9.5 * minute);
  await put(app, 'lab', 'lab-', 'present');
  expect((await tellAt(10, app)).changes.map(({ what }) => what)).toEqual([
    'exclusion-created',
    ...Array(3).fill('exclusion-replaced'),
  ]);
});

test('when a channel does not take the message, then the next look tries it again, without waiting for a hunt', async () => {
  const app = stack.compose(newTable());
  await put(app, 'lab', 'lab-');
  stack.time.now = new Date(start.getTime() + 5 * minute);
  stack.receiver.respondWith({ status: 503, channel: 'teams' });
  const { outbox } = await app.tellChanges({ queriesMs: 20_000, signal: AbortSignal.timeout(20_000) });
  expect(outbox?.waiting).toBe(1);
  expect(await tellAt(10, app)).toMatchObject({ told: 0, posts: [{ channel: 'teams', status: 202 }] });
  expect(await tellAt(15, app)).toMatchObject({ told: 0, posts: [] });
});

test('when two instances look at once, then each change is told once', async () => {
  const table = newTable();
  const [one, other] = [stack.compose(table), stack.compose(table)];
  await put(one, 'lab', 'lab-');
  stack.time.now = new Date(start.getTime() + 5 * minute);
  const limits = () => ({ queriesMs: 20_000, signal: AbortSignal.timeout(20_000) });
  const both = await Promise.all([one.tellChanges(limits()), other.tellChanges(limits())]);
  expect(both.reduce((sum, { told }) => sum + told, 0)).toBe(1);
  expect(stack.receiver.received().filter(({ channel }) => channel === 'teams')).toHaveLength(1);
});

test('when the workspace does not answer, then the change is told all the same', async () => {
  const app = stack.compose(newTable());
  await put(app, 'lab', 'lab-');
  stack.workspace.fault({ kind: 'answer', status: 403, body: '{}' }, 4);
  const { changes, cards } = await tellAt(5, app);
  expect(changes).toMatchObject([{ subject: 'lab', hides: { hidden: 0, whole: false } }]);
  expect(cards[0]?.body).toContain('How much it hides is not known');
});

test('when somebody discards a message that was given up, then that is told, and the message stays listed as discarded', async () => {
  const app = stack.compose(newTable());
  stack.receiver.respondWith({ status: 422, channel: 'webhook' });
  const { reports } = await hunt(app);
  const id = `${reports[0]?.runId}.baseline.1`;
  expect(await app.deadLetters.discard(id, 'mallory')).toBe(true);
  expect(await app.deadLetters.discard(id, 'mallory')).toBe(false);
  expect(await app.deadLetters.list()).toEqual([]);
  expect(await app.deadLetters.discarded()).toMatchObject([
    { id, by: 'mallory', claimed: true, message: { kind: 'baseline' } },
  ]);
  const { changes, cards } = await tellAt(5, app);
  expect(changes).toEqual([
    { what: 'dead-letter-discarded', subject: id, at: start.toISOString(), by: 'mallory', claimed: true },
  ]);
  expect(cards[0]?.body).toContain('Undelivered message discarded');
});

test('when two people discard the same message at the same moment, then one of them did, and that one is told', async () => {
  const table = newTable();
  const [one, other] = [stack.compose(table), stack.compose(table)];
  stack.receiver.respondWith({ status: 422, channel: 'webhook' });
  const { reports } = await hunt(one);
  const id = `${reports[0]?.runId}.baseline.1`;
  const done = await Promise.all([
    one.deadLetters.discard(id, 'anna'),
    other.deadLetters.discard(id, 'mallory'),
  ]);
  expect(done.toSorted()).toEqual([false, true]);
  const [letter] = await one.deadLetters.discarded();
  expect((await tellAt(5, one)).changes).toMatchObject([{ subject: id, by: letter?.by }]);
  expect(letter?.by).toBe(done[0] ? 'anna' : 'mallory');
});

test('when an exclusion was removed, then it stays listed with who removed it, and its history', async () => {
  const app = stack.compose(newTable());
  const etag = await put(app, 'lab', 'lab-');
  const at = new Date(start.getTime() + minute);
  stack.time.now = at;
  await app.exclusions.remove('lab', 'mallory', { etag });
  expect((await app.exclusions.accounts()).removed).toEqual([{ id: 'lab', at, by: 'mallory' }]);
  expect((await app.exclusions.detail('lab'))?.history).toMatchObject([
    { action: 'removed', by: 'mallory', claimed: true },
    { action: 'created', by: 'anna@example.com', claimed: true },
  ]);
});

test('when one change is buried under many others, then each is told once, and the card names the one that hides something first', async () => {
  const table = newTable();
  const [app, other] = [stack.compose(table), stack.compose(table)];
  for (let index = 0; index < 24; index++) {
    stack.time.now = new Date(start.getTime() + index);
    await put(app, index === 17 ? 'needle' : `noise-${index}`, index === 17 ? 'lab-' : 'nothing-');
  }
  stack.time.now = new Date(start.getTime() + 5 * minute);
  const limits = () => ({ queriesMs: 60_000, signal: AbortSignal.timeout(60_000) });
  await Promise.all([app.tellChanges(limits()), other.tellChanges(limits())]);
  const posts = stack.receiver.received();
  const subjects = posts
    .filter(({ channel }) => channel === 'webhook')
    .flatMap(({ json }) =>
      (json as { data: { changes: Change[] } }).data.changes.map(({ subject }) => subject),
    );
  expect(subjects).toHaveLength(24);
  expect(new Set(subjects).size).toBe(24);
  const card = posts.find(({ channel, body }) => channel === 'teams' && body.includes('needle'))?.body ?? '';
  expect(card.indexOf('needle')).toBeLessThan(card.indexOf('noise-'));
  const later = await tellAt(10, app);
  expect(later).toMatchObject({ told: 0, posts: [] });
}, 120_000);

test('when a change cannot be read, then the others are told, and it lies in the dead letters, from where it can be discarded', async () => {
  const table = newTable();
  const app = stack.compose(table);
  await put(app, 'lab', 'lab-');
  const client = TableClient.fromConnectionString(
    stack.settings.AzureWebJobsStorage ?? '',
    table.STATE_TABLE,
    { allowInsecureConnection: true },
  );
  const rows: Record<string, unknown>[] = [
    { Change0: '{"what":"of a later version","subject":"x"}' },
    { Change0: 'no JSON' },
    {},
  ];
  for (const [index, row] of rows.entries())
    await client.createEntity({
      partitionKey: 'exclusions',
      rowKey: `untold|2026-11-24T11:00:00.000Z|${index}`,
      ...row,
    });
  expect((await tellAt(5, app)).changes).toMatchObject([{ subject: 'lab' }]);
  const letters = await app.deadLetters.list();
  expect(letters.map(({ message }) => message)).toEqual([null, null, null]);
  expect(letters[0]?.reason).toContain('from the row untold|2026-11-24T11:00:00.000Z');
  for (const { id } of letters) expect(await app.deadLetters.discard(id, 'anna')).toBe(true);
  expect((await tellAt(10, app)).changes).toHaveLength(3);
  expect(await app.deadLetters.list()).toEqual([]);
});

test('when somebody writes a row among the exclusions that nobody can read, then it is left out and told, the hunts go on, and it can be removed', async () => {
  const table = newTable();
  const app = stack.compose(table);
  await put(app, 'lab', 'lab-');
  const client = TableClient.fromConnectionString(
    stack.settings.AzureWebJobsStorage ?? '',
    table.STATE_TABLE,
    { allowInsecureConnection: true },
  );
  const partitionKey = 'exclusions';
  await client.createEntity({ partitionKey, rowKey: 'entry|no-columns', Entry0: 'x' });
  await client.createEntity({
    partitionKey,
    rowKey: 'entry|no-json',
    Entry0: 'x',
    ChangedAt: start,
    Removed: false,
  });
  const [report] = (await hunt(app)).reports;
  expect(report).toMatchObject({ outcome: 'complete', counts: { hidden: 2 } });
  expect(report?.exclusions.leftOut.map(({ id }) => id).toSorted()).toEqual(
    expect.arrayContaining(['no-columns', 'no-json']),
  );
  for (const id of ['no-columns', 'no-json'])
    expect((await app.exclusions.remove(id, 'anna', 'present')).kind).toBe('removed');
  expect((await app.exclusions.accounts()).leftOut.map(({ id }) => id)).not.toContain('no-json');
});
