import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleNow } from '../../../local/environment/sample-events/committed-sample.ts';
import {
  generateEvents,
  type SampleEvent,
} from '../../../local/environment/sample-events/generate-events.ts';
import { sampleServerIps } from '../../../local/environment/sample-events/stories.ts';

const root = join(import.meta.dirname, '../../..');
const sample = join('local', 'environment', 'sample-events', 'device-network-events.csv');
const now = sampleNow.toISOString();
const addigy = '4f0b3b8d-bde4-4cce-9ff7-1f0c0a7085af';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hunt-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The command as a person gives it, in a process of its own. */
function hunt(args: string[], env: Record<string, string> = {}) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const command = [join(root, 'local/commands/hunt.ts'), ...args];
    const options = { cwd: root, env: { PATH: process.env.PATH, ...env }, maxBuffer: 1e8 };
    execFile(process.execPath, command, options, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
  });
}

/** What the brief's query makes of events: one sighting for each device and URL. */
function things(events: SampleEvent[]): string[] {
  return [...new Set(events.map(({ row }) => `${row.DeviceId} ${row.RemoteUrl}`))].sort();
}

const events = generateEvents({ now: sampleNow, noise: 40 }).filter(({ sighting }) => sighting);
const excluded = (event: SampleEvent) => ['management-server', 'third-party-tools'].includes(event.label);

test('with --json, standard output is the run reports alone, with every finding and its row', async () => {
  const { code, stdout, stderr } = await hunt(
    ['--events', sample, '--now', now, '--hunt', 'addigy', '--json'],
    sampleServerIps,
  );
  const { reports } = JSON.parse(stdout);
  const [report] = reports;

  expect({ code, stderr, hunts: reports.length, id: report.hunt.id }).toEqual({
    code: 0,
    stderr: '',
    hunts: 1,
    id: addigy,
  });
  expect(report).toMatchObject({ outcome: 'complete', dryRun: true, problems: [] });
  expect(report.window).toEqual({ from: '2026-05-31T12:00:00.000Z', to: now });
  const found = report.findings.map(
    ({ row }: { row: Record<string, unknown> }) => `${row.DeviceId} ${row.RemoteUrl}`,
  );
  expect(found.sort()).toEqual(things(events.filter((event) => !excluded(event))));
  expect(report.counts).toMatchObject({ hidden: things(events.filter(excluded)).length, new: found.length });
  expect(Object.keys(report.findings[0].row)).toEqual(
    expect.arrayContaining([
      'DeviceId',
      'DeviceName',
      'RemoteUrl',
      'FirstSeen',
      'LastSeen',
      'Report',
      'Count',
    ]),
  );
});

test('with an empty folder of exclusions the same events are found that are hidden else', async () => {
  const exclusions = await mkdtemp(join(folder, 'none-'));
  const { stdout } = await hunt(
    ['--events', sample, '--now', now, '--hunt', addigy, '--json', '--exclusions', exclusions],
    sampleServerIps,
  );
  const [report] = JSON.parse(stdout).reports;

  expect(report.counts).toMatchObject({ hidden: 0, new: things(events).length });
});

test('without --json it is for a person, and says when an exclusion had to be left out', async () => {
  const { code, stdout } = await hunt(['--events', sample, '--now', now, '--hunt', 'addigy']);

  expect(code).toBe(0);
  expect(stdout).toContain(`${sample}: 114 rows of DeviceNetworkEvents`);
  expect(stdout).toContain('dry run: nothing is remembered or sent');
  expect(stdout).toMatch(/new-device {4}mbp-anna +prod\.addigy\.com +06-0\d/);
  expect(stdout).toContain('the setting ADDIGY_MANAGEMENT_SERVER_IPS is not set');
});

test('an export that is too old says of when its newest event is', async () => {
  const { code, stdout } = await hunt(['--events', sample, '--now', '2027-01-01', '--hunt', 'addigy']);

  expect(code).toBe(0);
  expect(stdout).toContain('no data: the tables are empty in this window');
  expect(stdout).toMatch(/The newest event in the files is of 2026-06-05T\S+: try --now 2026-06-05T/);
});

test('rows outside of the window are counted, and how to hunt them is said', async () => {
  const { stdout } = await hunt(['--events', sample, '--now', now, '--hunt', 'addigy']);

  expect(stdout).toMatch(
    /! \d+ of 114 rows of DeviceNetworkEvents lie before the window; to hunt there: --now 2026-05-/,
  );
  expect(stdout).toContain('its window is covered, but there are events outside of it');
  expect(stdout).not.toMatch(/outcome +complete/);
});

test('what of the files could not be read is said, and nothing is called complete', async () => {
  const events = await mkdtemp(join(folder, 'export-'));
  const header = 'Timestamp,DeviceId,DeviceName,RemoteUrl,InitiatingProcessFileName,Protocol\n';
  const row = (time: string) => `${time},d1,mac-1,prod.addigy.com,go-agent,Tcp\n`;
  await writeFile(join(events, 'DeviceNetworkEvents.csv'), header + row('05/06/2026 10:00:00'));
  await writeFile(
    join(events, 'DeviceInfo.csv'),
    'Timestamp,DeviceId,OSPlatform\n2026-06-05T10:00:00Z,d1,macOS\n',
  );
  await writeFile(join(events, 'notes.txt'), 'hello');

  const open = await hunt(['--events', events, '--now', now, '--hunt', 'addigy']);
  expect(open.stdout).toContain('"05/06/2026 10:00:00" may have the day or the month first');
  expect(open.stdout).toMatch(/! \S*notes\.txt is not read: it is no CSV/);
  expect(open.stdout).toContain('1 rows of DeviceInfo: no hunt that ran reads this table');

  const { stdout } = await hunt([
    '--events',
    events,
    '--now',
    now,
    '--hunt',
    'addigy',
    '--dates',
    'dmy',
    '--json',
  ]);
  const [report] = JSON.parse(stdout).reports;
  expect(report).toMatchObject({ outcome: 'incomplete', counts: { sightings: 1 } });
  expect(report.problems).toEqual([
    expect.stringMatching(/reads columns of DeviceNetworkEvents that the files don't have: .*CompanyName/),
    '1 file in the folder was not read.',
  ]);
});

test('--table says what a file is that does not say it itself', async () => {
  const file = join(folder, 'export.csv');
  await writeFile(file, 'Timestamp,DeviceId,FileName\n2026-06-05T10:00:00Z,d1,x\n');

  const asked = await hunt(['--events', file, '--now', now]);
  expect(asked).toMatchObject({ code: 1, stdout: '' });
  expect(asked.stderr).toContain('say --table');
  const { stdout } = await hunt(['--events', file, '--now', now, '--table', 'DeviceProcessEvents']);
  expect(stdout).toContain('1 rows of DeviceProcessEvents');
});

test.each<[string, () => Promise<string[]>, RegExp]>([
  ['a file that there is not', async () => ['--events', 'nowhere.csv'], /nowhere\.csv: no such file/],
  [
    'an empty file',
    async () => {
      const file = join(folder, 'empty.csv');
      await writeFile(file, '');
      return ['--events', file];
    },
    /empty\.csv: /,
  ],
  [
    'a file that is no events',
    async () => {
      const file = join(folder, 'broken.json');
      await writeFile(file, '[{"Timestamp": "2026-06-05T');
      return ['--events', file];
    },
    /broken\.json: /,
  ],
  [
    'a hunt that there is not',
    async () => ['--events', sample, '--hunt', 'nobody'],
    /there is no hunt "nobody"/,
  ],
  ['a time that is none', async () => ['--events', sample, '--now', 'yesterday'], /no ISO 8601 time/],
  ['no events at all', async () => [], /--events/],
])('%s is one line on standard error and an exit code that is not 0', async (_, args, expected) => {
  const { code, stdout, stderr } = await hunt(await args());

  expect(code).not.toBe(0);
  expect(stdout).toBe('');
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toMatch(expected);
});
