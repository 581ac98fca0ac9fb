import { hostileDeviceNames, hostileUrls } from './hostile-text.ts';
import { connection, type Facts, macProcess, windowsProcess } from './processes.ts';
import type { Random } from './random.ts';
import type { Device, Label, Story, Told, World } from './story.ts';

/** The addresses behind the brief's placeholders `Addigy.Management.Server.IP` and `Intune.Management.Server.IP` (RFC 5737: nobody's). */
export const sampleServerIps = {
  ADDIGY_MANAGEMENT_SERVER_IPS: '203.0.113.10,203.0.113.11',
  INTUNE_MANAGEMENT_SERVER_IPS: '198.51.100.20',
} as const;

const agents: Story = function* (world) {
  const devices = new Map<string, Device>();
  for (const [name, process, RemoteUrl, count] of [
    ['mbp-anna', 'go-agent', 'prod.addigy.com', 9],
    ['mbp-anna', 'auditor', 'grtmprod.addigy.com', 4],
    ['mbp-boris', 'go-agent', 'https://prod.addigy.com/agent/checkin', 6],
    ['imac-reception', 'lan-cache', 'agents.addigy.com', 3],
    ['imac-reception', 'collector', 'grtmprod.addigy.com', 2],
    ['mini-build-03', 'xpcproxy', 'agents.addigy.com', 1],
  ] as const) {
    const device = devices.get(name) ?? world.device(name);
    devices.set(name, device);
    for (let i = 0; i < count; i++) {
      yield agent(world, 'hit', true, device, process, { RemoteUrl }, world.within(4));
    }
  }
  const before = world.device('mbp-erik');
  const after = { ...before, DeviceName: 'mbp-erik-2' };
  const RemoteUrl = 'prod.addigy.com';
  yield agent(world, 'renamed', true, before, 'go-agent', { RemoteUrl }, world.daysAgo(3));
  yield agent(world, 'renamed', true, after, 'go-agent', { RemoteUrl }, world.daysAgo(1));
};

const deception: Story = function* (world) {
  for (const name of Object.values(hostileDeviceNames)) {
    yield agent(world, 'hostile', true, world.device(name), 'launchd', { RemoteUrl: 'agents.addigy.com' });
  }
  const device = world.device('mbp-hostile-urls');
  for (const RemoteUrl of Object.values(hostileUrls)) {
    yield agent(world, 'hostile', true, device, 'go-agent', { RemoteUrl });
  }
  const RemoteUrl = 'prod.addigy.com.evil.example';
  yield agent(world, 'lookalike', true, world.device('mbp-lookalike'), 'go-agent', { RemoteUrl });
};

const nearMisses: Story = function* (world) {
  const device = world.device('mbp-olga');
  for (const RemoteUrl of [
    'notprod.addigy.com',
    'addigy.com.evil.example',
    'prod-addigy.com',
    'prod.addigy.community',
  ]) {
    yield agent(world, 'near-miss', false, device, 'go-agent', { RemoteUrl });
  }
  for (const process of ['go-agents', 'myauditor', 'launchdaemon', 'Safari']) {
    yield agent(world, 'near-miss', false, device, process, { RemoteUrl: 'prod.addigy.com' });
  }
  for (let i = 0; i < 3; i++) yield agent(world, 'null-url', false, device, 'go-agent', { RemoteUrl: null });
  for (let i = 0; i < 3; i++) {
    const at = world.daysAgo(6 + i);
    const RemoteUrl = 'prod.addigy.com';
    yield agent(world, 'old', false, world.device(`mbp-old-${i + 1}`), 'go-agent', { RemoteUrl }, at);
  }
};

/** What the brief's query does not look at, and a broader hunt does. */
const footprint: Story = function* (world) {
  const signed = world.device('mbp-signed');
  yield agent(world, 'signed', false, signed, 'go-agent', {
    RemoteUrl: 'prod.addigy.com',
    // Addigy's Apple signing team
    InitiatingProcessVersionInfoCompanyName: 'R5LEJ8Y242',
  });
  for (const RemoteUrl of ['app.addigy.com', 'mdm.addigy.com', 'api.addigy.com', 'login.addigy.com']) {
    yield agent(world, 'other-host', false, signed, 'mdmclient', { RemoteUrl });
  }

  const { random } = world;
  const device = world.device('mbp-new-hire');
  const at = world.within(2);
  const curl = 'curl -o /tmp/addigy.pkg https://agents.addigy.com/realm/install.pkg';
  yield {
    ...agent(world, 'installer', false, device, 'curl', {}, at),
    facts: {
      ...connection(random),
      ...macProcess(random, 'curl', '/usr/bin/curl'),
      InitiatingProcessCommandLine: curl,
      RemoteUrl: 'agents.addigy.com',
    },
  };
  const started = { table: 'DeviceProcessEvents', label: 'installer', sighting: false, device } as const;
  yield {
    ...started,
    at,
    facts: { ...processCreated(random, 'curl', '/usr/bin/curl', curl), ...parent('bash', '/bin/bash') },
  };
  yield {
    ...started,
    at: new Date(at.getTime() + 60_000),
    facts: {
      ...processCreated(random, 'go-agent', '/library/addigy/go-agent', '/Library/Addigy/go-agent agent'),
      ...parent('launchd', '/sbin/launchd'),
    },
  };
};

const falsePositives: Story = function* (world) {
  for (const [scenario, process, RemoteUrl] of [
    ['scheduled-updates', 'Update.exe', 'prod.addigy.com'],
    ['scheduled-updates', 'WindowsUpdate.exe', 'agents.addigy.com'],
    ['management-server', 'AddigyAgent.exe', 'prod.addigy.com'],
    ['remote-desktop', 'mstsc.exe', 'app.addigy.com'],
    ['remote-desktop', 'RemoteDesktop.exe', 'prod.addigy.com'],
    ['inventory-jobs', 'AddigyInventory.exe', 'grtmprod.addigy.com'],
    ['inventory-jobs', 'AddigyLogCollector.exe', 'grtmprod.addigy.com'],
    ['third-party-tools', 'IntuneSync.exe', 'api.addigy.com'],
  ] as const) {
    const facts = { ...connection(world.random), ...windowsProcess(world.random, process), RemoteUrl };
    yield networkEvent(scenario, false, world.device(`pc-${scenario}`), facts, world.within(2));
  }
  const { ADDIGY_MANAGEMENT_SERVER_IPS, INTUNE_MANAGEMENT_SERVER_IPS } = sampleServerIps;
  for (const [scenario, process, addresses] of [
    ['management-server', 'go-agent', ADDIGY_MANAGEMENT_SERVER_IPS],
    ['third-party-tools', 'mdmclient', INTUNE_MANAGEMENT_SERVER_IPS],
  ] as const) {
    for (const RemoteIP of addresses.split(',')) {
      const facts = { RemoteUrl: 'prod.addigy.com', RemoteIP };
      yield agent(world, scenario, true, world.device(`mbp-${scenario}`), process, facts);
    }
  }
};

/** Everything but the background, in no order of time. */
export const stories: readonly Story[] = [agents, deception, nearMisses, footprint, falsePositives];

export function* background(world: World, count: number): Generator<Told> {
  const { random } = world;
  const devices = Array.from({ length: 20 }, (_, i) =>
    world.device(`${i % 3 === 0 ? 'pc' : 'mbp'}-${i + 1}`),
  );
  for (let i = 0; i < count; i++) {
    const device = devices[random.between(0, devices.length - 1)] ?? world.device('mbp-0');
    const [RemoteUrl, onWindows, onMac] = random.pick(everyday);
    const process = device.DeviceName.startsWith('pc')
      ? windowsProcess(random, onWindows, 'Microsoft Corporation')
      : macProcess(random, onMac, `/Applications/${onMac}`);
    yield networkEvent(
      'background',
      false,
      device,
      { ...connection(random), ...process, RemoteUrl },
      world.within(7),
    );
  }
}

/** URL, process on Windows, process on macOS. */
const everyday: readonly [[string | null, string, string], ...[string | null, string, string][]] = [
  ['www.example.com', 'msedge.exe', 'Safari'],
  ['https://cdn.example.net/lib.js', 'chrome.exe', 'Google Chrome'],
  ['time.example.org', 'svchost.exe', 'timed'],
  ['updates.example.com', 'svchost.exe', 'softwareupdated'],
  ['mail.example.com', 'outlook.exe', 'Mail'],
  ['addigy.example.com', 'msedge.exe', 'Safari'],
  [null, 'svchost.exe', 'mDNSResponder'],
  [null, 'lsass.exe', 'launchd'],
];

/** A connection of an Addigy agent's process on a Mac. */
function agent(
  world: World,
  label: Label,
  sighting: boolean,
  device: Device,
  process: string,
  facts: Facts,
  at = world.within(2),
): Told {
  const { random } = world;
  const all = { ...connection(random), ...macProcess(random, process), ...facts };
  return networkEvent(label, sighting, device, all, at);
}

function networkEvent(label: Label, sighting: boolean, device: Device, facts: Facts, at: Date): Told {
  return { table: 'DeviceNetworkEvents', label, sighting, device, facts, at };
}

function processCreated(random: Random, FileName: string, FolderPath: string, commandLine: string): Facts {
  return {
    ActionType: 'ProcessCreated',
    FileName,
    FolderPath,
    ProcessCommandLine: commandLine,
    ProcessId: random.between(300, 60_000),
    SHA1: random.hex(40),
    AccountName: 'root',
    AccountDomain: '',
  };
}

function parent(name: string, path: string): Facts {
  return {
    InitiatingProcessFileName: name,
    InitiatingProcessFolderPath: path,
    InitiatingProcessCommandLine: path,
    InitiatingProcessAccountName: 'root',
  };
}
