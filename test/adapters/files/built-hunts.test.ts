import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtHunts } from '../../../functions/adapters/files/built-hunts.ts';
import { compileHunts } from '../../../local/compiler/compile-hunts.ts';
import { hunt } from '../../examples.ts';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'built-'));
  path = join(folder, 'compiled-hunts.json');
  const [compiled] = await compileHunts([hunt]);
  await writeFile(path, JSON.stringify({ [compiled?.compiled?.hash ?? '']: compiled?.compiled }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('when a hunt is as it was when the app was built, then it has what it was compiled to', async () => {
  const [built] = await builtHunts(path)([hunt]);
  expect(built?.compiled?.identity.map(({ name }) => name)).toContain('DeviceId');
});

test.each([
  ['its query', { query: `${hunt.query} ` }],
  ['its tables', { tables: ['DeviceEvents'] }],
  ['its identity', { identity: ['DeviceId'] }],
  ['its lookback', { lookbackMs: 1 }],
])('when %s changed since, then it is refused by its file', async (_, change) => {
  await expect(builtHunts(path)([{ ...hunt, ...change }])).rejects.toThrow(
    'hunts/example.yaml: is not as it was when the app was built; build and deploy again',
  );
});

test.each([
  ['is not there', undefined],
  ['is no JSON', '<html>'],
  ['is of another version', '{"a":{"format":2}}'],
])('when the file %s, then that is said', async (_, content) => {
  const other = join(folder, 'other.json');
  await rm(other, { force: true });
  if (content !== undefined) await writeFile(other, content);
  await expect(builtHunts(other)([hunt])).rejects.toThrow(
    'is missing or of another version; build the app again',
  );
});
