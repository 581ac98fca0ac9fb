import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareExclusions } from '../../../local/exclusions/compare-exclusions.ts';
import { printComparison } from '../../../local/printing/print-exclusions.ts';

const id = '11111111-2222-4333-8444-555555555555';
const hunt = `
id: ${id}
name: A hunt
description: For a test.
requiredDataConnectors: [{ connectorId: MicrosoftThreatProtection, dataTypes: [DeviceNetworkEvents] }]
tactics: CommandAndControl
relevantTechniques: T1219
query: DeviceNetworkEvents | where Timestamp > ago(1d) | summarize LastSeen = max(Timestamp) by DeviceId, RemoteUrl
`;
const tests = `
cases:
  - name: a beacon
    truePositive: true
    events: { DeviceNetworkEvents: [{ DeviceId: d1, DeviceName: mac-1, RemoteUrl: evil.example }] }
    sightings: [{ DeviceId: d1 }]
  - name: a lab
    events: { DeviceNetworkEvents: [{ DeviceId: d2, DeviceName: lab-1, RemoteUrl: evil.example }] }
    hidden: [{ DeviceId: d2, by: lab }]
`;
const exclusion = (name: string, prefix: string) =>
  `- { id: ${name}, reason: r, owner: o, expires: 2027-01-01, hunts: [${id}], any: [{ DeviceName: { startsWith: ${prefix} } }] }\n`;

let root: string;
const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' });
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'compare-'));
  for (const folder of ['hunts', 'exclusions']) await mkdir(join(root, folder));
  await writeFile(join(root, 'hunts/a.yaml'), hunt);
  await writeFile(join(root, 'hunts/a.test.yaml'), tests);
  await writeFile(join(root, 'exclusions/a.yaml'), exclusion('lab', 'lab-'));
  git('init', '--quiet', '--initial-branch=main');
  git('add', '.');
  git('-c', 'user.name=t', '-c', 'user.email=t@example.com', 'commit', '--quiet', '-m', 'start');
});
afterAll(() => rm(root, { recursive: true, force: true }));

const compare = async (lists: string) => {
  await writeFile(join(root, 'exclusions/a.yaml'), lists);
  return compareExclusions({ root, base: 'HEAD' });
};

test('when nothing changed, then nothing differs', async () => {
  const result = await compare(exclusion('lab', 'lab-'));
  expect(result).toMatchObject({
    cases: 2,
    added: [],
    removed: [],
    changed: [],
    hidden: [],
    shown: [],
    lost: [],
    broad: [],
  });
});

test('when a change hides a true positive, then it is lost, and the exclusion is named', async () => {
  const result = await compare(exclusion('lab', 'lab-') + exclusion('wide', 'mac'));
  expect(result).toMatchObject({ added: ['wide'], problems: [] });
  expect(result.hidden).toEqual(result.lost);
  expect(result.lost).toEqual([
    {
      hunt: 'hunts/a.yaml',
      case: 'a beacon',
      identity: { DeviceId: 'd1', RemoteUrl: 'evil.example' },
      by: ['wide'],
    },
  ]);
  expect(result.broad).toEqual([{ hunt: 'hunts/a.yaml', hidden: 2, before: 1, sightings: 2 }]);
  expect(printComparison(result)).toContain('together hide 2 of 2 sightings of its test cases, 1 before');
  expect(printComparison(result)).toMatch(/added +wide[\s\S]*1 true positives would disappear/);
});

test('when an exclusion is removed or changed, then what it hid is shown, which loses nothing', async () => {
  expect(await compare('[]')).toMatchObject({
    removed: ['lab'],
    shown: [{ identity: { DeviceId: 'd2' }, by: ['lab'] }],
    lost: [],
  });
  expect(await compare(exclusion('lab', 'lob-'))).toMatchObject({
    changed: ['lab'],
    shown: [{ by: ['lab'] }],
  });
});

test('when an entry is wrong, then that is a problem; when the revision is not there, it fails', async () => {
  const result = await compare(exclusion('lab', 'x'));
  expect(result.problems.join()).toMatch(/exclusions\/a\.yaml:1: any\[0\]\.DeviceName\.startsWith/);
  await expect(compareExclusions({ root, base: 'nope' })).rejects.toThrow();
  await expect(compareExclusions({ root, base: '--output=/tmp/x' })).rejects.toThrow();
});
