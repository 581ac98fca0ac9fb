import type { ExclusionAccount } from './exclusions/account-for-exclusions.ts';
import type { Finding } from './hunting/finding.ts';
import type { OutboxReport, RunReport } from './hunting/report.ts';
import { deviceKeyOf } from './hunting/sighting.ts';
import type { Change } from './messages/kinds/changes-message.ts';

/** One row of `AppEvents`: `properties` are read as text there, `measurements` as numbers. */
export interface TelemetryEvent {
  name: 'HuntRun' | 'Finding' | 'Delivery' | 'Outbox' | 'ExclusionReview' | 'Change' | 'MuchHidden';
  properties: Record<string, string>;
  measurements?: Record<string, number>;
}

/** One value of a metric; `dimensions` are few and of few values, since each combination is a series of its own. */
export interface TelemetryMetric {
  name: string;
  value: number;
  dimensions: Record<string, string>;
}

export interface TelemetryRecords {
  events: TelemetryEvent[];
  metrics: TelemetryMetric[];
}

/** What called the product, where the host did: the function's name, and the W3C `traceparent` of this call of it. */
export interface Invocation {
  functionName?: string;
  traceParent?: string;
}

/** A first run can find ten thousand things: their number is in `HuntRun`, their list in the report. */
const MAX_FINDING_EVENTS = 1000;
/** Application Insights cuts a property at 8,192 characters, and a list that is cut is JSON no more. */
const MAX_LIST_LENGTH = 8192;
const MAX_TEXT_LENGTH = 300;

/**
 * Pure: what runs and deliveries mean for dashboards and alerts; the names and units are in docs/telemetry.md.
 *
 * Device names, URLs and rows stay out of it: an Application Insights resource has readers that a Sentinel workspace has not. A dry run
 * gives its `HuntRun` alone, so that trying things out moves no dashboard.
 */
export function toTelemetry(
  {
    reports,
    outbox,
    exclusions = [],
    changes = [],
  }: {
    reports: readonly RunReport[];
    outbox?: OutboxReport;
    exclusions?: readonly ExclusionAccount[];
    changes?: readonly Change[];
  },
  { functionName }: Invocation,
): TelemetryRecords {
  const real = reports.filter(({ dryRun }) => !dryRun);
  return {
    events: [
      ...reports.map((report) => huntRun(report, functionName)),
      ...(outbox ? [...outbox.deliveries.map(delivery), outboxState(outbox)] : []),
      ...real
        .flatMap((report) => report.findings.map((one) => finding(one, report)))
        .slice(0, MAX_FINDING_EVENTS),
      ...real.flatMap(muchHidden),
      ...exclusions.filter(({ stale, endsSoon }) => stale || endsSoon).map(exclusionReview),
      ...changes.map(changeMade),
    ],
    metrics: [...real.flatMap(huntMetrics), ...(outbox ? outboxMetrics(outbox) : [])],
  };
}

function huntRun(report: RunReport, functionName: string | undefined): TelemetryEvent {
  const { hunt, workspace, window, coverage, counts, exclusions, problems } = report;
  return {
    name: 'HuntRun',
    properties: {
      ...scopeOf(report),
      tactics: hunt.tactics.join(','),
      techniques: hunt.techniques.join(','),
      ...(workspace.name !== undefined && { workspaceName: workspace.name }),
      ...(functionName !== undefined && { trigger: functionName }),
      outcome: report.outcome,
      baseline: String(report.baseline),
      dryRun: String(report.dryRun),
      startedAt: report.startedAt,
      ...(window && { windowFrom: window.from, windowTo: window.to }),
      ...(coverage.newest !== null && { newestEvent: coverage.newest }),
      leftOutExclusions: toJsonList(exclusions.leftOut.map(({ id }) => id)),
      problems: toJsonList(problems),
    },
    measurements: {
      durationMs: durationMs(report),
      ...(coverage.rows !== null && { tableRows: coverage.rows }),
      ...newestEventAge(report),
      ...(wasAnswered(report) && {
        sightings: counts.sightings,
        hidden: counts.hidden,
        known: counts.known,
        findings: counts.new,
      }),
      exclusionsApplied: exclusions.applied.length,
      exclusionsLeftOut: exclusions.leftOut.length,
      problemCount: problems.length,
    },
  };
}

function finding(
  { id, kind, device, firstSeen, lastSeen, count }: Finding,
  report: RunReport,
): TelemetryEvent {
  return {
    name: 'Finding',
    properties: {
      ...scopeOf(report),
      findingId: id,
      kind,
      baseline: String(report.baseline),
      ...(device && { deviceKey: deviceKeyOf(device) }),
      firstSeen,
      lastSeen,
    },
    ...(count !== undefined && { measurements: { count } }),
  };
}

function delivery({
  messageId,
  channel,
  outcome,
  reason,
  notBefore,
}: OutboxReport['deliveries'][number]): TelemetryEvent {
  return {
    name: 'Delivery',
    properties: {
      messageId,
      channel,
      outcome,
      ...(reason !== undefined && { reason: reason.slice(0, MAX_TEXT_LENGTH) }),
      ...(notBefore !== undefined && { notBefore }),
    },
  };
}

function outboxState({ waiting, deadLettered, problems }: OutboxReport): TelemetryEvent {
  return {
    name: 'Outbox',
    properties: { problems: toJsonList(problems) },
    measurements: {
      ...(waiting !== null && { waiting }),
      ...(deadLettered !== null && { deadLettered }),
      problemCount: problems.length,
    },
  };
}

/** When the channels are told how much exclusions hide together. */
function muchHidden(report: RunReport): TelemetryEvent[] {
  const { workspace, exclusions } = report;
  const { broad, applied } = exclusions;
  if (!broad?.told) return [];
  return [
    {
      name: 'MuchHidden',
      properties: {
        ...scopeOf(report),
        ...(workspace.name !== undefined && { workspaceName: workspace.name }),
        exclusions: toJsonList(applied),
      },
      measurements: { hidden: broad.hidden, sightings: broad.sightings, exclusionsApplied: applied.length },
    },
  ];
}

/** An exclusion that wants a look: it ends soon, or hid nothing for long. */
function exclusionReview(exclusion: ExclusionAccount): TelemetryEvent {
  const { id, file, owner, expires, stale, endsSoon, lastHit, hidden } = exclusion;
  return {
    name: 'ExclusionReview',
    properties: {
      exclusionId: id,
      file,
      owner,
      expires,
      stale: String(stale),
      endsSoon: String(endsSoon),
      ...(lastHit !== null && { lastHit }),
    },
    ...(hidden && { measurements: { hidden30: hidden.days30 } }),
  };
}

/** Somebody changed what the hunts hide, or discarded a message. */
function changeMade({ what, subject, by, claimed, at, exclusion, hides }: Change): TelemetryEvent {
  return {
    name: 'Change',
    properties: {
      what,
      subject,
      by: by.slice(0, MAX_TEXT_LENGTH),
      claimed: String(claimed),
      at,
      ...(exclusion && { expires: exclusion.expires }),
    },
    ...(hides && { measurements: { hidden: hides.hidden, sightings: hides.sightings } }),
  };
}

function huntMetrics(report: RunReport): TelemetryMetric[] {
  const { counts, coverage } = report;
  const values: Record<string, number> = {
    HuntDurationMs: durationMs(report),
    ...(coverage.rows !== null && { HuntTableRows: coverage.rows }),
    ...(wasAnswered(report) && {
      HuntSightings: counts.sightings,
      HuntHidden: counts.hidden,
      HuntFindings: counts.new,
    }),
  };
  const dimensions = {
    hunt: report.hunt.name,
    workspace: report.workspace.name ?? report.workspace.id,
    outcome: report.outcome,
  };
  return Object.entries(values).map(([name, value]) => ({ name, value, dimensions }));
}

function outboxMetrics({ waiting, deadLettered }: OutboxReport): TelemetryMetric[] {
  const values = { MessagesWaiting: waiting, DeadLetters: deadLettered };
  return Object.entries(values).flatMap(([name, value]) =>
    value === null ? [] : [{ name, value, dimensions: {} }],
  );
}

function scopeOf({ runId, hunt, workspace }: RunReport): Record<string, string> {
  return { runId, huntId: hunt.id, huntName: hunt.name, workspaceId: workspace.id };
}

/** The counts of a run that had no answer are not zero but unknown. */
function wasAnswered({ outcome }: RunReport): boolean {
  return outcome !== 'failed' && outcome !== 'lease-held';
}

function durationMs({ startedAt, finishedAt }: RunReport): number {
  return Date.parse(finishedAt) - Date.parse(startedAt);
}

/** How far behind the window's end the newest row was when it was ingested: a connector that has stopped shows here first. */
function newestEventAge({ coverage, window }: RunReport): Record<string, number> {
  if (coverage.newest === null || window === null) return {};
  const seconds = (Date.parse(window.to) - Date.parse(coverage.newest)) / 1000;
  return { newestEventAgeSeconds: Math.max(0, Math.round(seconds)) };
}

/** As a JSON array, without repeats, as many as fit a property. */
function toJsonList(texts: readonly string[]): string {
  const list: string[] = [];
  for (const text of new Set(texts)) {
    const short = text.slice(0, MAX_TEXT_LENGTH);
    if (JSON.stringify([...list, short]).length > MAX_LIST_LENGTH) break;
    list.push(short);
  }
  return JSON.stringify(list);
}
