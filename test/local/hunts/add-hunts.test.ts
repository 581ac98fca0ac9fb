import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Added, addHunts } from '../../../local/hunts/add-hunts.ts';
import { checkHunts, passes } from '../../../local/hunts/check-hunts.ts';
import { printAdded } from '../../../local/printing/print-hunts.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'add-hunts-'));
  await mkdir(join(root, 'hunts'));
  await mkdir(join(root, 'exclusions'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const id = (digit: number) => `${String(digit).repeat(8)}-2222-4333-8444-555555555555`;
const query = `DeviceNetworkEvents
| where Timestamp > ago(2d)
| where RemoteUrl has 'evil'
| summarize LastSeen = max(Timestamp) by DeviceId, RemoteUrl`;
const yaml = (name: string, guid: string, kql = query) => `id: ${guid}
name: ${name}
description: For a test.
requiredDataConnectors:
  - connectorId: MicrosoftThreatProtection
    dataTypes:
      - DeviceNetworkEvents
tactics: CommandAndControl
relevantTechniques: T1219
query: |
${kql.replace(/^/gm, '  ')}
`;
const rule = (properties: object, guid = id(7)) => ({
  name: `[concat(parameters('workspace'),'/Microsoft.SecurityInsights/${guid}')]`,
  type: 'Microsoft.OperationalInsights/workspaces/providers/alertRules',
  kind: 'Scheduled',
  properties,
});

async function add(files: Record<string, string>, options = {}): Promise<Added[]> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, 'from', name)), { recursive: true });
    await writeFile(join(root, 'from', name), content);
  }
  return addHunts(join(root, 'from'), join(root, 'hunts'), options);
}
const short = (added: readonly Added[]) => added.map(({ file, kind }) => [file.slice(root.length + 6), kind]);
const hunt = (name: string) => readFile(join(root, 'hunts', name), 'utf8');
const remarks = (added: readonly Added[]) =>
  added.flatMap((one) => ('remarks' in one ? one.remarks : [])).join('\n');
const reasons = (added: readonly Added[]) =>
  added.flatMap((one) => (one.kind === 'refused' ? one.reasons : []));

async function allPass(): Promise<boolean> {
  return (await checkHunts({ root })).every(passes);
}

test('when a folder is added, then each file is imported, there, refused or passed over, and none in silence', async () => {
  const files = {
    'a.yaml': yaml('A', id(1)),
    'deeper/b.YAML': yaml('B', id(2)).replaceAll('\n', '\r\n'),
    'deeper/twin.yml': yaml('A', id(1)),
    'broken.yaml': yaml('C', id(3), query.replace('RemoteUrl has', 'RemoteUlr has')),
    'plain.kql': query,
    'picture.png': '\0',
    LICENSE: 'Do what you like.',
    'list.yaml': 'on: push\njobs: {}\n',
    'data.json': '{"a":1}',
    '.git/HEAD': 'ref',
    'README.md': '# A pack\n',
  };
  const added = await add(files);
  expect(short(added)).toEqual([
    ['.git', 'passed over'],
    ['LICENSE', 'passed over'],
    ['README.md', 'passed over'],
    ['a.yaml', 'imported'],
    ['broken.yaml', 'refused'],
    ['data.json', 'passed over'],
    ['deeper/b.YAML', 'imported'],
    ['deeper/twin.yml', 'there'],
    ['list.yaml', 'passed over'],
    ['picture.png', 'passed over'],
    ['plain.kql', 'imported'],
  ]);
  expect(await hunt('a.yaml')).toBe(files['a.yaml']);
  expect(await hunt('b.yaml')).toBe(files['deeper/b.YAML']);
  expect(reasons(added)).toEqual([expect.stringMatching(/^line 13: .*RemoteUlr/)]);
  const said = printAdded(added);
  for (const name of Object.keys(files)) expect(said).toContain(name.replace('.git/HEAD', '.git'));
  expect(said).toMatch(/all +3 +\d +1 +1 +6/);
  expect(await allPass()).toBe(true);
});

test('when the same folder is added again, then all is there, and what changed since is said', async () => {
  const files = { 'a.yaml': yaml('A', id(1)), 'b.kql': query, 'c.md': `# C\n\`\`\`KQL\n${query}\n\`\`\`\n` };
  await add(files);
  expect((await add({})).map(({ kind }) => kind)).toEqual(['there', 'there', 'there']);
  const again = await add({ 'b.kql': query.replace('evil', 'worse') });
  expect(again.map(({ kind }) => kind)).toEqual(['there', 'there', 'there']);
  expect(remarks(again)).toBe(
    'its query is another one now; remove hunts/b.yaml and add it again to take that',
  );
});

test('when nothing is to be written, then nothing is', async () => {
  expect(
    short(await add({ 'a.yaml': yaml('A', id(1)), 'b.yaml': yaml('B', id(2)) }, { dryRun: true })),
  ).toEqual([
    ['a.yaml', 'imported'],
    ['b.yaml', 'imported'],
  ]);
  expect(await readdir(join(root, 'hunts'))).toEqual([]);
});

test('when two rules share an id or a name, then each becomes a hunt of its own', async () => {
  const added = await add({
    'a.yaml': yaml('A', id(1)),
    'b.yaml': yaml('B', id(1), query.replace('evil', 'bad')),
    'c.yaml': yaml('A', id(3), query.replace('evil', 'worse')),
  });
  expect(added.map(({ kind }) => kind)).toEqual(['imported', 'imported', 'imported']);
  expect(remarks(added)).toMatch(/its id is that of hunts\/a\.yaml[\s\S]*here it is "A \(2\)"/);
  expect(await allPass()).toBe(true);
  expect((await add({})).map(({ kind }) => kind)).toEqual(['there', 'there', 'there']);
});

test('when an analytics rule in YAML is added, then it is taken as it is, and its period is the lookback', async () => {
  const [added] = await add({
    'a.yaml': `${yaml('A', id(1), "_Im_Dns(starttime=ago(1h)) | where DnsQuery has 'x' | project SrcIpAddr")}queryPeriod: 2h
queryFrequency: 1h
triggerOperator: gt
triggerThreshold: 5
entityMappings: [{ entityType: IP, fieldMappings: [{ identifier: Address, columnName: SrcIpAddr }] }]
`,
  });
  expect(added).toMatchObject({ kind: 'imported', format: 'YAML analytics rule', verbatim: false });
  expect(remarks([added as Added])).toMatch(
    /fires when it returns more than 5 rows[\s\S]*identity: \[SrcIpAddr: string\] was written[\s\S]*_Im_Dns is in no list/,
  );
  const [check] = await checkHunts({ root });
  expect(check).toMatchObject({ errors: [], compiled: { lookbackMs: 7_200_000, coversFrom: 'declared' } });
});

test('when an export of analytics rules is added, then each scheduled rule becomes a hunt with its metadata', async () => {
  const template = {
    $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
    resources: [
      rule({
        displayName: 'Remote tool',
        description: 'd',
        severity: 'Medium',
        enabled: false,
        query: query.replaceAll('\n', '\r\n'),
        queryFrequency: 'PT4H',
        queryPeriod: 'P1D',
        triggerOperator: 'GreaterThan',
        triggerThreshold: 0,
        tactics: ['CommandAndControl'],
        techniques: ['T1219'],
        subTechniques: ['T1071.001'],
        entityMappings: [
          { entityType: 'Host', fieldMappings: [{ identifier: 'HostName', columnName: 'DeviceId' }] },
        ],
      }),
      { ...rule({ enabled: true }), kind: 'Fusion' },
      rule({ displayName: 'Broken', query: 'DeviceNetworkEvents |', queryPeriod: 'P1D' }, id(8)),
      {
        type: 'Microsoft.OperationalInsights/workspaces/savedSearches',
        properties: {
          category: 'Hunting Queries',
          displayName: 'Saved',
          query,
          tags: [
            { name: 'tactics', value: 'Impact,Persistence' },
            { name: 'description', value: 'Of a tag.' },
          ],
        },
      },
    ],
  };
  const added = await add({ 'rules.json': JSON.stringify(template, null, 2) });
  expect(added.map(({ kind }) => kind)).toEqual(['imported', 'refused', 'imported', 'passed over']);
  expect(reasons(added)[0]).toMatch(/^line \d+: /);
  expect(remarks(added)).toMatch(/switched off in the export/);
  const text = await hunt('remote-tool.yaml');
  expect(text).toMatch(new RegExp(`^id: ${id(7)}\\nname: Remote tool\\n`));
  expect(text).toMatch(/severity: Medium[\s\S]*queryPeriod: P1D[\s\S]*T1071\.001[\s\S]*columnName: DeviceId/);
  expect(await hunt('saved.yaml')).toMatch(/Of a tag[\s\S]*Impact\n {2}- Persistence/);
  const checks = await checkHunts({ root });
  expect(checks.map(({ compiled }) => compiled?.lookbackMs)).toEqual([86_400_000, undefined]);
  expect(checks.every(passes)).toBe(true);
});

test('when Markdown has a query for Sentinel and one for Defender XDR, then they are one hunt, of the one that can be used', async () => {
  const page = (sentinel: string) => `# Evil *connections*

#### MITRE ATT&CK Technique(s)
| T1071.001 | Web |

#### Description
What it finds.
\`\`\`PowerShell
Get-Evil
\`\`\`

## Defender XDR
\`\`\`KQL
${query}
\`\`\`
## Sentinel
\`\`\`KQL
${sentinel}
\`\`\`
`;
  const good = await add({ 'good.md': page(query.replaceAll('Timestamp', 'TimeGenerated')) });
  expect(good).toMatchObject([{ kind: 'imported', line: 21, format: 'Markdown' }]);
  expect(remarks(good)).toMatch(/line 14 has the same for Defender XDR/);
  expect(await hunt('evil-connections.yaml')).toMatch(
    /description: What it finds[\s\S]*T1071\.001[\s\S]*TimeGenerated > ago/,
  );
  await rm(join(root, 'from'), { recursive: true });
  const fallback = await add({ 'bad.md': page('DeviceNetworkEvents | where') });
  expect(fallback).toMatchObject([{ kind: 'imported' }]);
  expect(remarks(fallback)).toMatch(/query of line 21 can't be used .* line 14 is taken/);
});

test('when a page or a file has several queries, then each is a hunt; parts of queries are named', async () => {
  const added = await add({
    'page.md': `# Page\n## First\n\`\`\`C#\n${query}\n\`\`\`\n## Second\n\`\`\`kusto\n${query.replace('evil', 'bad')}\n\`\`\`\n\`\`\`kql\n| where X\n\`\`\`\n`,
    'two.kql': `// The first T1219\n${query}\n\n// The second\n${query.replace('evil', 'bad')}\n`,
  });
  expect(short(added)).toEqual([
    ['page.md', 'imported'],
    ['page.md', 'imported'],
    ['page.md', 'passed over'],
    ['two.kql', 'imported'],
    ['two.kql', 'imported'],
  ]);
  expect(added.flatMap((one) => ('name' in one ? one.name : []))).toEqual([
    'Page: First (1)',
    'Page: Second (2)',
    'two (1)',
    'two (2)',
  ]);
  expect(await hunt('two-1.yaml')).toMatch(/description: The first T1219[\s\S]*- T1219/);
  expect(await allPass()).toBe(true);
});

test.each<[string, string, RegExp]>([
  [
    'is a total',
    'DeviceNetworkEvents | where Timestamp > ago(1d) | count',
    /^line 1: .*no text column.*add a column to "by"/,
  ],
  [
    'has a placeholder that nothing fills',
    'DeviceNetworkEvents | where RemoteUrl has "{{Domain}}"',
    /^line 1: nothing fills the placeholder/,
  ],
  [
    'reads a misspelt table',
    'DeviceNetworkEvnets | project DeviceId',
    /^line 1: .*did you mean DeviceNetworkEvents/,
  ],
])('when a query %s, then it is refused with its line and a remedy', async (_, kql, reason) => {
  const added = await add({ 'a.kql': kql });
  expect(reasons(added).join('\n')).toMatch(reason);
});

test('when what a query needs is not known here, then it is imported with a remark, its identity and lookback written', async () => {
  const added = await add({
    'a.kql':
      "let Known = _GetWatchlist('vips') | project SearchKey;\nMine_CL | where User_s in (Known) | project User_s, Bytes_d",
    'b.kql':
      'let Since = toscalar(Mine_CL | summarize max(TimeGenerated));\nSigninLogs | where TimeGenerated > Since | project UserPrincipalName',
  });
  expect(added.map(({ kind }) => kind)).toEqual(['imported', 'imported']);
  expect(await hunt('a.yaml')).toMatch(/identity:\n {2}- "User_s: string"/);
  expect(await hunt('b.yaml')).toMatch(/lookback: P1D/);
  expect(remarks(added)).toMatch(/Mine_CL is in no list[\s\S]*how far back it looks can't be told/);
  expect(await allPass()).toBe(true);
});

test('when YAML is a query alone, has tabs or no id, then a hunt is made of it', async () => {
  const added = await add({
    'bare.yaml': 'DeviceNetworkEvents | where Timestamp > ago(1d) | project DeviceId',
    'tabs.yaml': yaml('Tabs', id(1))
      .replace('    dataTypes', '\t\tdataTypes')
      .replace('      - Device', '\t\t\t- Device'),
    'no-id.yaml': yaml('No id', id(2)).replace(/^id: .*\n/, ''),
    'template.yaml': yaml('T', '%%GUID%%'),
  });
  expect(short(added)).toEqual([
    ['bare.yaml', 'imported'],
    ['no-id.yaml', 'imported'],
    ['tabs.yaml', 'imported'],
    ['template.yaml', 'refused'],
  ]);
  expect(reasons(added)).toEqual([
    expect.stringMatching(/^line 1: .*template with %%GUID%% in it: fill that in/),
  ]);
  expect(await allPass()).toBe(true);
});

test('when a result has no text but a number that lasts, then that is its identity, and no count is', async () => {
  const added = await add({
    'a.kql':
      'SecurityEvent | where TimeGenerated > ago(1d) | summarize Users = dcount(Account) by EventID, bin(TimeGenerated, 1d)',
    'b.kql':
      'SecurityEvent | where TimeGenerated > ago(1d) | summarize Good = countif(EventID == 1), Bad = countif(EventID == 2)',
  });
  expect(added.map(({ kind }) => kind)).toEqual(['imported', 'refused']);
  expect(await hunt('a.yaml')).toMatch(/identity:\n {2}- EventID\n/);
  expect(reasons(added)).toEqual([expect.stringMatching(/^line 1: the query returns no text column/)]);
});
