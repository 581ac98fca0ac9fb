import fc from 'fast-check';
import type { ExclusionAccount } from '../../functions/domain/exclusions/account-for-exclusions.ts';
import type { OutboxReport, RunReport } from '../../functions/domain/hunting/report.ts';
import { toSightings } from '../../functions/domain/hunting/sighting.ts';
import { type TelemetryRecords, toTelemetry } from '../../functions/domain/to-telemetry.ts';
import { finding, hunt, tableOf, workspace } from '../examples.ts';

const report: RunReport = {
  runId: 'r1',
  hunt: { id: hunt.id, name: hunt.name, tactics: hunt.tactics, techniques: hunt.techniques },
  workspace: { ...workspace, name: 'emea' },
  outcome: 'complete',
  dryRun: false,
  baseline: false,
  startedAt: '2026-11-24T12:00:00.000Z',
  finishedAt: '2026-11-24T12:00:02.500Z',
  window: { from: '2026-11-19T12:00:00.000Z', to: '2026-11-24T12:00:00.000Z' },
  coverage: { rows: 1000, newest: '2026-11-24T11:59:00.000Z' },
  counts: { sightings: 7, hidden: 4, known: 2, new: 1 },
  owed: [],
  gaps: [],
  exclusions: { applied: ['a', 'b'], leftOut: [{ id: 'old', reason: 'expired' }] },
  findings: [finding],
  problems: ['Exclusion old: expired'],
};
const outbox: OutboxReport = {
  deliveries: [
    { messageId: 'm1', channel: 'teams', outcome: 'delivered' },
    {
      messageId: 'm1',
      channel: 'webhook',
      outcome: 'retry-later',
      reason: 'soar.example answered 503',
      notBefore: '2026-11-24T12:05:00.000Z',
    },
  ],
  waiting: 1,
  deadLettered: 3,
  problems: ['message m1: waits: webhook: soar.example answered 503'],
};
const invocation = { functionName: 'scheduled-hunt' };

const named = ({ events }: TelemetryRecords, name: string) => events.filter((event) => event.name === name);
const metricsOf = ({ metrics }: TelemetryRecords) =>
  Object.fromEntries(metrics.map(({ name, value }) => [name, value]));

test('when a run is complete, then one HuntRun says all that an operator asks of it', () => {
  expect(named(toTelemetry({ reports: [report], outbox }, invocation), 'HuntRun')).toEqual([
    {
      name: 'HuntRun',
      properties: {
        runId: 'r1',
        huntId: hunt.id,
        huntName: 'Example hunt',
        workspaceId: workspace.id,
        workspaceName: 'emea',
        tactics: 'CommandAndControl',
        techniques: 'T1219',
        trigger: 'scheduled-hunt',
        outcome: 'complete',
        baseline: 'false',
        dryRun: 'false',
        startedAt: '2026-11-24T12:00:00.000Z',
        windowFrom: '2026-11-19T12:00:00.000Z',
        windowTo: '2026-11-24T12:00:00.000Z',
        newestEvent: '2026-11-24T11:59:00.000Z',
        leftOutExclusions: '["old"]',
        problems: '["Exclusion old: expired"]',
      },
      measurements: {
        durationMs: 2500,
        tableRows: 1000,
        newestEventAgeSeconds: 60,
        sightings: 7,
        hidden: 4,
        known: 2,
        findings: 1,
        exclusionsApplied: 2,
        exclusionsLeftOut: 1,
        problemCount: 1,
      },
    },
  ]);
});

test('when there is a finding, then its event has ids and times and the device as a pseudonym, which is the one in memory', () => {
  const row = { DeviceId: 'd1', DeviceName: 'mac-1', RemoteUrl: 'prod.addigy.com' };
  const [sighting] = toSightings(tableOf([row]), hunt, new Date());

  expect(named(toTelemetry({ reports: [report] }, invocation), 'Finding')).toEqual([
    {
      name: 'Finding',
      properties: {
        runId: 'r1',
        huntId: hunt.id,
        huntName: 'Example hunt',
        workspaceId: workspace.id,
        findingId: 'f1',
        kind: 'new-device',
        baseline: 'false',
        deviceKey: sighting?.deviceKey,
        firstSeen: finding.firstSeen,
        lastSeen: finding.lastSeen,
      },
      measurements: { count: 3 },
    },
  ]);
});

test('when messages were delivered, then each channel has its event, and the outbox one with what waits and what is dead', () => {
  const records = toTelemetry({ reports: [], outbox }, invocation);
  expect(records.events).toEqual([
    { name: 'Delivery', properties: { messageId: 'm1', channel: 'teams', outcome: 'delivered' } },
    {
      name: 'Delivery',
      properties: {
        messageId: 'm1',
        channel: 'webhook',
        outcome: 'retry-later',
        reason: 'soar.example answered 503',
        notBefore: '2026-11-24T12:05:00.000Z',
      },
    },
    {
      name: 'Outbox',
      properties: { problems: '["message m1: waits: webhook: soar.example answered 503"]' },
      measurements: { waiting: 1, deadLettered: 3, problemCount: 1 },
    },
  ]);
  expect(metricsOf(records)).toEqual({ MessagesWaiting: 1, DeadLetters: 3 });
});

test('when a run is complete, then its numbers are metrics by hunt, workspace and outcome', () => {
  const records = toTelemetry({ reports: [report] }, invocation);
  expect(metricsOf(records)).toEqual({
    HuntDurationMs: 2500,
    HuntTableRows: 1000,
    HuntSightings: 7,
    HuntHidden: 4,
    HuntFindings: 1,
  });
  for (const { dimensions } of records.metrics)
    expect(dimensions).toEqual({ hunt: 'Example hunt', workspace: 'emea', outcome: 'complete' });
});

test.each(['failed', 'lease-held'] as const)(
  'when a run is %s, then what it did not find out is left out rather than zero',
  (outcome) => {
    const empty = {
      ...report,
      outcome,
      window: null,
      coverage: { rows: null, newest: null },
      counts: { sightings: 0, hidden: 0, known: 0, new: 0 },
      findings: [],
    };
    const records = toTelemetry({ reports: [empty] }, {});
    const [run] = records.events;
    expect(Object.keys(run?.measurements ?? {})).toEqual([
      'durationMs',
      'exclusionsApplied',
      'exclusionsLeftOut',
      'problemCount',
    ]);
    expect(run?.properties).not.toHaveProperty('windowFrom');
    expect(run?.properties).not.toHaveProperty('trigger');
    expect(metricsOf(records)).toEqual({ HuntDurationMs: 2500 });
  },
);

test('when it was a dry run, then it is told and moves no dashboard', () => {
  const records = toTelemetry({ reports: [{ ...report, dryRun: true }] }, invocation);
  expect(records.events.map(({ name }) => name)).toEqual(['HuntRun']);
  expect(records.events[0]?.properties.dryRun).toBe('true');
  expect(records.metrics).toEqual([]);
});

test('when the newest row came after the window ended, then its age is zero', () => {
  const coverage = { rows: 1, newest: '2026-11-24T12:00:09.000Z' };
  const [run] = toTelemetry({ reports: [{ ...report, coverage }] }, invocation).events;
  expect(run?.measurements?.newestEventAgeSeconds).toBe(0);
});

test('when runs found more than can be told one by one, then the runs come first and their counts are whole', () => {
  const findings = Array.from({ length: 3000 }, (_, index) => ({ ...finding, id: `${index}` }));
  const counts = { ...report.counts, new: 3000 };
  const records = toTelemetry({ reports: [{ ...report, findings, counts }, report], outbox }, invocation);
  expect(records.events.slice(0, 2).map(({ measurements }) => measurements?.findings)).toEqual([3000, 1]);
  expect(named(records, 'Finding')).toHaveLength(1000);
  // The SDK keeps 2,048 and drops the rest.
  expect(records.events.length).toBeLessThan(2048);
});

test('whatever devices, URLs and rows are called, nothing of it is in telemetry', () => {
  const secret = 'ATTACKER-WROTE-THIS';
  const hostile = fc.string({ unit: 'grapheme', maxLength: 50 }).map((text) => `${text}${secret}${text}`);
  fc.assert(
    fc.property(hostile, hostile, (text, name) => {
      const told = {
        ...finding,
        device: { id: text, name },
        identity: { DeviceId: text, [name]: text },
        row: { [name]: text, RemoteUrl: text },
      };
      const records = toTelemetry({ reports: [{ ...report, findings: [told] }], outbox }, invocation);
      expect(JSON.stringify(records)).not.toContain(secret);
    }),
  );
});

test('whatever the problems are, a property is JSON that Application Insights does not cut', () => {
  // A control character takes six in JSON.
  const long = fc.string({ unit: fc.constantFrom('a', '"', '\u0001', '€'), maxLength: 400, size: 'max' });
  fc.assert(
    fc.property(fc.array(long, { maxLength: 60, size: 'max' }), (problems) => {
      const leftOut = problems.map((reason, index) => ({
        id: `exclusion-${index}-${'x'.repeat(80)}`,
        reason,
      }));
      const reports = [{ ...report, problems, exclusions: { applied: [], leftOut } }];
      const records = toTelemetry({ reports, outbox: { ...outbox, problems } }, invocation);
      for (const { properties } of records.events) {
        for (const value of Object.values(properties)) expect(value.length).toBeLessThanOrEqual(8192);
        JSON.parse(properties.problems ?? '[]');
        JSON.parse(properties.leftOutExclusions ?? '[]');
      }
    }),
    // Shrinking lists this long takes minutes.
    { numRuns: 20, endOnFailure: true },
  );
});

test('when the channels are told that much is hidden, then an event says so; when they were told before, or nothing was, none does', () => {
  const thatHides = (told: boolean, dryRun = false): RunReport => ({
    ...report,
    dryRun,
    exclusions: { ...report.exclusions, broad: { hidden: 40, sightings: 64, told } },
  });
  const events = (reports: RunReport[]) => named(toTelemetry({ reports }, invocation), 'MuchHidden');
  expect(events([thatHides(true)])).toEqual([
    {
      name: 'MuchHidden',
      properties: {
        runId: 'r1',
        huntId: hunt.id,
        huntName: 'Example hunt',
        workspaceId: workspace.id,
        workspaceName: 'emea',
        exclusions: '["a","b"]',
      },
      measurements: { hidden: 40, sightings: 64, exclusionsApplied: 2 },
    },
  ]);
  expect(events([thatHides(false), thatHides(true, true), report])).toEqual([]);
});

test('when the week is summed up, then exclusions that end soon or hide nothing are told, and no others', () => {
  const account: ExclusionAccount = {
    id: 'lab',
    reason: 'Test lab',
    owner: 'soc@example.com',
    expires: '2026-12-01',
    hunts: [],
    columns: [],
    any: [],
    settings: [],
    idle: [],
    file: 'exclusions/lab.yaml',
    source: 'file',
    status: 'in-force',
    notes: [],
    endsSoon: true,
    stale: false,
    hidden: { today: 1, days7: 2, days30: 3 },
    devices30: 2,
    lastHit: '2026-11-20T10:00:00.000Z',
    reckonedAt: '2026-11-24T10:00:00.000Z',
  };
  const exclusions = [
    account,
    { ...account, id: 'quiet', endsSoon: false, stale: true, hidden: null, lastHit: null },
    { ...account, id: 'well', endsSoon: false },
  ];
  const { events } = toTelemetry({ reports: [], exclusions }, {});
  expect(events).toEqual([
    {
      name: 'ExclusionReview',
      properties: {
        exclusionId: 'lab',
        file: 'exclusions/lab.yaml',
        owner: 'soc@example.com',
        expires: '2026-12-01',
        stale: 'false',
        endsSoon: 'true',
        lastHit: '2026-11-20T10:00:00.000Z',
      },
      measurements: { hidden30: 3 },
    },
    expect.objectContaining({ properties: expect.objectContaining({ exclusionId: 'quiet', stale: 'true' }) }),
  ]);
});
