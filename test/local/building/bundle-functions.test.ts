import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bundle, bundleFunctions } from '../../../local/building/bundle-functions.ts';
import { startFunctionsHost } from '../../../local/environment/functions-host.ts';

let outDir: string;
let bundle: Bundle;

beforeAll(async () => {
  outDir = await mkdtemp(join(tmpdir(), 'bundle-'));
  bundle = await bundleFunctions({ entry: join(import.meta.dirname, '../fixtures/functions.ts'), outDir });
});
afterAll(() => rm(outDir, { recursive: true, force: true }));

test('the entry point is the CommonJS file that package.json names as main', async () => {
  const { main } = JSON.parse(await readFile(join(import.meta.dirname, '../../../package.json'), 'utf8')) as {
    main: string;
  };

  expect(main).toBe('dist/index.cjs');
  expect(bundle.entry).toBe(join(outDir, 'index.cjs'));
});

test('what is imported on first use lies in files of its own, which the start does not read', async () => {
  const files = await readdir(outDir);
  const whole = await Promise.all(files.map((file) => readFile(join(outDir, file))));

  expect(files).toHaveLength(bundle.files);
  expect(files.filter((file) => !file.endsWith('.cjs'))).toEqual([]);
  expect(whole.reduce((sum, { length }) => sum + length, 0)).toBe(bundle.totalSize);
  expect(bundle.warnings).toEqual([]);
  expect(bundle.startSize).toBeLessThan(bundle.totalSize / 2);
});

test('a CommonJS package that is imported on first use has its named exports, and import.meta.dirname is the folder of the bundle', async () => {
  const host = await startFunctionsHost({
    bundle: bundle.entry,
    key: 'k',
    settings: { TICK_SCHEDULE: '0 0 0 1 1 *' },
  });
  try {
    const response = await fetch(`${host.url}/api/lazy`);

    expect(await response.json()).toEqual({ parsed: { a: 1 }, limit: 'function', here: outDir });
  } finally {
    await host.close();
  }
});

test('when the source does not compile, the error names file and line', async () => {
  const entry = join(outDir, 'broken.ts');
  await expect(bundleFunctions({ entry, outDir: join(outDir, 'nowhere') })).rejects.toThrow('broken.ts');
});
