import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWorkspace } from 'kql-workspace/start-workspace.ts';
import type { RunReport } from '../../functions/domain/hunting/report.ts';
import { generateEvents, type SampleEvent } from '../../local/environment/sample-events/generate-events.ts';
import { scenarios } from '../../local/environment/sample-events/story.ts';
import { agentConnection, hunt, huntOnce, type Stack, useStack } from './start-stack.ts';

const start = new Date('2026-11-24T12:00:00Z');
const day = 86_400_000;
const table = 'DeviceNetworkEvents';
const events = generateEvents({ now: start, flavour: 'log-analytics' });

let stack: Stack;
const newApp = useStack(start, async (started) => {
  stack = started;
  for (const name of ['DeviceNetworkEvents', 'DeviceProcessEvents']) {
    await stack.workspace.append(name, rows(events.filter((event) => event.table === name)));
  }
});

const rows = (some: SampleEvent[]) => some.map(({ row }) => row);

const agentEvent = (at: Date, DeviceId: string, RemoteUrl: string, DeviceName = `mac-${DeviceId}`) =>
  agentConnection(DeviceId, at, { RemoteUrl, DeviceName });

test('from the first run on: a baseline digest, then one card and one post for each thing that is new, and nothing for what is known', async () => {
  const app = newApp();
  const posts = () => stack.receiver.received().map(({ channel, verdict }) => `${channel}: ${verdict}`);
  const oneEach = ['teams: a card that Teams would show', 'webhook: signature verified'];

  const first = await huntOnce(app);
  expect(first).toMatchObject({ outcome: 'complete', baseline: true, problems: [] });
  expect(first.findings.length).toBeGreaterThan(10);
  expect(first.counts.new).toBe(first.findings.length);
  expect(posts().sort()).toEqual(oneEach);

  /** Goes on so many days, lets events happen, hunts, and tells what was found and what arrived. */
  const later = async (days: number, ...happened: (readonly [id: string, url: string, name?: string])[]) => {
    stack.receiver.clear();
    stack.time.now = new Date(stack.time.now.getTime() + days * day);
    const at = new Date(stack.time.now.getTime() - 60_000);
    await stack.workspace.append(
      table,
      happened.map(([id, url, name]) => agentEvent(at, id, url, name)),
    );
    const { outcome, findings } = await huntOnce(app);
    return {
      outcome,
      found: findings.map(({ kind, device }) => `${kind} ${device?.name}`),
      posts: posts().sort(),
    };
  };
  const quiet = { outcome: 'complete', found: [], posts: [] };

  expect(await later(0.2, ['e2e-1', 'prod.addigy.com'])).toEqual({
    ...quiet,
    found: ['new-device mac-e2e-1'],
    posts: oneEach,
  });
  expect(await later(0.2)).toEqual(quiet);
  expect(await later(0.2, ['e2e-1', 'agents.addigy.com'])).toEqual({
    ...quiet,
    found: ['new-activity mac-e2e-1'],
    posts: oneEach,
  });
  expect(await later(0.2, ['e2e-1', 'prod.addigy.com', 'renamed'])).toEqual(quiet);
  for (let week = 0; week < 5; week++) expect(await later(7, ['e2e-2', 'example.com'])).toEqual(quiet);
  expect(await later(0.2, ['e2e-1', 'prod.addigy.com', 'renamed'])).toEqual({
    ...quiet,
    found: ['returned renamed'],
    posts: oneEach,
  });
  expect(await later(0.2)).toEqual(quiet);
});

describe('the five false-positive scenarios', () => {
  const footprint = { hunts: ['addigy-footprint'], dryRun: true };
  const devicesOf = (report: RunReport) => new Set(report.findings.map(({ device }) => device?.id));
  const hidden = (some: SampleEvent[]) => new Set(some.map(({ row }) => row.DeviceId));
  let bare: string;
  beforeAll(async () => {
    bare = await mkdtemp(join(tmpdir(), 'bare-'));
    await cp(join(import.meta.dirname, '..', '..', 'hunts'), join(bare, 'hunts'), { recursive: true });
    await mkdir(join(bare, 'exclusions'));
    await writeFile(join(bare, 'exclusions', 'none.yaml'), '[]\n');
  });
  afterAll(() => rm(bare, { recursive: true, force: true }));

  test.each(scenarios)(
    'when %s is excluded, then its devices are hidden; without exclusions they are found',
    async (scenario) => {
      const devices = hidden(events.filter(({ label }) => label === scenario));
      expect(devices.size).toBeGreaterThan(0);
      const [excluded, open] = await Promise.all([
        huntOnce(newApp(), footprint),
        huntOnce(newApp({}, bare), footprint),
      ]);
      expect([...devices].filter((id) => devicesOf(excluded).has(String(id)))).toEqual([]);
      expect([...devices].filter((id) => !devicesOf(open).has(String(id)))).toEqual([]);
    },
  );

  test("when the brief's query itself is hunted, then exactly the sightings that a scenario explains are hidden", async () => {
    const inScenarios = events.filter(
      ({ table: of, label, sighting }) =>
        of === table && sighting && (scenarios as readonly string[]).includes(label),
    );
    const identities = new Set(inScenarios.map(({ row }) => `${row.DeviceId} ${row.RemoteUrl}`));
    const report = await huntOnce(newApp(), { dryRun: true });
    const open = await huntOnce(newApp({}, bare), { dryRun: true });
    expect(identities.size).toBeGreaterThan(0);
    expect(report.counts.hidden).toBe(identities.size);
    expect(open.counts).toMatchObject({ hidden: 0, new: report.counts.new + identities.size });
  });
});

test('when the same events come in the flavour of Defender, then both hunts find the same', async () => {
  const defender = await startWorkspace({ now: () => stack.time.now });
  const exported = generateEvents({ now: start, flavour: 'defender-xdr' });
  for (const name of ['DeviceNetworkEvents', 'DeviceProcessEvents']) {
    await defender.append(name, rows(exported.filter((event) => event.table === name)));
  }
  const request = { hunts: ['addigy', 'addigy-footprint'], dryRun: true };
  // Another test's events lie in the shared workspace too, all of devices of its own.
  const facts = ({ reports }: { reports: RunReport[] }) =>
    reports.map(({ findings, counts }) => ({
      hidden: counts.hidden,
      findings: findings
        .filter(({ device }) => !device?.id?.startsWith('e2e-'))
        .map(({ kind, device, identity, firstSeen, lastSeen, count }) => ({
          kind,
          device,
          identity,
          firstSeen,
          lastSeen,
          count,
        }))
        .sort((one, other) => JSON.stringify(one.identity).localeCompare(JSON.stringify(other.identity))),
    }));
  const inDefender = facts(await hunt(newApp({ LOG_ANALYTICS_ENDPOINT: defender.url }), request));
  await defender.close();
  expect(inDefender[0]?.findings.length).toBeGreaterThan(10);
  expect(inDefender).toEqual(facts(await hunt(newApp(), request)));
});

test('when a run is dry, then nothing is written and nothing is posted', async () => {
  const app = newApp();
  expect(await huntOnce(app, { dryRun: true })).toMatchObject({ dryRun: true, baseline: true });
  expect(await huntOnce(app, { dryRun: true })).toMatchObject({ baseline: true });
  expect(stack.receiver.received()).toEqual([]);
});

test('when the answer is partial, then its rows count, the watermark stays, and the next complete run looks at the time as well', async () => {
  const app = newApp();
  await huntOnce(app);
  stack.time.now = new Date(start.getTime() + 8 * day);
  stack.workspace.fault({ kind: 'partial' }, 3);
  expect(await huntOnce(app)).toMatchObject({ outcome: 'incomplete' });
  stack.time.now = new Date(start.getTime() + 9 * day);
  const report = await huntOnce(app);
  expect(report.outcome).toBe('complete');
  expect(report.caughtUp).toEqual({ slices: 1, from: start.toISOString(), to: report.window?.from });
  expect(report.owed).toEqual([]);
});

test('when the tables are empty in the window, then the report says so and the watermark stays', async () => {
  const app = newApp();
  stack.time.now = new Date(start.getTime() - 100 * day);
  expect(await huntOnce(app)).toMatchObject({
    outcome: 'no-data',
    coverage: { rows: 0, newest: null },
    problems: [expect.stringContaining('is the data connector on?')],
  });
});
