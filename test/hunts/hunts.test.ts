import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bindKql } from 'kql-workspace/parse.ts';
import { startWorkspace, type Workspace } from 'kql-workspace/start-workspace.ts';
import { readExclusions } from '../../functions/adapters/files/exclusion-files.ts';
import type { Exclusion } from '../../functions/domain/exclusions/exclusion.ts';
import { exclusionsFor } from '../../functions/domain/exclusions/exclusion.ts';
import { compiledOf, type Hunt } from '../../functions/domain/hunting/hunt.ts';
import { sliceFor, usualReaches } from '../../functions/domain/hunting/slice.ts';
import { sliceQueries } from '../../functions/domain/kql/slice-queries.ts';
import { readCompiledHunts } from '../../local/compiler/compile-hunts.ts';
import { presentQueries } from '../../local/hunts/present-queries.ts';
import { daysAgo, now } from '../examples.ts';

/** Walks over what ships in `hunts/` and `exclusions/`, and runs it on the embedded workspace. */

const root = join(import.meta.dirname, '../..');
const brief = readFileSync(join(import.meta.dirname, 'addigy-brief.txt'), 'utf8').trimEnd();
const settings = {
  ADDIGY_MANAGEMENT_SERVER_IPS: '203.0.113.7, 2001:db8:ad::/48',
  INTUNE_MANAGEMENT_SERVER_IPS: '198.51.100.0/24',
};

let hunts: Hunt[];
let addigy: Hunt;
let footprint: Hunt;
let workspace: Workspace;

beforeAll(async () => {
  hunts = await readCompiledHunts(root);
  const named = (file: string) => hunts.filter((hunt) => hunt.file === file)[0] ?? fail(`${file} is missing`);
  [addigy, footprint] = [named('hunts/addigy.yaml'), named('hunts/addigy-footprint.yaml')];
  workspace = await startWorkspace({ now: () => now });
  await workspace.append('DeviceNetworkEvents', networkEvents);
  await workspace.append('DeviceProcessEvents', processEvents);
});
afterAll(() => workspace.close());

function fail(message: string): never {
  throw new Error(message);
}

const queriesOf = (hunt: Hunt, exclusions: readonly Exclusion[] = []) =>
  presentQueries(hunt, exclusions, now).queries;

async function run(query: string): Promise<Record<string, unknown>[]> {
  const { columns, rows } = await workspace.run(query);
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])));
}

const at = (days: number) => daysAgo(days).toISOString();
function network(
  DeviceId: string,
  RemoteUrl: string | null,
  InitiatingProcessFileName: string,
  more: object = {},
) {
  return {
    TimeGenerated: at(1),
    DeviceId,
    DeviceName: `${DeviceId}.example`,
    RemoteUrl,
    InitiatingProcessFileName,
    ReportId: 7,
    ...more,
  };
}
const addigyPath = { InitiatingProcessFolderPath: '/library/addigy/go-agent' };
const signed = { InitiatingProcessVersionInfoCompanyName: 'Addigy, Inc. (R5LEJ8Y242)' };

const networkEvents = [
  network('brief-hit', 'prod.addigy.com', 'go-agent'),
  network('signed-agent', 'https://grtmprod.addigy.com/ws', 'go-agent', signed),
  network('installer', 'agents.addigy.com', 'curl'),
  network('portal', 'https://App.Addigy.com:443/login?next=/', 'Safari'),
  network('userinfo', 'https://bob:pw@mdm.addigy.com/x', 'mdmclient'),
  network('bare-domain', 'addigy.com', 'curl'),
  network('peer', null, 'lan-cache', addigyPath),
  network('lookalike-suffix', 'prod.addigy.com.evil.example', 'go-agent'),
  network('lookalike-userinfo', 'https://app.addigy.com@evil.example/', 'curl'),
  network('lookalike-port', 'https://app.addigy.com:443@evil.example/', 'curl'),
  network('lookalike-path', 'https://evil.example/app.addigy.com/', 'curl'),
  network('lookalike-backslash', 'https://evil.example\\.addigy.com/', 'curl'),
  network('lookalike-word', 'myaddigy.com', 'curl'),
  network('other-site', 'www.example.org', 'curl'),
  network('old', 'prod.addigy.com', 'go-agent', { TimeGenerated: at(12) }),
  network('updates', 'prod.addigy.com', 'Update.exe'),
  network('server', 'prod.addigy.com', 'go-agent', { RemoteIP: '203.0.113.7' }),
  network('server-v6', 'prod.addigy.com', 'go-agent', { RemoteIP: '2001:DB8:AD::9' }),
  network('remote-desktop', 'prod.addigy.com', 'MSTSC.exe'),
  network('inventory', 'prod.addigy.com', 'AddigyInventory.exe'),
  network('intune', 'prod.addigy.com', 'launchd', { RemoteIP: '198.51.100.20' }),
];
const processEvents = [
  {
    FileName: 'sh',
    FolderPath: '/bin/sh',
    ProcessCommandLine: 'sh -c "curl -s https://agents.addigy.com/i | sh"',
  },
  { FileName: 'auditor', FolderPath: '/Library/Addigy/auditor', ProcessCommandLine: 'auditor' },
  { FileName: 'helper', FolderPath: '/tmp/helper', ProcessVersionInfoCompanyName: 'R5LEJ8Y242' },
  { FileName: 'bash', FolderPath: '/bin/bash', ProcessCommandLine: 'echo addigy' },
].map((row) => ({
  TimeGenerated: at(2),
  DeviceId: `process-${row.FileName}`,
  DeviceName: 'mac.example',
  ...row,
}));

const hidden = ['intune', 'inventory', 'remote-desktop', 'server', 'server-v6', 'updates'];

describe('the Addigy hunt', () => {
  test('is the brief’s, query verbatim, spelling kept', () => {
    expect(addigy).toEqual({
      id: '4f0b3b8d-bde4-4cce-9ff7-1f0c0a7085af',
      name: 'Remote Management and Montioring tool - Addigy - Network Connection',
      description: expect.stringMatching(
        /^Remote Monitoring and Management \(RMM\) programs are IT to manage .*\nhttps:\/\/github\.com\/jischell-msft\/RemoteManagementMonitoringTools$/,
      ),
      file: 'hunts/addigy.yaml',
      tactics: ['CommandAndControl'],
      techniques: ['T1219'],
      tables: ['DeviceNetworkEvents'],
      query: brief,
      compiled: expect.anything(),
    });
  });

  test('finds unsigned agents that reach Addigy’s servers, a look-alike that has one as a prefix among them', async () => {
    const devices = (await run(queriesOf(addigy).withExclusions)).map(({ DeviceId }) => DeviceId);
    expect(devices.sort()).toEqual(['brief-hit', 'intune', 'lookalike-suffix', 'server', 'server-v6']);
  });

  test('finds what there was in an outage, as it would have found it then', async () => {
    const missed = { from: daysAgo(13), to: daysAgo(9) };
    const slice = sliceFor(compiledOf(addigy), missed, now, usualReaches) ?? fail('no slice looks at it');
    const { withExclusions } = sliceQueries({ hunt: addigy, exclusions: [], slice });
    expect((await run(withExclusions)).map(({ DeviceId }) => DeviceId)).toEqual(['old']);
  });
});

describe('the footprint hunt', () => {
  const traces = async (trace: string) =>
    (await run(queriesOf(footprint).withExclusions))
      .filter(({ Trace }) => Trace === trace)
      .map(({ DeviceId }) => DeviceId)
      .sort();

  test('tells every Addigy host, signed or not', async () => {
    expect(await traces('Addigy host')).toEqual(
      ['bare-domain', 'brief-hit', 'portal', 'signed-agent', 'userinfo', ...hidden].sort(),
    );
  });

  test('tells look-alikes apart from Addigy', async () => {
    expect(await traces('look-alike')).toEqual(
      [
        'lookalike-suffix',
        'lookalike-userinfo',
        'lookalike-port',
        'lookalike-path',
        'lookalike-backslash',
        'lookalike-word',
      ].sort(),
    );
  });

  test('tells downloads of the installer, on the network and on the command line', async () => {
    expect(await traces('install download')).toEqual(['installer', 'process-sh']);
  });

  test('tells Addigy’s programs by path and by signing team, where there is no URL too', async () => {
    expect(await traces('Addigy program')).toEqual(['peer', 'process-auditor', 'process-helper']);
  });

  test('gives device, trace, URL or path, first and last seen and count', async () => {
    const [row] = (await run(queriesOf(footprint).withExclusions)).filter(
      ({ DeviceId }) => DeviceId === 'peer',
    );
    expect(row).toEqual({
      DeviceId: 'peer',
      DeviceName: 'peer.example',
      Trace: 'Addigy program',
      RemoteUrl: '',
      FileName: 'lan-cache',
      FirstSeen: expect.anything(),
      LastSeen: expect.anything(),
      FolderPaths: '["/library/addigy/go-agent"]',
      CommandLines: expect.any(String),
      Count: 1n,
    });
  });
});

test('every hunt binds without diagnostics in both flavours, alone and with the shipped exclusions', async () => {
  const { exclusions } = await readExclusions(join(root, 'exclusions'), settings, hunts);
  for (const hunt of hunts) {
    const { applied } = exclusionsFor(hunt, exclusions, now);
    const queries = queriesOf(hunt, applied);
    for (const schema of ['log-analytics', 'defender-xdr'] as const) {
      expect(bindKql(queries.withExclusions, schema)).toEqual([]);
      expect(bindKql(queries.withoutExclusions ?? fail('no exclusion applies'), schema)).toEqual([]);
    }
  }
});

test('every hunt can be run for an earlier time, so that an outage leaves no gap', () => {
  for (const hunt of hunts)
    expect(compiledOf(hunt)).toMatchObject({ coversFrom: 'query', notReplayable: [], asOfToday: [] });
});

test('every hunt’s identity is in its result', async () => {
  for (const hunt of hunts) {
    const { columns } = await workspace.run(queriesOf(hunt).withExclusions);
    expect(columns.map(({ name }) => name)).toEqual(
      expect.arrayContaining([...(hunt.identity ?? []), 'DeviceId', 'DeviceName']),
    );
  }
});

describe('the shipped exclusions', () => {
  test('are the five scenarios; with their settings all of each applies, to both hunts', async () => {
    const { exclusions, leftOut } = await readExclusions(join(root, 'exclusions'), settings, hunts);
    expect(leftOut).toEqual([]);
    for (const hunt of hunts) {
      const sorted = exclusionsFor(hunt, exclusions, now);
      expect(sorted.leftOut).toEqual([]);
      expect(sorted.applied.map(({ id }) => id)).toEqual([
        'addigy-scheduled-updates',
        'addigy-management-server',
        'addigy-remote-desktop',
        'addigy-inventory-jobs',
        'addigy-intune',
      ]);
    }
  });

  test('without their settings work in part, and say so', async () => {
    const { exclusions } = await readExclusions(join(root, 'exclusions'), {}, hunts);
    const { applied, leftOut } = exclusionsFor(addigy, exclusions, now);
    expect(applied).toHaveLength(5);
    expect(leftOut.map(({ id }) => id)).toEqual(['addigy-management-server', 'addigy-intune']);
  });

  test.each(['addigy.yaml', 'addigy-footprint.yaml'])(
    'hide from hunts/%s what the scenarios describe, and nothing else',
    async (file) => {
      const hunt = file === 'addigy.yaml' ? addigy : footprint;
      const { exclusions } = await readExclusions(join(root, 'exclusions'), settings, hunts);
      const queries = queriesOf(hunt, exclusionsFor(hunt, exclusions, now).applied);
      const found = async (query: string) => (await run(query)).map(({ DeviceId }) => String(DeviceId));
      const shown = await found(queries.withExclusions);
      const all = await found(queries.withoutExclusions ?? fail('no exclusion applies'));
      const gone = all.filter((device) => !shown.includes(device)).sort();
      expect(gone).toEqual(hunt === footprint ? hidden : ['intune', 'server', 'server-v6']);
    },
  );
});

test('coverage counts the hunts’ tables over the window', async () => {
  expect(await run(queriesOf(addigy).coverage)).toEqual([
    { Rows: BigInt(networkEvents.length - 1), Newest: expect.anything(), Now: expect.anything() },
  ]);
  expect(await run(queriesOf(footprint).coverage)).toEqual([
    {
      Rows: BigInt(networkEvents.length - 1 + processEvents.length),
      Newest: expect.anything(),
      Now: expect.anything(),
    },
  ]);
});
