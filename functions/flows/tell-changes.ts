import type { OutboxReport } from '../domain/hunting/report.ts';
import type { Change } from '../domain/messages/kinds/changes-message.ts';
import { dueChanges, planChanges } from '../domain/messages/plan-changes.ts';
import { type Invocation, toTelemetry } from '../domain/to-telemetry.ts';
import type { ChangeNotices } from '../ports/change-notices.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { type DeliveryDeps, deliverOutbox } from './deliver-outbox.ts';
import { type PreviewDeps, previewExclusion } from './preview-exclusion.ts';

export interface TellChangesDeps extends DeliveryDeps {
  changes: ChangeNotices;
  preview: PreviewDeps;
  clock: () => Date;
  /** Absent: nobody wants it. */
  telemetry?: Telemetry;
}

export interface TellChangesRequest {
  /** From now, for the queries that find out what the changed exclusions hide. */
  queriesMs: number;
  /** Ends the delivery. */
  signal: AbortSignal;
  /** For telemetry. */
  invocation?: Invocation;
}

export interface TellChangesResult {
  /** Changes that are in a message now. */
  told: number;
  /** Absent when there was nothing to deliver. */
  outbox?: OutboxReport;
  /** Why dashboards may not know of it; absent when all is well. */
  telemetryProblem?: string;
}

/** Tells the channels what people changed in the exclusions and the dead letters, several changes within minutes as one message. Throws when the storage cannot be read. */
export async function tellChanges(
  { queriesMs, signal, invocation = {} }: TellChangesRequest,
  deps: TellChangesDeps,
): Promise<TellChangesResult> {
  const { changes, clock } = deps;
  const due = dueChanges(await changes.untold(signal), clock());
  if (due.length === 0) return { told: 0 };
  const told = await withWhatTheyHide(
    due.map(({ change }) => change),
    queriesMs,
    deps.preview,
  );
  const keys = due.map(({ key }) => key);
  if (!(await changes.tell(planChanges(told, keys, clock()), due))) return { told: 0 };
  const outbox = await deliverOutbox(deps, { patienceMs: 0, signal });
  const records = toTelemetry({ reports: [], outbox, changes: told }, invocation);
  const telemetryProblem = await deps.telemetry?.send(records, invocation);
  return { told: told.length, outbox, ...(telemetryProblem !== undefined && { telemetryProblem }) };
}

/** What is not known at the end of the time stays unknown: the change is told all the same. */
async function withWhatTheyHide(
  changes: readonly Change[],
  queriesMs: number,
  deps: PreviewDeps,
): Promise<Change[]> {
  const until = deps.clock().getTime() + queriesMs;
  const hiding = new Map<string, Change['hides']>();
  for (const { subject } of changes.filter(({ exclusion }) => exclusion !== undefined)) {
    const left = until - deps.clock().getTime();
    if (!hiding.has(subject)) hiding.set(subject, left > 0 ? await whatItHides(subject, left, deps) : null);
  }
  return changes.map((change) =>
    change.exclusion ? { ...change, hides: hiding.get(change.subject) ?? null } : change,
  );
}

async function whatItHides(id: string, queriesMs: number, deps: PreviewDeps): Promise<Change['hides']> {
  try {
    const outcome = await previewExclusion({ subject: { id }, queriesMs }, deps);
    if (outcome.kind !== 'preview') return null;
    const sum = (of: 'hidesInAll' | 'sightings' | 'devices') =>
      outcome.previews.reduce((total, preview) => total + preview[of], 0);
    return {
      hidden: sum('hidesInAll'),
      sightings: sum('sightings'),
      devices: sum('devices'),
      whole: outcome.previews.every(({ problems }) => problems.length === 0),
    };
  } catch {
    return null;
  }
}
