import type { App } from '../../functions/composition.ts';
import type { ExclusionAccount } from '../../functions/domain/exclusions/account-for-exclusions.ts';
import { addigy, agentConnection, functionKey, hunt, huntOnce, type Stack, useStack } from './start-stack.ts';

const start = new Date('2026-11-24T12:00:00Z');
const day = 86_400_000;
const table = 'DeviceNetworkEvents';

let stack: Stack;
const newApp = useStack(start, (started) => {
  stack = started;
});

/** A connection of a minute ago. */
const connection = (DeviceId: string, change: Record<string, unknown> = {}) =>
  agentConnection(DeviceId, new Date(stack.time.now.getTime() - 60_000), {
    DeviceName: `${DeviceId}.example`,
    ...change,
  });

/** An entry that hides devices whose name starts so. */
const entry = (prefix: string, change: Record<string, unknown> = {}) => ({
  reason: 'A lab of ours',
  owner: 'soc@example.com',
  createdBy: 'anna@example.com',
  expires: '2026-12-31',
  hunts: [addigy],
  any: [{ DeviceName: { startsWith: prefix } }],
  ...change,
});

describe('the API of the app’s own list', () => {
  const call = async (method: string, path = '', body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${stack.host.url}/api/exclusions${path}`, {
      method,
      headers: { 'x-functions-key': functionKey, ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      etag: response.headers.get('etag') ?? '',
      body: text === '' ? undefined : JSON.parse(text),
    };
  };

  test('when an entry is put, replaced and removed, then each change is in its history, and what it does is told', async () => {
    const created = await call('PUT', '/lab', entry('lab-'));
    expect(created).toMatchObject({
      status: 201,
      body: {
        exclusion: { id: 'lab', createdBy: 'anna@example.com', file: 'api/exclusions/lab' },
        effect: { hunts: [{ id: addigy, tables: [table] }], idle: [] },
      },
    });
    const again = await call('PUT', '/lab', entry('lab2-', { createdBy: 'boris@example.com' }), {
      'if-match': created.etag,
    });
    expect(again.status).toBe(200);
    expect(again.etag).not.toBe(created.etag);

    const read = await call('GET', '/lab');
    expect(read).toMatchObject({
      status: 200,
      etag: again.etag,
      body: {
        exclusion: { id: 'lab', source: 'table', status: 'in-force', hidden: null },
        entry: { any: [{ DeviceName: { startsWith: 'lab2-' } }] },
      },
    });
    expect(await call('DELETE', '/lab?by=carla', undefined, { 'if-match': again.etag })).toMatchObject({
      status: 204,
    });
    const gone = await call('GET', '/lab');
    expect(gone.body.exclusion).toBeUndefined();
    expect(gone.body.history.map(({ action, by }: Record<string, string>) => `${action} by ${by}`)).toEqual([
      'removed by carla',
      'replaced by boris@example.com',
      'created by anna@example.com',
    ]);
    expect(gone.body.history[2].entry.any).toEqual(entry('lab-').any);
    expect((await call('PUT', '/lab', entry('lab3-'))).status).toBe(201);
  });

  test('when two people change the same entry, then the second is told, and nothing is lost', async () => {
    const { etag } = await call('PUT', '/shared', entry('aa-'), { 'if-none-match': '*' });
    expect((await call('PUT', '/shared', entry('bb-'), { 'if-match': etag })).status).toBe(200);
    const statuses = [
      await call('PUT', '/shared', entry('cc-'), { 'if-match': etag }),
      await call('PUT', '/shared', entry('cc-'), { 'if-none-match': '*' }),
      await call('PUT', '/shared', entry('cc-')),
      await call('DELETE', '/shared?by=x', undefined, { 'if-match': etag }),
      await call('DELETE', '/shared?by=x'),
      await call('DELETE', '/shared', undefined, { 'if-match': etag }),
      await call('DELETE', '/nothing?by=x', undefined, { 'if-match': etag }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([412, 412, 428, 412, 428, 400, 404]);
    expect((await call('GET', '/shared')).body.entry).toMatchObject({
      any: [{ DeviceName: { startsWith: 'bb-' } }],
    });
  });

  test('when many write the same new entry at once, then exactly one is first', async () => {
    const all = await Promise.all(
      Array.from({ length: 6 }, (_, i) => call('PUT', '/race', entry(`r${i}-`), { 'if-none-match': '*' })),
    );
    expect(all.map(({ status }) => status).sort()).toEqual([201, 412, 412, 412, 412, 412]);
    expect((await call('GET', '/race')).body.history).toHaveLength(1);
  });

  test.each<[string, unknown, string]>([
    ['nobody is named', entry('lab-', { createdBy: undefined }), 'createdBy'],
    ['a key is unknown', entry('lab-', { until: '2027' }), 'until'],
    ['a column is misspelt', entry('', { any: [{ deviceName: { equals: 'x' } }] }), 'any[0].deviceName'],
    [
      'it would hide everything',
      entry('', { any: [{ DeviceName: { matches: '.*' } }] }),
      'any[0].DeviceName.matches',
    ],
    ['it has no end', entry('lab-', { expires: undefined }), 'expires'],
    ['it ended', entry('lab-', { expires: '2020-01-01' }), 'expires'],
    ['it ends too late', entry('lab-', { expires: '2099-01-01' }), 'expires'],
    ['its hunt is not there', entry('lab-', { hunts: ['nope'] }), 'hunts[0]'],
    [
      'its setting is not set',
      entry('', { any: [{ RemoteIP: { cidr: [`\${NOT_SET}`] } }] }),
      'any[0].RemoteIP.cidr',
    ],
    [
      'it is a wildcard',
      entry('', { any: [{ DeviceName: { equals: 'lab-*' } }] }),
      'any[0].DeviceName.equals',
    ],
    ['its id is another', entry('lab-', { id: 'other' }), 'id'],
    ['it is a list', [], '(body)'],
    ['it has a key that copies lose', '{"any":[{"__proto__":{"x":"y"}}]}', '(body)'],
  ])('when %s, then it is refused, and the answer names the field', async (_, body, field) => {
    const { status, body: answer } = await call('PUT', '/bad', body);
    expect(status).toBe(400);
    expect(answer.error).toMatch(`${field}: `);
    expect((await call('GET', '/bad')).status).toBe(404);
  });

  test('when the id is one that a file has, then it is refused; an odd id is no key, and no key is no answer', async () => {
    const inFile = await call('PUT', '/addigy-intune', entry('lab-'));
    expect(inFile).toMatchObject({
      status: 409,
      body: { error: expect.stringContaining('exclusions/addigy.yaml') },
    });
    expect((await call('PUT', '/A%2Fb', entry('lab-'))).status).toBe(400);
    expect((await call('GET', '/A%2Fb')).status).toBe(404);
    expect((await call('PUT', '', entry('lab-'))).status).toBe(405);
    expect((await call('PUT', '/lab9', 'x'.repeat(300_000))).status).toBe(413);
    expect((await fetch(`${stack.host.url}/api/exclusions`)).status).toBe(401);
  });
});

describe('a run', () => {
  const put = async (app: App, id: string, body: Record<string, unknown>) => {
    const outcome = await app.exclusions.put(id, body, 'absent');
    if (outcome.kind !== 'created') throw new Error(JSON.stringify(outcome));
    return outcome.etag;
  };
  const account = async (app: App, id: string): Promise<ExclusionAccount | undefined> =>
    (await app.exclusions.accounts()).exclusions.find((one) => one.id === id);

  test('applies what is in the table as what is in files', async () => {
    const app = newApp();
    await put(app, 'applied', entry('applied-', { acceptBroad: 'Of two devices, one is ours' }));
    await stack.workspace.append(table, [connection('applied-1'), connection('seen-1')]);
    const report = await huntOnce(app);
    const found = report.findings.map(({ device }) => device?.id);
    expect(found).toContain('seen-1');
    expect(found).not.toContain('applied-1');
    expect(report.exclusions.applied).toContain('applied');
    expect(report.problems.filter((problem) => problem.includes('Exclusion applied'))).toEqual([]);
  });

  test('tells apart which exclusion hid what: once a day, and when asked', async () => {
    const app = newApp();
    await put(app, 'ours', entry('ours-'));
    await put(app, 'both', entry('both-', { any: [{ DeviceName: { endsWith: 'ours.example' } }] }));
    await put(app, 'nothing', entry('never-'));
    await stack.workspace.append(table, [
      connection('ours-1'),
      connection('ours-2'),
      connection('ours-2', { RemoteUrl: 'agents.addigy.com' }),
      connection('both-ours'),
    ]);
    const first = await huntOnce(app);
    expect(first.exclusions.reckoned).toMatchObject({
      each: expect.arrayContaining([
        { exclusion: 'ours', hidden: 3, devices: 2 },
        { exclusion: 'both', hidden: 1, devices: 1 },
        { exclusion: 'nothing', hidden: 0, devices: 0 },
      ]),
      together: 0,
    });
    expect(await account(app, 'ours')).toMatchObject({
      hidden: { today: 3, days7: 3, days30: 3 },
      devices30: 2,
      lastHit: new Date(start.getTime() - 60_000).toISOString(),
      reckonedAt: start.toISOString(),
      stale: false,
    });
    expect((await app.exclusions.detail('ours'))?.hides.map(({ device }) => device?.id).sort()).toEqual([
      'ours-1',
      'ours-2',
      'ours-2',
    ]);

    expect((await huntOnce(app)).exclusions.reckoned).toBeUndefined();
    expect((await huntOnce(app, { reckon: true })).exclusions.reckoned).toBeDefined();
    stack.time.now = new Date(start.getTime() + day);
    expect((await huntOnce(app)).exclusions.reckoned).toBeDefined();
    expect(await account(app, 'ours')).toMatchObject({ hidden: { today: 3, days7: 3, days30: 3 } });
    stack.time.now = new Date(start.getTime() + 20 * day);
    await huntOnce(app);
    expect(await account(app, 'ours')).toMatchObject({ hidden: { today: 0, days7: 0, days30: 3 } });
  });

  test('warns of an exclusion that hides most of what there is', async () => {
    stack.time.now = new Date(start.getTime() + 201 * day);
    const body = entry('wide-', { expires: '2027-12-31', createdBy: 'anna' });
    const [warned, content, accepted] = [newApp(), newApp({ EXCLUSION_WARN_SHARE: '0.8' }), newApp()];
    await put(warned, 'wide', body);
    await put(content, 'wide', body);
    await put(accepted, 'wide', { ...body, acceptBroad: 'Addigy is ours' });
    await stack.workspace.append(
      table,
      ['wide-1', 'wide-2', 'wide-3', 'other'].map((id) => connection(id)),
    );
    const warning =
      'Exclusion wide hid 3 of 4 sightings: is it too broad? acceptBroad in it says why it may.';
    expect((await huntOnce(warned)).problems).toContain(warning);
    expect((await huntOnce(content)).problems.join()).not.toContain('too broad');
    expect((await huntOnce(accepted)).problems.join()).not.toContain('too broad');
  });

  describe('when the list in the table cannot be read', () => {
    const nowhere =
      'DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=aGVsbG8=;TableEndpoint=http://127.0.0.1:1/devstoreaccount1;';
    const reason = "The exclusions in the table can't be read, so nothing is hunted: ";

    test('fails, and sends nothing', async () => {
      await expect(hunt(newApp({ AzureWebJobsStorage: nowhere }))).rejects.toThrow(reason);
      expect(stack.receiver.received()).toEqual([]);
    }, 60_000);

    test('is told over HTTP what stands in the way, as are those who manage the list', async () => {
      const { url } = await stack.startHost({ AzureWebJobsStorage: nowhere });
      const calls = [
        ['POST', '/api/hunt'],
        ['GET', '/api/exclusions'],
        ['DELETE', '/api/exclusions/lab?by=anna'],
        ['GET', '/api/explain?device=mac-1'],
        ['GET', '/api/explain?entity=prod.addigy.com'],
      ];
      const headers = { 'x-functions-key': functionKey, 'if-match': '*' };
      const answers = await Promise.all(
        calls.map(async ([method = '', path]) => fetch(`${url}${path}`, { method, headers })),
      );
      expect(answers.map(({ status }) => status)).toEqual(calls.map(() => 503));
      expect(await answers[0]?.json()).toEqual({ error: expect.stringContaining(reason) });
    }, 60_000);
  });
});
