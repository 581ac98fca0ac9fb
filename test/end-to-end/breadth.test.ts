import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from '../../functions/composition.ts';
import { addigy, agentConnection, hunt, huntOnce, newTable, type Stack, useStack } from './start-stack.ts';

/** Everything can be hidden in pieces of which each looks narrow: what they hide together is judged, told and refused. */

const start = new Date('2026-11-24T12:00:00Z');
const day = 86_400_000;

let stack: Stack;
const newApp = useStack(start, (started) => {
  stack = started;
});

/** 64 devices with names all over the alphabet and addresses all over the world, a minute ago. */
const fleet = (at: Date) =>
  Array.from({ length: 64 }, (_, index) =>
    agentConnection(`device-${index}`, new Date(at.getTime() - 60_000), {
      DeviceName: `${String.fromCharCode(97 + Math.floor((index * 26) / 64))}${index}.example`,
      RemoteIP: `${1 + index * 3}.7.8.9`,
    }),
  );
beforeAll(async () => {
  await stack.workspace.append('DeviceNetworkEvents', fleet(start));
});

const entry = (any: object[], change: Record<string, unknown> = {}) => ({
  reason: 'A lab of ours',
  owner: 'soc@example.com',
  createdBy: 'anna@example.com',
  expires: '2026-12-31',
  hunts: [addigy],
  any,
  ...change,
});
const letters = ['a-e', 'f-k', 'l-p', 'q-u', 'v-z'];
const piece = (range: string, change: Record<string, unknown> = {}) =>
  entry([{ DeviceName: { matches: `^[${range}]` } }], change);

/** Who was told: the headlines of the cards on how much is hidden. */
const told = () =>
  stack.receiver
    .received()
    .filter(({ channel }) => channel === 'teams')
    .flatMap(({ body }) => /Exclusions hide (?:everything|\d+ %)/.exec(JSON.stringify(body))?.[0] ?? []);
const put = (app: App, id: string, body: Record<string, unknown>) => app.exclusions.put(id, body, 'absent');

test('when a whole fleet is hidden in pieces, then the piece that brings it to half is refused until somebody says why it may, and so is the last', async () => {
  const app = newApp();
  const outcomes: string[] = [];
  for (const [index, range] of letters.entries()) {
    const outcome = await put(app, `piece-${index}`, piece(range));
    if (outcome.kind !== 'invalid') {
      outcomes.push(outcome.kind);
      continue;
    }
    const [problem] = outcome.problems;
    expect(problem?.path).toEqual(['acceptBroad']);
    outcomes.push(/hide (\d+ of \d+) sightings/.exec(problem?.message ?? '')?.[1] ?? problem?.message ?? '');
    expect(
      (await put(app, `piece-${index}`, piece(range, { acceptBroad: 'We are leaving Addigy' }))).kind,
    ).toBe('created');
    await huntOnce(app);
  }
  expect(outcomes).toEqual(['created', 'created', '40 of 64', '52 of 64', '64 of 64']);
  expect(told()).toEqual(['Exclusions hide 63 %', 'Exclusions hide 81 %', 'Exclusions hide everything']);
  const accounts = (await app.exclusions.accounts()).exclusions;
  expect(accounts.find(({ id }) => id === 'piece-4')?.acceptBroad).toBe('We are leaving Addigy');
}, 240_000);

test('when much is hidden, then the channels are told once, and again when it has grown, by whom and why; telemetry has it as an event', async () => {
  const app = newApp();
  const hide = (index: number) =>
    put(app, `piece-${index}`, piece(letters[index] ?? '', { acceptBroad: 'Ours (*all*)' }));
  await hide(0);
  await hide(1);
  expect((await huntOnce(app)).exclusions.broad).toBeUndefined();
  expect(told()).toEqual([]);

  await hide(2);
  const report = await huntOnce(app);
  expect(report.exclusions.broad).toEqual({ hidden: 40, sightings: 64, told: true });
  expect(report.problems.join()).toContain('Exclusions together hid 40 of 64 sightings');
  expect((await huntOnce(app)).exclusions.broad).toEqual({ hidden: 40, sightings: 64, told: false });
  expect((await app.health()).hunts.find(({ muchHidden }) => muchHidden)?.muchHidden).toEqual({
    hidden: 40,
    sightings: 64,
    toldAt: start.toISOString(),
  });
  const cards = JSON.stringify(stack.receiver.received().map(({ body }) => body));
  expect(told()).toEqual(['Exclusions hide 63 %']);
  expect(cards).toContain('anna@example.com');
  expect(cards).toContain('piece-2');

  stack.time.now = new Date(start.getTime() + day);
  await hide(3);
  await hide(4);
  expect((await huntOnce(app)).exclusions.broad).toEqual({ hidden: 64, sightings: 64, told: true });
  await huntOnce(app);
  expect(told()).toEqual(['Exclusions hide 63 %', 'Exclusions hide everything']);
}, 240_000);

test('when 256 ranges of a file hide every address, each less than a hundredth, then the first run tells it', async () => {
  const root = await mkdtemp(join(tmpdir(), 'breadth-'));
  try {
    await mkdir(join(root, 'exclusions'));
    const repository = join(import.meta.dirname, '..', '..');
    await mkdir(join(root, 'hunts'));
    await writeFile(join(root, 'hunts/addigy.yaml'), await readFile(join(repository, 'hunts/addigy.yaml')));
    const ranges = Array.from({ length: 256 }, (_, index) => {
      const { createdBy, ...said } = entry([{ RemoteIP: { cidr: [`${index}.0.0.0/8`] } }]);
      return { id: `range-${index}`, ...said };
    });
    await writeFile(join(root, 'exclusions/ranges.yaml'), JSON.stringify(ranges));
    const app = stack.compose(newTable(), root);
    const [report] = (await hunt(app)).reports;
    expect(report?.exclusions.broad).toEqual({ hidden: 64, sightings: 64, told: true });
    expect(told()).toEqual(['Exclusions hide everything']);
    await hunt(app);
    expect(told()).toHaveLength(1);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}, 240_000);

test('when 256 ranges stand in one entry, then it is refused', async () => {
  const all = entry([{ RemoteIP: { cidr: Array.from({ length: 256 }, (_, index) => `${index}.0.0.0/8`) } }]);
  expect(await put(newApp(), 'all', all)).toMatchObject({
    kind: 'invalid',
    problems: [{ path: ['acceptBroad'], message: expect.stringContaining('hide 64 of 64 sightings') }],
  });
});

test('a preview says what all would hide together, and that the channels would hear of it', async () => {
  const app = newApp();
  await put(app, 'piece-0', piece('a-e'));
  await put(app, 'piece-1', piece('f-k'));
  const preview = await app.exclusions.preview({
    subject: { entry: { id: 'rest', ...piece('l-z') } },
    queriesMs: 30_000,
  });
  expect(preview).toMatchObject({
    kind: 'preview',
    previews: [{ hidesInAll: expect.any(Number), together: { hidden: 64, share: 1, tells: true } }],
  });
});

test('when the workspace does not answer, then nobody can say what an entry would hide, and it is refused until somebody takes that on', async () => {
  const app = newApp();
  stack.workspace.fault({ kind: 'answer', status: 400, body: '{}' }, 100);
  try {
    expect(await put(app, 'unseen', piece('a-b'))).toMatchObject({
      kind: 'invalid',
      problems: [{ path: ['acceptBroad'], message: expect.stringContaining('could not be found out') }],
    });
    expect((await put(app, 'unseen', piece('a-b', { acceptBroad: 'The workspace is down' }))).kind).toBe(
      'created',
    );
  } finally {
    stack.workspace.fault(undefined);
  }
});
