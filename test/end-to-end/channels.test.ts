import { gunzipSync } from 'node:zlib';
import { parseAndBind } from 'kql-workspace/language-service.ts';
import { type Receiver, startReceiver } from '../../local/environment/receiver/start-receiver.ts';
import { agentConnection, functionKey, hunt, newTable, type Stack, useStack } from './start-stack.ts';

const start = new Date();
const hour = 3_600_000;
const soarSecret = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
const nextSecret = `whsec_${Buffer.alloc(32, 4).toString('base64')}`;

let stack: Stack;
let soar: Receiver;
useStack(start, async (started) => {
  stack = started;
  soar = await startReceiver({ webhookSecret: soarSecret });
  await stack.workspace.append('DeviceNetworkEvents', [event('d1', 9)]);
});
afterAll(() => soar.close());
beforeEach(() => soar.clear());

const event = (DeviceId: string, hoursAgo: number) =>
  agentConnection(DeviceId, new Date(start.getTime() - hoursAgo * hour));

/** The product with these channels beside the two simple ones, in this process and in a host of its own. */
async function withChannels(channels: unknown[], settings: Record<string, string> = {}) {
  const change = { ...newTable(), CHANNELS: JSON.stringify(channels), ...settings };
  const host = await stack.startHost(change);
  return { host, app: stack.compose({ ...change, WEBHOOK_FUNCTION_URL: `${host.url}/api/webhook` }) };
}

/** An answer of `api/runs/{id}`. */
interface Page {
  findings: { finding: { id: string }; notifiedAt?: string }[];
  next?: string;
}

/** What each channel said to a run's messages. */
const outcomes = (result: Awaited<ReturnType<typeof hunt>>) =>
  result.outbox?.deliveries.map(({ channel, outcome }) => `${channel} ${outcome}`);

test('Slack by its simple setting, a bare-card flow, and a second webhook with a secret of its own, which is being rotated, all get it', async () => {
  const { app } = await withChannels(
    [
      { name: 'phone', kind: 'teams', urlSetting: 'PHONE_FLOW', card: 'bare' },
      { name: 'soar', kind: 'webhook', urlSetting: 'SOAR_URL', secretSetting: 'SOAR_SECRET' },
    ],
    {
      SLACK_WEBHOOK_URL: stack.receiver.slackUrl,
      PHONE_FLOW: stack.receiver.bareTeamsUrl,
      SOAR_URL: soar.webhookUrl,
      SOAR_SECRET: `${nextSecret} ${soarSecret}`,
    },
  );
  expect(outcomes(await hunt(app))).toEqual([
    'teams delivered',
    'slack delivered',
    'webhook delivered',
    'phone delivered',
    'soar delivered',
  ]);
  expect(
    stack.receiver
      .received()
      .map(({ verdict }) => verdict)
      .sort(),
  ).toEqual([
    'a card that Teams would show',
    'a card that Teams would show',
    'blocks that Slack would show',
    'signature verified',
  ]);
  expect(soar.received()).toMatchObject([{ verdict: 'signature verified' }]);
  const bare = stack.receiver
    .received()
    .filter(({ json }) => JSON.stringify(json).startsWith('{"type":"AdaptiveCard"'));
  expect(bare).toHaveLength(1);
});

test('a channel gets what it is for: by hunt, by tactic, by kind; what nobody wants is accepted and gone', async () => {
  const only = { TEAMS_WEBHOOK_URL: '', WEBHOOK_URL: '' };
  const { app } = await withChannels(
    [
      { name: 'macs', kind: 'teams', urlSetting: 'FLOW', when: { hunts: ['addigy'], kinds: ['findings'] } },
      { name: 'others', kind: 'slack', urlSetting: 'SLACK', when: { tactics: ['Persistence'] } },
    ],
    { ...only, FLOW: stack.receiver.teamsUrl, SLACK: stack.receiver.slackUrl },
  );
  const baseline = await hunt(app);
  expect(outcomes(baseline)).toEqual(['macs not-needed', 'others not-needed']);
  expect(baseline.outbox).toMatchObject({ waiting: 0, deadLettered: 0, problems: [] });
  expect(stack.receiver.received()).toEqual([]);

  await stack.workspace.append('DeviceNetworkEvents', [event('d2', -1)]);
  stack.time.now = new Date(start.getTime() + 2 * hour);
  expect(outcomes(await hunt(app))).toEqual(['macs delivered', 'others not-needed']);
});

describe('while Azure has not read a secret from Key Vault', () => {
  const unread = '@Microsoft.KeyVault(SecretUri=https://vault.example/secrets/hush)';

  test('its channel’s findings wait, the others get theirs, and it goes out once the secret is there', async () => {
    const change = { ...newTable(), TEAMS_WEBHOOK_URL: unread };
    const host = await stack.startHost(change);
    const app = stack.compose({ ...change, WEBHOOK_FUNCTION_URL: `${host.url}/api/webhook` });
    const waiting = await hunt(app);
    expect(waiting.reports).toMatchObject([{ outcome: 'complete' }]);
    expect(outcomes(waiting)).toEqual(['teams out-of-order', 'webhook delivered']);
    expect(waiting.outbox?.waiting).toBe(1);
    expect(waiting.outbox?.problems.join()).toContain(
      'TEAMS_WEBHOOK_URL: Azure has not read it from Key Vault',
    );
    expect(JSON.stringify(waiting)).not.toContain('hush');

    const later = await stack.startHost({ STATE_TABLE: change.STATE_TABLE });
    const whole = stack.compose({
      STATE_TABLE: change.STATE_TABLE,
      WEBHOOK_FUNCTION_URL: `${later.url}/api/webhook`,
    });
    stack.time.now = new Date(start.getTime() + hour / 2);
    expect(outcomes(await hunt(whole))).toEqual(['teams delivered', 'webhook already-delivered']);
  });

  test('a placeholder of the exclusion lists counts as unset, and is told', async () => {
    const app = stack.compose({
      ...newTable(),
      ADDIGY_MANAGEMENT_SERVER_IPS: unread,
    });
    const { reports } = await hunt(app, { dryRun: true });
    const told = reports[0]?.exclusions.leftOut.map(({ reason }) => reason).join();
    expect(told).toContain('ADDIGY_MANAGEMENT_SERVER_IPS');
    expect(told).not.toContain('hush');
  });

  test('of its own webhook, hunts complete and remember, findings wait, and nobody is let in without it', async () => {
    const change = { ...newTable(), WEBHOOK_FUNCTION_SECRET: unread };
    const said: string[] = [];
    const host = await stack.startHost(change, ({ message }) => said.push(message));
    const app = stack.compose({ ...change, WEBHOOK_FUNCTION_URL: `${host.url}/api/webhook` });
    const waiting = await hunt(app);
    expect(waiting.reports).toMatchObject([{ outcome: 'complete' }]);
    expect(waiting.outbox).toMatchObject({
      waiting: 1,
      problems: [expect.stringContaining('WEBHOOK_FUNCTION_SECRET: Azure has not read it from Key Vault')],
    });
    const knock = await fetch(`${host.url}/api/webhook`, { method: 'POST', body: '{}' });
    expect(knock.status).toBe(401);
    const start = `${host.url}/api/hunt`;
    const answer = await fetch(start, { method: 'POST', headers: { 'x-functions-key': functionKey } });
    expect(answer.status).toBe(200);
    expect(said.join('\n')).toContain('WEBHOOK_FUNCTION_SECRET: Azure has not read it from Key Vault');
  });
});

test('a route for a hunt that is not there fails every run, by name, before anything is asked', async () => {
  const { host, app } = await withChannels(
    [{ name: 'macs', kind: 'teams', urlSetting: 'FLOW', when: { hunts: ['adigy'] } }],
    { FLOW: stack.receiver.teamsUrl },
  );
  await expect(hunt(app)).rejects.toThrow('macs is for a hunt that is not there: adigy');
  const response = await fetch(`${host.url}/api/hunt`, {
    method: 'POST',
    headers: { 'x-functions-key': functionKey },
  });
  expect(response.status).toBe(500);
});

describe('what finds no room on a card', () => {
  test('is in the run, page by page, for whoever has the key; nothing is lost and nothing comes twice', async () => {
    const rows = Array.from({ length: 1_203 }, (_, index) => event(`many${index}`, 2));
    await stack.workspace.append('DeviceNetworkEvents', rows);
    const { app, host } = await withChannels([]);
    const { reports } = await hunt(app);
    const runId = reports[0]?.runId ?? '';
    expect(reports).toMatchObject([{ counts: { new: 1_204 } }]);

    const card = JSON.stringify(stack.receiver.received().find(({ channel }) => channel === 'teams')?.json);
    expect(card).toMatch(/1,1\d\d more not shown here/);
    const path = /GET (\/api\/runs\/[\w-]+)/.exec(card)?.[1] ?? '';
    expect(path).toBe(`/api/runs/${runId}`);

    const read = async (query: string) => {
      const response = await fetch(`${host.url}${path}${query}`, {
        headers: { 'x-functions-key': functionKey },
      });
      return { status: response.status, body: (await response.json()) as Page };
    };
    const ids: string[] = [];
    for (let query = ''; ; ) {
      const { status, body } = await read(query);
      expect(status).toBe(200);
      expect(body).toMatchObject({ report: { runId, outcome: 'complete', findings: 1_204 } });
      for (const { finding, notifiedAt } of body.findings) {
        ids.push(finding.id);
        expect(notifiedAt).toBeDefined();
      }
      if (body.next === undefined) break;
      query = `?after=${encodeURIComponent(body.next)}`;
    }
    expect(ids).toHaveLength(1_204);
    expect(new Set(ids)).toEqual(new Set(reports[0]?.findings.map(({ id }) => id)));

    expect((await fetch(`${host.url}${path}`)).status).toBe(401);
    expect(await read("?after=%27%20or%20''")).toMatchObject({ status: 400 });
    const list = await fetch(`${host.url}/api/runs`, { headers: { 'x-functions-key': functionKey } });
    expect(await list.json()).toMatchObject({ runs: [{ runId, window: expect.anything() }] });
  });

  test.each([
    ['/api/runs/nothing', 404],
    ['/api/runs/%27%20or%20PartitionKey%20ne%20%27', 404],
    ['/api/runs?days=0', 400],
    ['/api/runs?days=x', 400],
  ])('%s is answered by %i, in words', async (path, status) => {
    const response = await fetch(`${stack.host.url}${path}`, { headers: { 'x-functions-key': functionKey } });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: expect.any(String) });
  });
});

test('with the workspace’s resource id, cards and findings link to the query of their run, which gives what was found', async () => {
  const resourceId =
    '/subscriptions/1/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/law';
  const { app } = await withChannels([], { LOG_ANALYTICS_WORKSPACE_RESOURCE_ID: resourceId });
  const { reports } = await hunt(app);
  const link = `https://portal.azure.com/#blade/Microsoft_OperationsManagementSuite_Workspace/Logs.ReactView/resourceId/${encodeURIComponent(resourceId)}/source/`;
  const posts = stack.receiver.received().map(({ json }) => JSON.stringify(json));
  expect(posts).toHaveLength(2);
  for (const post of posts) {
    expect(post).toContain(link);
    const packed = /\/q\/([^/"]+)\/timespan\//.exec(post)?.[1] ?? '';
    const query = gunzipSync(Buffer.from(decodeURIComponent(packed), 'base64')).toString();
    const [set, ...rest] = query.split('\n');
    expect(set).toBe(`set query_now = datetime(${start.toISOString()});`);
    // Microsoft's parser has nothing against that line. The embedded workspace knows no `set`; its clock stands at the run's time.
    const complaints = (text: string) =>
      parseAndBind(text, new Map()).diagnostics.map(({ message }) => message);
    expect(complaints(query)).toEqual(complaints(rest.join('\n')));
    const { rows } = await stack.workspace.run(rest.join('\n'));
    expect(rows).toHaveLength(reports[0]?.counts.new ?? -1);
  }
});
