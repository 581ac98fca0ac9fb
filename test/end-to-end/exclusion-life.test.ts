import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from '../../functions/composition.ts';
import type { RunReport } from '../../functions/domain/hunting/report.ts';
import type { ExclusionPreview } from '../../functions/flows/preview-exclusion.ts';
import {
  addigy,
  agentConnection,
  functionKey,
  hunt,
  huntOnce,
  newTable,
  type Stack,
  useStack,
} from './start-stack.ts';

/** What comes before an exclusion (a preview), after it (what it hid comes back, once), and why a device was or was not told. */

const start = new Date('2026-11-24T12:00:00Z');
const day = 86_400_000;
const table = 'DeviceNetworkEvents';

let stack: Stack;
const newApp = useStack(start, (started) => {
  stack = started;
});

/** Connections of a minute ago. */
async function connect(
  ...devices: (string | [id: string, change: Record<string, unknown>])[]
): Promise<void> {
  await stack.workspace.append(
    table,
    devices.map((device) => {
      const [DeviceId, change] = typeof device === 'string' ? [device, {}] : device;
      const at = new Date(stack.time.now.getTime() - 60_000);
      return agentConnection(DeviceId, at, { DeviceName: `${DeviceId}.example`, ...change });
    }),
  );
}

const entry = (any: object[], change: Record<string, unknown> = {}) => ({
  reason: 'A lab of ours',
  owner: 'soc@example.com',
  createdBy: 'anna@example.com',
  expires: '2026-12-31',
  hunts: [addigy],
  any,
  ...change,
});
const named = (prefix: string) => entry([{ DeviceName: { startsWith: prefix } }]);

async function put(app: App, id: string, body: Record<string, unknown>): Promise<string> {
  const outcome = await app.exclusions.put(id, body, 'absent');
  if (outcome.kind !== 'created') throw new Error(JSON.stringify(outcome));
  return outcome.etag;
}

/** Kind and number of the findings in what arrived at the generic webhook. */
const received = () =>
  stack.receiver
    .received()
    .filter(({ channel }) => channel === 'teams')
    .map(({ body }) => JSON.stringify(body));

describe('when an exclusion ends', () => {
  test('by its date, then what it hid comes back in one digest that names it; a device that was never hidden is new', async () => {
    const app = newApp();
    await huntOnce(app);
    await put(app, 'lab', { ...named('lab-'), expires: '2026-11-26' });
    await connect(...Array.from({ length: 50 }, (_, index) => `lab-${index}`));
    expect((await huntOnce(app)).counts).toMatchObject({ hidden: 50, new: 0 });

    stack.time.now = new Date(start.getTime() + 3 * day);
    stack.receiver.clear();
    await connect('fresh-1');
    const report = await huntOnce(app);
    const kinds = Map.groupBy(report.findings, ({ kind }) => kind);
    expect(kinds.get('unhidden')?.length).toBe(50);
    expect(new Set(kinds.get('unhidden')?.map(({ hiddenBy }) => hiddenBy?.join()))).toEqual(new Set(['lab']));
    expect(kinds.get('new-device')?.map(({ device }) => device?.id)).toEqual(['fresh-1']);
    const cards = received();
    expect(cards).toHaveLength(2);
    expect(
      cards.filter((card) => card.includes('visible again') && card.includes('lab, ended 2026-11-26')),
    ).toHaveLength(1);

    stack.receiver.clear();
    expect((await huntOnce(app)).counts).toMatchObject({ hidden: 0, new: 0 });
    expect(received()).toEqual([]);
  });

  test('by being removed, then it is the same; another exclusion that goes at the same time is not blamed', async () => {
    const app = newApp();
    await huntOnce(app);
    const etag = await put(app, 'desk', named('desk-'));
    const other = await put(app, 'other', named('somewhere-else-'));
    await connect('desk-1', 'desk-2');
    expect((await huntOnce(app)).counts.hidden).toBe(2);
    stack.time.now = new Date(start.getTime() + day);
    await huntOnce(app);

    stack.receiver.clear();
    await app.exclusions.remove('desk', 'anna', { etag });
    await app.exclusions.remove('other', 'anna', { etag: other });
    const report = await huntOnce(app);
    expect(report.findings.map(({ kind, hiddenBy }) => `${kind} ${hiddenBy}`)).toEqual([
      'unhidden desk',
      'unhidden desk',
    ]);
    expect(received()).toHaveLength(1);
  });
});

describe('a hunt of another kind', () => {
  const huntOf = (query: string) => `
id: 11111111-2222-4333-8444-555555555555
name: Hourly
description: For a test.
requiredDataConnectors: [{ connectorId: x, dataTypes: [DeviceNetworkEvents] }]
tactics: CommandAndControl
relevantTechniques: T1219
query: ${query}
`;
  const lastSeen = 'summarize LastSeen = max(Timestamp) by DeviceId, RemoteUrl';
  const exclusion = (any: string) =>
    `- { id: some, reason: r, owner: o, expires: 2027-06-01, hunts: [11111111-2222-4333-8444-555555555555], any: [${any}] }\n`;
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'hourly-'));
    await mkdir(join(root, 'hunts'));
    await mkdir(join(root, 'exclusions'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function appWith(query: string, lists: string): Promise<App> {
    await writeFile(join(root, 'hunts/hourly.yaml'), huntOf(query));
    await writeFile(join(root, 'exclusions/a.yaml'), lists);
    return stack.compose(newTable(), root);
  }

  /** Hides a device once, and hunts every four hours for a day; gives the reports. */
  async function aDay(app: App): Promise<RunReport[]> {
    const reports: RunReport[] = [];
    for (let hours = 0; hours <= 24; hours += 4) {
      await connect(...(hours === 4 ? ['hour-1', 'other-1'] : ['other-2']));
      reports.push(...(await hunt(app, { hunts: ['hourly'] })).reports);
      stack.time.now = new Date(stack.time.now.getTime() + 4 * 3_600_000);
    }
    return reports;
  }
  const hours = exclusion('{ DeviceName: { startsWith: hour- } }');

  test('that looks back an hour: the ledger counts what was hidden between two reckonings', async () => {
    stack.time.now = new Date(start.getTime() + 70 * day);
    const app = await appWith(`DeviceNetworkEvents | where Timestamp > ago(1h) | ${lastSeen}`, hours);
    const reports = await aDay(app);
    const reckoned = reports.flatMap(({ exclusions }) => exclusions.reckoned?.each ?? []);
    // It looks at an hour in four, so nobody could find out tomorrow what it hid today.
    expect(reckoned.map(({ hidden }) => hidden)).toEqual([0, 1, 0, 0, 0, 0, 0]);
    expect(reports.every(({ outcome }) => outcome === 'complete')).toBe(true);
    expect((await app.exclusions.accounts()).exclusions[0]).toMatchObject({
      id: 'some',
      hidden: { days7: 1 },
    });
  });

  test('that counts: what takes the rows of two exclusions is told as together, and a preview still tells what goes', async () => {
    stack.time.now = new Date(start.getTime() + 100 * day);
    const counting = `DeviceNetworkEvents | where Timestamp > ago(1h) | ${lastSeen.replace('LastSeen', 'Count = count(), LastSeen')} | where Count >= 4`;
    const two = exclusion('{ RemotePort: { equals: "80" } }');
    const app = await appWith(counting, `${two}${two.replace('some', 'other').replace('80', '81')}`);
    await connect(
      ...[80, 80, 81, 443].map((RemotePort): [string, Record<string, unknown>] => ['busy', { RemotePort }]),
    );
    const [report] = (await hunt(app, { hunts: ['hourly'] })).reports;
    expect(report?.counts).toMatchObject({ sightings: 1, hidden: 1 });
    expect(report?.exclusions.reckoned).toEqual({
      each: [
        { exclusion: 'other', hidden: 0, devices: 0 },
        { exclusion: 'some', hidden: 0, devices: 0 },
      ],
      together: 1,
    });
    const alone = await appWith(counting, '[]');
    const body = {
      ...entry([{ RemotePort: { equals: '80' } }]),
      id: 'x',
      hunts: ['11111111-2222-4333-8444-555555555555'],
      expires: '2027-06-01',
    };
    expect(await alone.exclusions.preview({ subject: { entry: body }, queriesMs: 30_000 })).toMatchObject({
      previews: [{ sightings: 1, matched: 0, hidesInAll: 1, newlyHidden: 1 }],
    });
  });
});

describe('a preview', () => {
  const previewOf = async (app: App, body: Record<string, unknown>): Promise<ExclusionPreview> => {
    const outcome = await app.exclusions.preview({
      subject: { entry: { id: 'x', ...body } },
      queriesMs: 30_000,
    });
    if (outcome.kind !== 'preview' || outcome.previews.length !== 1) throw new Error(JSON.stringify(outcome));
    return outcome.previews[0] as ExclusionPreview;
  };

  test('tells what would be hidden, on how many devices, which share that is, and what was told already', async () => {
    stack.time.now = new Date(start.getTime() + 20 * day);
    const app = newApp();
    await connect(
      ['pre-1', { InitiatingProcessFileName: 'auditor' }],
      ['pre-2', { InitiatingProcessFileName: 'auditor' }],
      ['pre-2', { InitiatingProcessFileName: 'auditor', RemoteUrl: 'agents.addigy.com' }],
      ['pre-3', { InitiatingProcessFileName: 'auditor' }],
      'pre-3',
      'pre-4',
    );
    const auditors = entry([{ InitiatingProcessFileName: { equals: 'auditor' } }]);
    expect(await previewOf(app, auditors)).toMatchObject({
      problems: [],
      sightings: 5,
      matched: 4,
      stillShown: 1,
      hidesInAll: 3,
      newlyHidden: 3,
      devices: 2,
      share: 0.6,
      broad: true,
      told: 0,
    });

    await huntOnce(app);
    const told = await previewOf(app, auditors);
    expect(told.told).toBe(3);
    expect(told.hides.map(({ device, toldAs }) => `${device?.id} ${toldAs}`).sort()).toEqual([
      'pre-1 new-device',
      'pre-2 new-device',
      'pre-2 new-device',
    ]);

    await put(app, 'pre-one', named('pre-1'));
    expect(await previewOf(app, auditors)).toMatchObject({ hidesInAll: 3, newlyHidden: 2 });
    const byId = await app.exclusions.preview({ subject: { id: 'pre-one' }, queriesMs: 30_000 });
    expect(byId).toMatchObject({
      kind: 'preview',
      previews: [{ hidesInAll: 1, newlyHidden: 1, share: 0.2 }],
    });
  });

  test('whose query is not answered claims nothing, and says so', async () => {
    const app = newApp();
    stack.workspace.fault({ kind: 'answer', status: 400, body: '{}' }, 1);
    const preview = await previewOf(app, named('pre-'));
    expect(preview).toMatchObject({ hidesInAll: 0, sightings: 0 });
    expect(preview.problems.join()).toContain('not answered');
    stack.workspace.fault(undefined);
  });

  test('is asked for over HTTP with an entry or an id', async () => {
    const call = async (body: unknown) => {
      const response = await fetch(`${stack.host.url}/api/exclusions/preview`, {
        method: 'POST',
        headers: { 'x-functions-key': functionKey },
        body: JSON.stringify(body),
      });
      return { status: response.status, body: await response.json() };
    };
    expect(await call({ exclusion: { id: 'x', ...named('pre-') } })).toMatchObject({
      status: 200,
      body: { id: 'x', effect: { hunts: [{ id: addigy }] }, previews: [{ hunt: { id: addigy } }] },
    });
    expect(await call({ id: 'addigy-intune' })).toMatchObject({ status: 200 });
    expect(await call({ id: 'nobody' })).toMatchObject({ status: 404 });
    expect(await call({ exclusion: { id: 'x', ...named('') } })).toMatchObject({
      status: 400,
      body: { problems: [{ field: 'any[0].DeviceName.startsWith' }] },
    });
    expect(await call({})).toMatchObject({ status: 400 });
    expect(await call({ id: 'x', exclusion: {} })).toMatchObject({ status: 400 });
  });
});

describe('an explanation', () => {
  const scopeOf = async (app: App, device: string) => {
    const { scopes } = await app.explain(device);
    if (scopes.length !== 1 || !scopes[0]) throw new Error(`${scopes.length} scopes`);
    return scopes[0];
  };

  test('tells what is known of a device by name or id: found and delivered, hidden and by what, or never sighted', async () => {
    stack.time.now = new Date(start.getTime() + 40 * day);
    // The host's own table: it is there that the webhook function records deliveries.
    const app = stack.compose();
    await connect('first-1');
    await huntOnce(app);
    await put(app, 'quiet', { ...named('quiet-'), expires: '2027-02-01' });
    await connect('loud-1', 'quiet-1', ['odd\u202e]', { DeviceName: 'Odd\u001b[31m.example' }]);
    stack.time.now = new Date(stack.time.now.getTime() + day);
    const { runId } = await huntOnce(app);

    const loud = await scopeOf(app, 'LOUD-1');
    expect(loud.things).toMatchObject([
      {
        device: { id: 'loud-1', name: 'loud-1.example' },
        status: 'shown',
        hiddenBy: [],
        findings: [
          {
            kind: 'new-device',
            notifiedAt: expect.any(String),
            message: {
              id: `${runId}.findings.1`,
              state: 'delivered',
              deliveries: [
                { channel: 'teams', at: expect.any(String) },
                { channel: 'webhook', at: expect.any(String) },
              ],
            },
          },
        ],
      },
    ]);
    expect(loud.runs.map(({ sighted }) => sighted)).toEqual(['yes', 'no']);
    expect(await scopeOf(app, 'quiet-1.example')).toMatchObject({
      things: [
        {
          status: 'hidden',
          knownSince: null,
          hiddenBy: [{ exclusion: 'quiet', certain: true }],
          findings: [],
        },
      ],
    });
    expect((await scopeOf(app, 'odd\u001b[31m')).things).toHaveLength(1);
    expect(await scopeOf(app, 'nobody')).toMatchObject({ things: [], baselineAt: expect.any(String) });
  });

  test('tells that a message waits, and why', async () => {
    stack.time.now = new Date(start.getTime() + 60 * day);
    const app = newApp({ WEBHOOK_FUNCTION_URL: 'http://127.0.0.1:1/api/webhook' });
    await connect('waits-1');
    await huntOnce(app);
    expect(await scopeOf(app, 'waits-1')).toMatchObject({
      things: [
        { findings: [{ notifiedAt: null, message: { state: 'waiting', reason: expect.any(String) } }] },
      ],
    });
  });

  test('is asked for over HTTP', async () => {
    const call = (query: string, key = functionKey) =>
      fetch(`${stack.host.url}/api/explain${query}`, { headers: { 'x-functions-key': key } });
    expect(await (await call('?device=mac-1')).json()).toMatchObject({ device: 'mac-1' });
    expect((await call('')).status).toBe(400);
    expect((await call('?device=mac-1', 'wrong')).status).toBe(401);
  });
});
