import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

jest.setTimeout(120_000);

const root = join(import.meta.dirname, '../../..');
const running: ChildProcess[] = [];
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'start-test-'));
});
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await rm(dataDir, { recursive: true, force: true });
});

interface Started {
  child: ChildProcess;
  output(): string;
  /** The address and the key of the line that it prints for on-demand hunts. */
  hunt: { url: string; key: string };
}

/** `npm start` without npm, once it says that it serves. */
async function start(args: string[], env: Record<string, string> = {}): Promise<Started> {
  const { child, output } = spawnStart(args, env);
  const line = /curl -X POST (\S+) -H 'x-functions-key: (\S+)'/;
  await until(() => line.test(output()) || child.exitCode !== null);
  const [, url, key] = line.exec(output()) ?? [];
  if (!url || !key) throw new Error(`It ended: ${output()}`);
  return { child, output, hunt: { url, key } };
}

/** The test's own time-out ends it. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 50));
}

function spawnStart(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(root, 'local/commands/start.ts'), ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, ...env },
  });
  running.push(child);
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  child.stderr.on('data', (chunk) => {
    text += chunk;
  });
  return { child, output: () => text };
}

async function interrupt({ child }: Started): Promise<number | null> {
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  return code;
}

test('it hunts at once, tells and delivers what it found, serves, and after Ctrl-C remembers', async () => {
  const first = await start(['--port', '0', '--data', dataDir]);

  expect(first.output()).toContain('first run: what is there now is the baseline');
  expect(first.output()).toMatch(/sightings {3}26: 3 hidden by exclusions, 0 known, 23 new/);
  expect(first.output()).toMatch(/new-device {4}mbp-anna +prod\.addigy\.com/);
  expect(first.output()).toMatch(
    /delivered {3}teams: delivered, 1 message\n {14}slack: delivered, 1 message\n {14}webhook: delivered, 1 message/,
  );
  expect(first.output()).toMatch(/timer {7}scheduled-hunt: 0 0 \*\/4 \* \* \*, next at /);

  const received = /received {4}(\S+)/.exec(first.output())?.[1];
  const posts = (await (await fetch(`${received}received`)).json()) as { channel: string; verdict: string }[];
  expect(posts.map(({ channel, verdict }) => `${channel}: ${verdict}`).sort()).toEqual([
    'slack: blocks that Slack would show',
    'slack: blocks that Slack would show',
    'teams: a card that Teams would show',
    'teams: a card that Teams would show',
    'webhook: signature verified',
    'webhook: signature verified',
  ]);

  const { url, key } = first.hunt;
  expect((await fetch(url, { method: 'POST' })).status).toBe(401);
  const again = await fetch(url, { method: 'POST', headers: { 'x-functions-key': key } });
  const { reports } = (await again.json()) as { reports: { counts: { new: number } }[] };
  expect(reports.map(({ counts }) => counts.new)).toEqual([0, 0]);

  expect(await interrupt(first)).toBe(0);
  await expect(fetch(url)).rejects.toThrow();

  // A timer that comes every second shows that the schedule runs the same hunts.
  const second = await start(['--port', '0', '--data', dataDir], { HUNT_SCHEDULE: '* * * * * *' });
  expect(second.output().match(/Nothing new\./g)).toHaveLength(2);
  expect(second.output()).not.toContain('baseline');
  await until(() => /scheduled-hunt {2}.*: complete, .* 0 new/.test(second.output()));
  expect(await interrupt(second)).toBe(0);
});

test('when a port is taken, one line says which, and what was started is closed', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;

  const { child, output } = spawnStart(['--port', String(port - 1)]);
  const [code] = await once(child, 'exit');
  other.close();

  expect(code).toBe(1);
  expect(output()).toBe(
    `Building and starting …\nPort ${port} on 127.0.0.1, for the receiver, is taken. Choose another with --port.\n`,
  );
});

test('events that can not be used are one line', async () => {
  const { child, output } = spawnStart(['--port', '0', '--events', join(dataDir, 'nowhere.csv')]);
  const [code] = await once(child, 'exit');

  expect(code).toBe(1);
  expect(output()).toMatch(/^Building and starting …\n\S*nowhere\.csv: no such file or folder\n$/);
});
