import { assert, constantFrom, dictionary, property, record, string } from 'fast-check';
import { z } from 'zod';
import { findingKinds } from '../../../functions/domain/hunting/finding.ts';
import { ocsfFinding } from '../../../functions/domain/messages/ocsf-finding.ts';
import { sampleFinding, sampleMessage, sampleMessages } from '../../../local/cards/sample-messages.ts';

/**
 * What github.com/ocsf/ocsf-schema says at 1.8.0 (commit 3dcb905d) of the attributes that are used here: required ones, enums, types, and each object's
 * "at least one of". Written down from events/base_event.json, events/findings/{finding,detection_finding}.json, objects/*.json and dictionary.json.
 * Strict: an attribute that is not in this list is not in the schema's class or object.
 */
const integer = z.int();
const timestamp = z.int().positive();
const text = z.string();
const entity = { uid: text.optional(), name: text.optional() };
const atLeastOne = (...keys: string[]) =>
  [
    (value: object) => keys.some((key) => Reflect.get(value, key) !== undefined),
    { message: `at least one of ${keys.join(', ')}` },
  ] as const;
const ip = text.regex(/^(\d{1,3}(\.\d{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$/).max(40);

const attack = z
  .strictObject({
    tactic: z
      .strictObject({ ...entity, src_url: text.optional() })
      .refine(...atLeastOne('uid', 'name'))
      .optional(),
    technique: z
      .strictObject({ ...entity, src_url: text.optional() })
      .refine(...atLeastOne('uid', 'name'))
      .optional(),
    sub_technique: z
      .strictObject({ ...entity, src_url: text.optional() })
      .refine(...atLeastOne('uid', 'name'))
      .optional(),
  })
  .refine(...atLeastOne('tactic', 'technique', 'sub_technique'));

const evidence = z
  .strictObject({
    data: z.json().optional(),
    url: z.strictObject({ url_string: text }).optional(),
    dst_endpoint: z.strictObject({ ip, port: integer.min(0).max(65_535).optional() }).optional(),
    process: z
      .strictObject({ pid: integer, name: text.optional(), cmd_line: text.optional() })
      .refine(...atLeastOne('pid', 'uid', 'cpid'))
      .optional(),
    user: z.strictObject({ name: text }).optional(),
  })
  .refine(...atLeastOne('data', 'dst_endpoint', 'process', 'url', 'user'));

const detectionFinding = z.strictObject({
  // Required of every event.
  activity_id: z.literal([0, 1, 2, 3, 99]),
  category_uid: z.literal(2),
  class_uid: z.literal(2004),
  metadata: z.strictObject({
    product: z.strictObject({ ...entity, vendor_name: text.optional() }).refine(...atLeastOne('uid', 'name')),
    version: z.literal('1.8.0'),
    uid: text.optional(),
    correlation_uid: text.optional(),
  }),
  severity_id: z.literal([0, 1, 2, 3, 4, 5, 6, 99]),
  time: timestamp,
  type_uid: z.literal(200401),
  // Required of every finding.
  finding_info: z.strictObject({
    uid: text.min(1),
    title: text.optional(),
    desc: text.optional(),
    src_url: text.optional(),
    created_time: timestamp.optional(),
    first_seen_time: timestamp.optional(),
    last_seen_time: timestamp.optional(),
    types: z.array(text).optional(),
    analytic: z
      .strictObject({
        ...entity,
        type_id: z.literal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 99]),
        type: text.optional(),
      })
      .refine(...atLeastOne('uid', 'name'))
      .optional(),
    attacks: z.array(attack).optional(),
  }),
  // Optional or recommended.
  activity_name: z.literal('Create'),
  category_name: z.literal('Findings'),
  class_name: z.literal('Detection Finding'),
  type_name: text,
  severity: z.enum(['Unknown', 'Informational', 'Low', 'Medium', 'High', 'Critical', 'Fatal']),
  status_id: z.literal([0, 1, 2, 3, 4, 5, 6, 99]),
  status: z.enum(['New', 'In Progress', 'Suppressed', 'Resolved', 'Archived', 'Deleted']),
  is_alert: z.boolean(),
  start_time: timestamp.optional(),
  end_time: timestamp.optional(),
  count: integer.optional(),
  message: text,
  device: z
    .strictObject({ type_id: integer, type: text.optional(), hostname: text.optional(), ...entity })
    .refine(...atLeastOne('ip', 'uid', 'name', 'hostname', 'instance_uid', 'interface_uid', 'interface_name'))
    .optional(),
  evidences: z.array(evidence),
  observables: z.array(
    z.strictObject({ name: text, type_id: z.literal([1, 2, 4, 6, 8, 9, 10]), type: text, value: text }),
  ),
  unmapped: z.record(text, z.json()),
});

it.each(Object.entries(sampleMessages))(
  '%s: every finding is an OCSF 1.8.0 Detection Finding',
  (_, message) => {
    for (const finding of message.findings) {
      expect(detectionFinding.parse(JSON.parse(JSON.stringify(ocsfFinding(finding, message))))).toBeDefined();
    }
  },
);

it('whatever the row, it stays one', () => {
  const cell = constantFrom(null, '', 'x', -1, 1.5, 70_000, true, '10.0.0.1', '::1', '999.1.1.1', '4567');
  const row = record(
    {
      RemoteIP: cell,
      RemotePort: cell,
      RemoteUrl: cell,
      InitiatingProcessId: cell,
      InitiatingProcessFileName: cell,
      AccountName: cell,
      DeviceName: cell,
    },
    { requiredKeys: [] },
  );
  const device = record({ id: string(), name: string() }, { requiredKeys: [] });
  const hunt = record({
    tactics: constantFrom<string[]>([], ['Persistence'], ['A', 'B']),
    techniques: constantFrom<string[]>([], ['nope'], ['T1219'], ['T1059.001', 'T1219']),
  });
  assert(
    property(
      row,
      device,
      dictionary(string(), string()),
      constantFrom(...findingKinds),
      hunt,
      (cells, named, identity, kind, metadata) => {
        const finding = sampleFinding('mac', 'u', { row: cells, device: named, identity, kind, count: 1.5 });
        const message = sampleMessage([finding]);
        const candidate = ocsfFinding(finding, { ...message, hunt: { ...message.hunt, ...metadata } });
        detectionFinding.parse(JSON.parse(JSON.stringify(candidate)));
      },
    ),
  );
});

it('what the row tells is found where OCSF keeps it, and the row is kept whole', () => {
  const row = {
    DeviceName: 'mac-01',
    RemoteUrl: 'agents.addigy.com',
    RemoteIP: '203.0.113.24',
    RemotePort: 443,
    InitiatingProcessId: 812,
    InitiatingProcessFileName: 'curl',
    InitiatingProcessCommandLine: 'curl https://agents.addigy.com',
    AccountName: 'root',
  };
  const finding = sampleFinding('mac-01', 'agents.addigy.com', {
    row,
    previouslySeen: '2026-07-01T00:00:00Z',
  });
  const result = ocsfFinding(finding, sampleMessage([finding]));
  expect(result).toMatchObject({
    severity: 'Medium',
    is_alert: true,
    count: 14,
    start_time: Date.parse(finding.firstSeen),
    end_time: Date.parse(finding.lastSeen),
    finding_info: {
      uid: finding.id,
      attacks: [
        {
          tactic: { name: 'Command and Control' },
          technique: { uid: 'T1219', src_url: 'https://attack.mitre.org/techniques/T1219/' },
        },
      ],
    },
    device: { uid: finding.device?.id, hostname: 'mac-01' },
    evidences: [
      {
        data: row,
        url: { url_string: 'agents.addigy.com' },
        dst_endpoint: { ip: '203.0.113.24', port: 443 },
        process: { pid: 812, name: 'curl', cmd_line: 'curl https://agents.addigy.com' },
        user: { name: 'root' },
      },
    ],
    unmapped: { kind: 'new-device', previously_seen_time: Date.parse('2026-07-01T00:00:00Z') },
  });
});

it('a baseline is inventory, not an alert', () => {
  const baseline = sampleMessage([sampleFinding('mac', 'u')], { kind: 'baseline' });
  expect(baseline.findings.map((finding) => ocsfFinding(finding, baseline))).toMatchObject([
    { severity: 'Informational', is_alert: false },
  ]);
});
