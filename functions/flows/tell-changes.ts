import type { OutboxReport } from '../domain/hunting/report.ts';
import type { Change } from '../domain/messages/kinds/changes-message.ts';
import { dueChanges, inMessages, planChanges } from '../domain/messages/plan-changes.ts';
import { type Invocation, toTelemetry } from '../domain/to-telemetry.ts';
import type { ChangeNotices, UntoldChange } from '../ports/change-notices.ts';
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

/** Tells the channels what people changed in the exclusions and the dead letters, several changes within minutes in one message. Throws when the storage cannot be read. */
export async function tellChanges(
  { queriesMs, signal, invocation = {} }: TellChangesRequest,
  deps: TellChangesDeps,
): Promise<TellChangesResult> {
  const { changes, clock } = deps;
  const due = dueChanges(await changes.untold(signal), clock());
  const described = await withWhatTheyHide(due, queriesMs, deps.preview);
  const told: Change[] = [];
  for (const some of inMessages(described)) {
    const these = some.map(({ change }) => change);
    const keys = some.map(({ key }) => key);
    if (await changes.tell(planChanges(these, keys, clock()), some)) told.push(...these);
  }
  // What no channel took the last time must not wait for the next hunt. Where another instance was faster, it delivers.
  const delivers = due.length === 0 ? await changes.waits(signal) : told.length > 0;
  if (!delivers) return { told: 0 };
  const outbox = await deliverOutbox(deps, { patienceMs: 0, signal });
  const records = toTelemetry({ reports: [], outbox, changes: told }, invocation);
  const telemetryProblem = await deps.telemetry?.send(records, invocation);
  return { told: told.length, outbox, ...(telemetryProblem !== undefined && { telemetryProblem }) };
}

/** What is not known at the end of the time stays unknown: the change is told all the same. */
async function withWhatTheyHide(
  due: readonly UntoldChange[],
  queriesMs: number,
  deps: PreviewDeps,
): Promise<UntoldChange[]> {
  const until = deps.clock().getTime() + queriesMs;
  const hiding = new Map<string, Change['hides']>();
  for (const { change } of due) {
    const { subject, exclusion } = change;
    if (!exclusion || hiding.has(subject)) continue;
    const left = until - deps.clock().getTime();
    hiding.set(subject, left > 0 ? await whatItHides(subject, left, deps) : null);
  }
  return due.map(({ key, change }) => ({
    key,
    change: change.exclusion ? { ...change, hides: hiding.get(change.subject) ?? null } : change,
  }));
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
