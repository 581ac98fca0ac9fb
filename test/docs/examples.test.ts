import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readHunts } from '../../functions/adapters/files/hunt-files.ts';
import { parseExclusion } from '../../functions/domain/exclusions/parse-exclusion.ts';
import { checkout } from '../../local/environment/checkout.ts';
import { readHuntTests } from '../../local/hunts/read-hunt-tests.ts';

/** The first example in YAML of a page. */
function example(page: string): string {
  const [, yaml] = /```yaml\n([\s\S]*?)```/.exec(readFileSync(join(checkout, 'docs', page), 'utf8')) ?? [];
  if (yaml === undefined) throw new Error(`${page} has no example`);
  return yaml;
}

test('the example of docs/exclusions.md is a valid list', async () => {
  const hunts = await readHunts(join(checkout, 'hunts'));
  const entries: unknown[] = parse(example('exclusions.md'));
  expect(entries).toHaveLength(1);
  for (const entry of entries) {
    const result = await parseExclusion(entry, {
      file: 'x',
      hunts,
      settings: { LAB_ADDRESSES: '203.0.113.0/24' },
    });
    expect(result).toMatchObject({ exclusion: { id: 'lab-devices', idle: [] } });
  }
});

test('the example of docs/hunts.md is a valid test', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'docs-'));
  const file = join(folder, 'a.test.yaml');
  await writeFile(file, example('hunts.md'));
  expect(readHuntTests(file, 'a.test.yaml')).toMatchObject({
    tests: { cases: [{ truePositive: true }, {}] },
  });
  await rm(folder, { recursive: true, force: true });
});
