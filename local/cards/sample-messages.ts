import { createHash } from 'node:crypto';
import type { Finding } from '../../functions/domain/hunting/finding.ts';
import type { FindingsMessage } from '../../functions/domain/messages/kinds/findings-message.ts';

export const addigy: FindingsMessage['hunt'] = {
  id: '4f0b3b8d-bde4-4cce-9ff7-1f0c0a7085af',
  name: 'Remote Management and Montioring tool - Addigy - Network Connection',
  description:
    'Remote Monitoring and Management (RMM) programs are IT to manage remote endpoints. Attackers have begun to abuse these programs to persist or provide C2 channels.\nhttps://github.com/jischell-msft/RemoteManagementMonitoringTools\n',
  tactics: ['CommandAndControl'],
  techniques: ['T1219'],
};

const template: FindingsMessage = {
  id: '20260801T040000Z-5f3a9c01.findings.1',
  kind: 'findings',
  createdAt: '2026-08-01T04:00:12Z',
  hunt: addigy,
  workspace: { id: 'c0ffee00-0000-4000-8000-000000000001', name: 'soc-prod' },
  run: {
    id: '20260801T040000Z-5f3a9c01',
    window: { from: '2026-07-27T04:00:00Z', to: '2026-08-01T04:00:00Z' },
    complete: true,
    problems: [],
  },
  coverage: { rows: 184_233, newest: '2026-08-01T03:58:41Z' },
  counts: { sightings: 36, hidden: 14, known: 20 },
  total: 0,
  devices: 0,
  part: { number: 1, of: 1 },
  findings: [],
};

const portal =
  'https://portal.azure.com/#blade/Microsoft_OperationsManagementSuite_Workspace/Logs.ReactView/resourceId/';

const withQuery: Partial<FindingsMessage> = {
  run: {
    ...template.run,
    queryUrl: `${portal}%2Fsentinel`,
    historyUrl: `${portal}%2Ftelemetry%2Fhistory`,
    runUrl: `${portal}%2Ftelemetry%2Frun`,
  },
};

/** A message with these findings; total and devices follow from them unless given. */
export function sampleMessage(findings: Finding[], more: Partial<FindingsMessage> = {}): FindingsMessage {
  const devices = new Set(findings.flatMap(({ device }) => device?.id ?? device?.name ?? []));
  return { ...template, total: findings.length, devices: devices.size, findings, ...more };
}

/** A finding as the Addigy hunt returns it; the device's id looks like Defender's. */
export function sampleFinding(deviceName: string, url: string, more: Partial<Finding> = {}): Finding {
  const deviceId = createHash('sha1').update(deviceName).digest('hex');
  const firstSeen = '2026-07-31T22:14:03.120Z';
  const lastSeen = '2026-08-01T03:41:55.907Z';
  return {
    id: createHash('sha256').update(`${deviceName} ${url} ${more.kind}`).digest('hex').slice(0, 32),
    kind: 'new-device',
    device: { id: deviceId, name: deviceName },
    identity: { DeviceId: deviceId, RemoteUrl: url },
    firstSeen,
    lastSeen,
    count: 14,
    row: {
      DeviceId: deviceId,
      DeviceName: deviceName,
      RemoteUrl: url,
      FirstSeen: firstSeen,
      LastSeen: lastSeen,
      Report: '[7751,7802]',
      Count: 14,
    },
    ...more,
  };
}

function footprint(deviceName: string, url: string, more: Partial<Finding> = {}): Finding {
  const finding = sampleFinding(deviceName, url, more);
  return {
    ...finding,
    row: {
      ...finding.row,
      RemoteIP: '203.0.113.24',
      InitiatingProcessFileName: 'curl',
      InitiatingProcessCommandLine: `curl -fsSL https://${url}/install.sh -o /private/tmp/i.sh`,
      InitiatingProcessAccountName: 'root',
    },
  };
}

function numbered(count: number, kind: Finding['kind']): Finding[] {
  const hosts = ['prod.addigy.com', 'grtmprod.addigy.com', 'agents.addigy.com'];
  return Array.from({ length: count }, (_, index) =>
    sampleFinding(`mac-${String(index + 1).padStart(3, '0')}`, hosts[index % 3] ?? '', {
      kind,
      count: index * 7 + 1,
    }),
  );
}

/** Names and values as an attacker would choose them, one trick each. */
export const hostileTexts = {
  markdown: '**bold** [Click me](https://evil.example) _x_ `code` # title',
  html: '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>',
  date: '{{DATE(2020-01-01T00:00:00Z,SHORT)}} {{TIME(2020-01-01T00:00:00Z)}}',
  slack: '<!channel> <https://evil.example|Click> <@U123> *bold* &amp;',
  newlines: 'mac-01\r\n\n✅ All clear, nothing to do\u2028more',
  bidi: 'mac-\u202egnp.exe\u2066\u200b\u00adok',
  rightToLeft: 'מחשב של דוד 42',
  emoji: '👩‍💻 mac ❤️ 🏳️‍🌈',
  long: `mac-${'a'.repeat(1_990)}-end`,
  unbroken: 'x'.repeat(150),
  zalgo: `Z${'\u0301\u0316\u0348'.repeat(40)}algo`,
  template: '$\u007b$root.secret} @{triggerBody()} <at>everyone</at>',
  quotes: `"'\\"); alert(1); //`,
} as const;

/** Every kind of card about findings, with what it should show; `npm run cards` draws them and tests walk them. */
export const sampleMessages: Record<string, FindingsMessage> = {
  finding: sampleMessage([sampleFinding('mac-fin-02', 'agents.addigy.com')]),
  'two-findings': sampleMessage(
    [
      footprint('mac-fin-02', 'agents.addigy.com'),
      footprint('mac-exec-01.corp.example.com', 'prod.addigy.com', { count: 1 }),
    ],
    withQuery,
  ),
  'mixed-kinds': sampleMessage(
    [
      sampleFinding('mac-dev-11', 'grtmprod.addigy.com', { kind: 'new-activity' }),
      footprint('mac-fin-02', 'agents.addigy.com'),
      sampleFinding('mac-lab-07', 'prod.addigy.com', {
        kind: 'returned',
        previouslySeen: '2026-06-12T10:02:00Z',
      }),
    ],
    withQuery,
  ),
  'many-findings': sampleMessage(numbered(45, 'new-device'), {
    total: 130,
    devices: 96,
    part: { number: 1, of: 3 },
    counts: { sightings: 164, hidden: 14, known: 20 },
  }),
  hostile: sampleMessage(
    Object.values(hostileTexts).map((text) =>
      sampleFinding(text, text, {
        row: { DeviceName: text, RemoteUrl: text, InitiatingProcessFileName: text, AccountName: text },
      }),
    ),
    { workspace: { id: 'w', name: hostileTexts.html } },
  ),
  baseline: sampleMessage(numbered(45, 'new-device'), {
    ...withQuery,
    kind: 'baseline',
    total: 2_412,
    devices: 2_000,
    counts: { sightings: 2_880, hidden: 468, known: 0 },
  }),
  unhidden: sampleMessage(
    numbered(3, 'unhidden').map((finding) => ({ ...finding, previouslySeen: '2026-07-31T23:40:00Z' })),
    {
      kind: 'unhidden',
      counts: { sightings: 23, hidden: 0, known: 20 },
      ended: [
        { exclusion: 'addigy-scheduled-updates', how: 'expired', on: '2026-07-31', findings: 2 },
        { exclusion: 'addigy-inventory', how: 'removed', on: '2026-08-01', findings: 1 },
      ],
    },
  ),
  incomplete: sampleMessage([sampleFinding('mac-fin-02', 'agents.addigy.com')], {
    run: {
      ...template.run,
      complete: false,
      problems: [
        'The workspace gave up after 180 s: the rows that came are used, the window is searched again in the next run.',
        'Exclusion addigy-management-server is left out: ADDIGY_MANAGEMENT_SERVER_IPS is not set.',
      ],
    },
    coverage: { rows: null, newest: null },
  }),
  'no-data': sampleMessage([sampleFinding('mac-fin-02', 'agents.addigy.com')], {
    run: { ...template.run, complete: false, problems: [] },
    coverage: { rows: 0, newest: '2026-07-20T11:00:00Z' },
  }),
  'other-hunt': sampleMessage(
    [
      {
        id: 'b'.repeat(32),
        kind: 'new-activity',
        identity: {
          UserPrincipalName: 'anna@example.com',
          Operation: 'Add service principal',
          IPAddress: '2001:db8::17',
        },
        firstSeen: '2026-08-01T03:00:00Z',
        lastSeen: '2026-08-01T03:00:20Z',
        row: {
          UserPrincipalName: 'anna@example.com',
          Operation: 'Add service principal',
          IPAddress: '2001:db8::17',
        },
      },
    ],
    {
      hunt: {
        id: 'd0000000-0000-4000-8000-000000000001',
        name: 'Rare service principal added by a user',
        description: 'A user who never did so before adds a service principal.',
        tactics: ['Persistence', 'PrivilegeEscalation'],
        techniques: ['T1098.001', 'T1136.003'],
      },
    },
  ),
};
