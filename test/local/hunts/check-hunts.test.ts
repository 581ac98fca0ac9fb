import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkHunts, type HuntCheck, passes } from '../../../local/hunts/check-hunts.ts';
import { explainHunt } from '../../../local/hunts/explain-hunt.ts';
import { printChecks, printSteps } from '../../../local/printing/print-hunts.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hunts-'));
  await mkdir(join(root, 'hunts'));
  await mkdir(join(root, 'exclusions'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const id = (digit: number) => `${String(digit).repeat(8)}-2222-4333-8444-555555555555`;
const hunt = (query: string, change: { id?: string; name?: string; more?: string } = {}) => `
id: ${change.id ?? id(1)}
name: ${change.name ?? 'A hunt'}
description: For a test.
requiredDataConnectors:
  - connectorId: MicrosoftThreatProtection
    dataTypes:
      - DeviceNetworkEvents
tactics: CommandAndControl
relevantTechniques: T1219
${change.more ?? ''}
query: |
${query.replace(/^/gm, '  ')}
`;
const query = `let Since = ago(2d);
DeviceNetworkEvents
| where Timestamp > Since
| where RemoteUrl has 'evil'
| summarize LastSeen = max(Timestamp), Ports = make_set(RemotePort) by DeviceId, RemoteUrl`;
const exclusions = `
- { id: lab, reason: r, owner: o, expires: 2020-01-01, hunts: [${id(1)}], any: [{ DeviceName: { startsWith: lab- } }] }
`;
const tests = `
cases:
  - name: an evil host is sighted
    truePositive: true
    events:
      DeviceNetworkEvents:
        - { DeviceId: d1, DeviceName: mac-1, RemoteUrl: evil.example, RemotePort: 443 }
        - { DeviceId: d1, DeviceName: mac-1, RemoteUrl: evil.example, RemotePort: 80 }
        - { DeviceId: d2, ago: P3D, RemoteUrl: evil.example }
    sightings:
      - { DeviceId: d1, Ports: [80, 443] }
  - name: the lab is hidden
    events:
      DeviceNetworkEvents:
        - { DeviceId: d3, DeviceName: lab-1, RemoteUrl: evil.example }
    hidden:
      - { DeviceId: d3, by: lab }
`;

async function check(files: Record<string, string>): Promise<HuntCheck> {
  for (const [name, content] of Object.entries(files)) await writeFile(join(root, name), content);
  const [only] = await checkHunts({ root });
  if (!only) throw new Error('nothing was checked');
  return only;
}
const files = (change: Record<string, string> = {}) => ({
  'hunts/a.yaml': hunt(query),
  'hunts/a.test.yaml': tests,
  'exclusions/a.yaml': exclusions,
  ...change,
});

test('when all is well, then a hunt passes, also with an exclusion that ended meanwhile', async () => {
  const result = await check(files());
  expect(result).toMatchObject({
    file: 'hunts/a.yaml',
    errors: [],
    warnings: [],
    tables: ['DeviceNetworkEvents'],
    compiled: { identity: [{ name: 'DeviceId' }, { name: 'RemoteUrl' }] },
  });
  expect(result.cases.map(({ problems }) => problems)).toEqual([[], []]);
  expect(passes(result)).toBe(true);
  expect(printChecks([result])).toContain('ok    hunts/a.yaml');
});

test.each<[string, Record<string, string>, RegExp]>([
  [
    'a sighting is missing',
    { 'hunts/a.yaml': hunt(query.replace('evil', 'bad')) },
    /not shown: .*"DeviceId":"d1"/,
  ],
  ['a value differs', { 'hunts/a.test.yaml': tests.replace('[80, 443]', '[80]') }, /not shown: .*Ports/],
  [
    'there is one too many',
    { 'hunts/a.test.yaml': tests.replace('ago: P3D, ', '') },
    /shown, and not expected: .*d2/,
  ],
  ['nothing hides it any more', { 'exclusions/a.yaml': '[]' }, /not hidden: .*d3/],
  [
    'another exclusion hides it',
    { 'hunts/a.test.yaml': tests.replace('by: lab', 'by: other') },
    /is hidden by lab, not by other/,
  ],
  [
    'a true positive is hidden',
    { 'exclusions/a.yaml': exclusions.replace('lab-', 'mac-') },
    /a true positive is hidden by lab/,
  ],
  [
    'an event has a column that is not there',
    { 'hunts/a.test.yaml': tests.replace('RemotePort: 443', 'RemotPort: 443') },
    /DeviceNetworkEvents has no column RemotPort/,
  ],
])('when %s, then the case fails and says so', async (_, change, problem) => {
  const result = await check(files(change));
  expect(result.errors).toEqual([]);
  expect(passes(result)).toBe(false);
  expect(result.cases.flatMap(({ problems }) => problems).join('\n')).toMatch(problem);
  expect(printChecks([result])).toMatch(/FAIL[\s\S]*✗/);
});

test.each<[string, Record<string, string>, RegExp]>([
  ['the file is no YAML', { 'hunts/a.yaml': 'id: [' }, /^hunts\/a\.yaml:\d+: not valid YAML/],
  [
    'a column is not there',
    { 'hunts/a.yaml': hunt(query.replace('RemoteUrl has', 'RemoteUlr has')) },
    /line 4, column 9 of the query: .*RemoteUlr/,
  ],
  ['the query is broken', { 'hunts/a.yaml': hunt(`${query} by`) }, /line 5, column \d+ of the query/],
  [
    'its identity is not in the result',
    { 'hunts/a.yaml': hunt(query, { more: 'identity: [DeviceName]' }) },
    /identity: the query returns no column DeviceName; it returns DeviceId, RemoteUrl, LastSeen, Ports/,
  ],
  [
    'its result has no text',
    { 'hunts/a.yaml': hunt('DeviceNetworkEvents | where Timestamp > ago(1d) | count') },
    /returns no text column/,
  ],
  [
    'a test says when',
    { 'hunts/a.test.yaml': tests.replace('ago: P3D', 'Timestamp: 2020-01-01') },
    /^hunts\/a\.test\.yaml:9: .*says when by ago/,
  ],
  [
    'a test has an unknown key',
    { 'hunts/a.test.yaml': tests.replace('truePositive', 'truepositive') },
    /^hunts\/a\.test\.yaml:4: cases\[0\]\.truepositive: is not a known key/,
  ],
])('when %s, then the hunt fails before its tests, with file and line', async (_, change, error) => {
  const result = await check(files(change));
  expect(passes(result)).toBe(false);
  expect(result.errors.join('\n')).toMatch(error);
  expect(result.cases).toEqual([]);
});

test('when a fuzzy union names a table that no list has, then that is a warning', async () => {
  const fuzzy = `union isfuzzy=true DeviceNetworkEvents, Mine_CL | where Timestamp > ago(1d) | distinct DeviceId`;
  const result = await check({ 'hunts/a.yaml': hunt(fuzzy) });
  expect(result.errors).toEqual([]);
  expect(result.warnings.join()).toMatch(/line 1, column \d+ of the query: The fuzzy name 'Mine_CL'/);
});

test('when a hunt has no test, then that is a warning', async () => {
  const result = await check({ 'hunts/a.yaml': hunt(query) });
  expect(passes(result)).toBe(true);
  expect(result.warnings.join('\n')).toMatch(/has no a\.test\.yaml beside it/);
});

test('when the metadata names a table that the query does not read, then exclusions act on what it reads, and that is said', async () => {
  const result = await check({ 'hunts/a.yaml': hunt('DeviceProcessEvents | where Timestamp > ago(1d)') });
  expect(passes(result)).toBe(true);
  expect(result.tables).toEqual(['DeviceProcessEvents']);
  expect(result.warnings.join('\n')).toMatch(/reads none of the tables .*DeviceNetworkEvents/);
});

test('when a hunt is explained, then each step tells how many rows it keeps', async () => {
  for (const [name, content] of Object.entries(files())) await writeFile(join(root, name), content);
  const when = new Date('2026-06-05T12:00:00Z');
  const rows = [
    { TimeGenerated: '2026-06-05T11:00:00Z', DeviceId: 'd1', RemoteUrl: 'evil.example' },
    { TimeGenerated: '2026-06-05T11:00:00Z', DeviceId: 'd1', RemoteUrl: 'evil.example' },
    { TimeGenerated: '2026-06-05T11:00:00Z', DeviceId: 'd2', RemoteUrl: 'good.example' },
    { TimeGenerated: '2026-06-01T11:00:00Z', DeviceId: 'd3', RemoteUrl: 'evil.example' },
  ];
  const events = join(root, 'events.json');
  await writeFile(events, JSON.stringify(rows));
  const steps = await explainHunt({ root, hunt: 'a', events, now: when });
  expect(steps.map(({ line, text, rows }) => [line, text.slice(0, 30), rows])).toEqual([
    [undefined, 'in the files', 4],
    [undefined, 'after exclusions', 4],
    [2, 'DeviceNetworkEvents', 4],
    [3, 'where Timestamp > Since', 3],
    [4, "where RemoteUrl has 'evil'", 2],
    [5, 'summarize LastSeen = max(Times', 1],
  ]);
  expect(printSteps(steps)).toContain('line 4');
  await expect(explainHunt({ root, hunt: 'nope', events })).rejects.toThrow('There is no hunt nope');
});
