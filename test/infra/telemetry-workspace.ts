import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWorkspace, type Workspace } from 'kql-workspace/start-workspace.ts';
import { toTelemetry } from '../../functions/domain/to-telemetry.ts';

export interface TelemetryRow {
  TimeGenerated: string;
  [column: string]: unknown;
}

/** What the product sends of one run that found two things on one device and delivered a message to one of two channels. */
export function sentOfOneRun(at: string) {
  const device = { id: 'd', name: 'n' };
  const seen = { firstSeen: at, lastSeen: at, count: 3, identity: { DeviceId: 'd' }, row: {} };
  return toTelemetry(
    {
      reports: [
        {
          runId: 'run-1',
          hunt: { id: 'h', name: 'Addigy', tactics: [], techniques: [] },
          workspace: { id: 'w', name: 'soc' },
          outcome: 'complete',
          dryRun: false,
          baseline: false,
          startedAt: at,
          finishedAt: new Date(Date.parse(at) + 1500).toISOString(),
          window: { from: at, to: at },
          coverage: { rows: 100, newest: at },
          counts: { sightings: 10, hidden: 4, known: 4, new: 2 },
          owed: [],
          gaps: [],
          exclusions: {
            applied: ['in-force'],
            leftOut: [{ id: 'expired', reason: 'it ended' }],
            broad: { hidden: 4, sightings: 10, told: true },
          },
          findings: [
            { ...seen, id: 'f1', kind: 'new-device', device },
            { ...seen, id: 'f2', kind: 'new-activity', device },
          ],
          problems: [],
        },
      ],
      outbox: {
        deliveries: [
          { messageId: 'run-1.findings.1', channel: 'teams', outcome: 'delivered' },
          {
            messageId: 'run-1.findings.1',
            channel: 'soar',
            outcome: 'retry-later',
            reason: 'HTTP 429',
            notBefore: at,
          },
        ],
        waiting: 1,
        deadLettered: 0,
        problems: [],
      },
    },
    { functionName: 'scheduled-hunt' },
  ).events;
}

/** A workspace that holds telemetry, as Application Insights stores it; `now` is its clock. A row that is too old to matter gives each table its columns. */
export async function openTelemetry(
  now: Date,
  {
    events,
    requests = [],
    writes = [],
  }: { events: TelemetryRow[]; requests?: TelemetryRow[]; writes?: TelemetryRow[] },
): Promise<Workspace> {
  const folder = await mkdtemp(join(tmpdir(), 'telemetry-'));
  const TimeGenerated = new Date(now.getTime() - 400 * 24 * 3_600_000).toISOString();
  const old = sentOfOneRun(TimeGenerated).map(toRow(TimeGenerated));
  const request = {
    TimeGenerated,
    Name: '',
    OperationName: '',
    OperationId: '',
    Success: true,
    ResultCode: '',
    DurationMs: 0.5,
  };
  const write = {
    TimeGenerated,
    Category: '',
    StatusCode: '',
    AuthenticationType: '',
    RequesterObjectId: '',
    RequesterUpn: '',
    CallerIpAddress: '',
  };
  const lines = (rows: object[]) => rows.map((row) => JSON.stringify(row)).join('\n');
  try {
    await writeFile(join(folder, 'AppEvents.ndjson'), lines([...old, ...events]));
    await writeFile(join(folder, 'AppRequests.ndjson'), lines([request, ...requests]));
    await writeFile(join(folder, 'StorageTableLogs.ndjson'), lines([write, ...writes]));
    return await startWorkspace({ events: folder, now: () => now });
  } finally {
    // Loaded by now.
    await rm(folder, { recursive: true, force: true });
  }
}

/** An event as a row of `AppEvents`. */
export function toRow(TimeGenerated: string) {
  return ({ name, properties, measurements }: ReturnType<typeof sentOfOneRun>[number]): TelemetryRow => ({
    TimeGenerated,
    Name: name,
    Properties: properties,
    Measurements: measurements ?? {},
  });
}
