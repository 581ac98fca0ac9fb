import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkHunts, passes } from '../../../local/hunts/check-hunts.ts';
import { newHunt } from '../../../local/hunts/new-hunt.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'new-hunt-'));
  await mkdir(join(root, 'hunts'));
  await mkdir(join(root, 'exclusions'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const signIns = [
  {
    TimeGenerated: '2026-06-05T10:00:00Z',
    UserPrincipalName: 'ann@x.example',
    IPAddress: '203.0.113.7',
    AppDisplayName: 'Portal',
    ResultType: '0',
    LocationDetails: { city: 'Bern' },
  },
  {
    TimeGenerated: '2026-06-05T11:00:00Z',
    UserPrincipalName: 'bob@x.example',
    IPAddress: '203.0.113.8',
    AppDisplayName: 'O\'Neil "CLI"',
    ResultType: '0',
    Custom: 'not listed',
  },
];

async function events(name: string, rows: object[]): Promise<string> {
  const path = join(root, name);
  await writeFile(path, JSON.stringify(rows));
  return path;
}

test('when a hunt is begun with events, then it finds the newest one, and its test passes', async () => {
  const files = await newHunt({
    root,
    name: 'Odd sign-ins!',
    events: await events('SigninLogs.json', signIns),
  });
  expect(files).toEqual(['hunts/odd-sign-ins.yaml', 'hunts/odd-sign-ins.test.yaml']);
  const [check] = await checkHunts({ root });
  expect(check).toMatchObject({ name: 'Odd sign-ins!', errors: [], tables: ['SigninLogs'] });
  expect(check?.cases.map(({ problems }) => problems)).toEqual([[], []]);
  expect(check && passes(check)).toBe(true);
  expect(check?.compiled?.identity.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['UserPrincipalName', 'AppDisplayName']),
  );
  const test = await readFile(join(root, 'hunts/odd-sign-ins.test.yaml'), 'utf8');
  expect(test).toMatch(
    /bob@x\.example[\s\S]*sightings:\n[\s\S]*Count: 1[\s\S]*city: Bern[\s\S]*ann@x\.example[\s\S]*sightings: \[\]/,
  );
  expect(test).not.toMatch(/not listed|TimeGenerated/);
});

test('when a condition is given, then the hunt looks for that', async () => {
  await newHunt({
    root,
    name: 'Ann',
    events: await events('SigninLogs.json', signIns),
    where: 'UserPrincipalName startswith "ann"',
  });
  expect(await readFile(join(root, 'hunts/ann.yaml'), 'utf8')).toContain(
    '| where UserPrincipalName startswith "ann"',
  );
  expect((await checkHunts({ root })).every(passes)).toBe(true);
});

test.each([
  [
    'nothing meets the condition',
    { where: 'UserPrincipalName == "eve"' },
    /no event of SigninLogs meets: UserPrincipalName == "eve"/,
  ],
  ['the name is no name', { name: '!' }, /needs a letter/],
])('when %s, then that is said and nothing is written', async (_, change, error) => {
  const from = await events('SigninLogs.json', signIns);
  await expect(newHunt({ root, name: 'A', events: from, ...change })).rejects.toThrow(error);
  expect(await checkHunts({ root })).toEqual([]);
});

test('when the hunt is there already, then it is left alone', async () => {
  const from = await events('SigninLogs.json', signIns);
  await newHunt({ root, name: 'A', events: from });
  await expect(newHunt({ root, name: 'a', events: from })).rejects.toThrow('hunts/a.yaml is there already');
});
