import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startWorkspace } from 'kql-workspace/start-workspace.ts';
import { compose } from '../../../functions/composition.ts';
import { compileHunts } from '../../../local/compiler/compile-hunts.ts';
import { offline } from '../../../local/environment/app-on-events.ts';
import { startTableService } from '../../../local/environment/azurite.ts';
import { checkout } from '../../../local/environment/checkout.ts';
import { appendSample } from '../../../local/environment/sample-events/append-sample.ts';

const run = promisify(execFile);
/** As `npm run explain --` calls it. */
const explain = async (...args: string[]) =>
  (await run(process.execPath, [join(checkout, 'local/commands/explain.ts'), ...args], { cwd: checkout }))
    .stdout;

test('when events are given, then they are hunted once and the device is explained', async () => {
  const events = join(checkout, 'local/environment/sample-events/device-network-events.csv');
  const text = await explain('mbp-anna', '--events', events, '--now', '2026-06-05T12:00:00Z');
  expect(text).toMatch(
    /Addigy - Network Connection[\s\S]*mbp-anna .*prod\.addigy\.com[\s\S]*waits to be sent/,
  );
  const hidden = await explain('mbp-management-server', '--events', events, '--now', '2026-06-05T12:00:00Z');
  expect(hidden).toMatch(/mbp-management-server/);
}, 60_000);

test('when a folder of npm start is given, then what is kept there is explained', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'explain-'));
  const now = new Date('2026-06-05T12:00:00Z');
  const [workspace, tables] = await Promise.all([
    startWorkspace({ now: () => now }),
    startTableService({ dataDir }),
  ]);
  await appendSample(workspace, now);
  const app = compose(offline({}, workspace.url, tables.connectionString), {
    clock: () => now,
    compile: compileHunts,
  });
  await app.hunt({ limits: { queriesMs: 60_000, deliveryMs: 0, patienceMs: 0 } });
  await Promise.all([workspace.close(), tables.close()]);

  expect(JSON.parse(await explain('mbp-anna', '--data', dataDir, '--json'))).toMatchObject({
    device: 'mbp-anna',
    scopes: [{ things: expect.any(Array) }, { things: expect.any(Array) }],
  });
  expect(await explain('nobody', '--data', dataDir)).toMatch(/nobody was never sighted/);
  await rm(dataDir, { recursive: true, force: true });
}, 60_000);

test('when it is not said where to look, then that is the answer, in one line', async () => {
  await expect(explain('mbp-anna')).rejects.toMatchObject({
    code: 1,
    stderr: 'Say where to look: --data FOLDER or --events PATH.\n',
  });
});
