import { idOf } from '../domain/exclusions/attribution.ts';
import type { KeptReport } from '../domain/hunting/report.ts';
import type {
  DeviceHistory,
  KnownScope,
  MessageTrace,
  RememberedThing,
  ToldFinding,
} from '../ports/device-history.ts';

/** Why a device did or did not lead to findings, for each hunt on each workspace. Names and identities are the device's own words. */
export interface DeviceExplanation {
  device: string;
  scopes: ScopeExplanation[];
}

/** What is remembered of an account, an address, a hash, …, for each hunt on each workspace that has seen it. */
export interface EntityExplanation {
  entity: string;
  scopes: ScopeExplanation[];
}

export interface ScopeExplanation {
  hunt: string;
  workspaceId: string;
  /** When the first run was through, and up to when everything has been searched; null before that. */
  baselineAt: string | null;
  searchedUntil: string | null;
  /** The last runs, the latest first, and whether they returned the device. */
  runs: { id: string; startedAt: string; outcome: KeptReport['outcome']; sighted: Sighted }[];
  /** What is remembered of it; empty when no run ever returned it. */
  things: ExplainedThing[];
}

/** `perhaps`: what is remembered is exact to a day, and the run's window began within it. */
export type Sighted = 'yes' | 'no' | 'perhaps';

export interface ExplainedThing {
  device: { id?: string; name?: string };
  identity: string;
  firstSeen: string;
  lastSeen: string;
  /** `shown`: nothing hid it when it was last sighted. */
  status: 'shown' | 'hidden';
  /** Since when it is known, so that it is no news; null while it has only ever been hidden. */
  knownSince: string | null;
  /** The exclusions that hide it; `certain: false` where it is one of these, which is found out once a day. */
  hiddenBy: { exclusion: string; certain: boolean }[];
  findings: {
    id: string;
    kind: string;
    notifiedAt: string | null;
    message: { id: string } & ExplainedMessage;
  }[];
}

export type ExplainedMessage = Omit<MessageTrace, 'deliveries'> & {
  deliveries: { channel: string; at: string | null }[];
};

const RUNS_OF_DAYS = 7;
const MAX_RUNS = 10;
const DAY_MS = 86_400_000;

/** Reads only what was written down. Throws when the storage cannot be reached. */
export async function explainDevice(
  device: string,
  { history, clock }: { history: DeviceHistory; clock: () => Date },
): Promise<DeviceExplanation> {
  const since = new Date(clock().getTime() - RUNS_OF_DAYS * DAY_MS);
  const scopes = await history.scopes();
  return {
    device,
    scopes: await Promise.all(
      scopes.map((scope) => explainIn(scope, history.thingsOf(scope, device), since, history)),
    ),
  };
}

/** Reads only what was written down. Throws when the storage cannot be reached. */
export async function explainEntity(
  entity: string,
  { history, clock }: { history: DeviceHistory; clock: () => Date },
): Promise<EntityExplanation> {
  const since = new Date(clock().getTime() - RUNS_OF_DAYS * DAY_MS);
  const scopes = await history.scopes();
  const all = await Promise.all(
    scopes.map((scope) => explainIn(scope, history.thingsWith(scope, entity), since, history)),
  );
  return { entity, scopes: all.filter(({ things }) => things.length > 0) };
}

async function explainIn(
  scope: KnownScope,
  found: Promise<RememberedThing[]>,
  since: Date,
  history: DeviceHistory,
): Promise<ScopeExplanation> {
  const [progress, runs, things] = await Promise.all([
    history.progress(scope),
    history.runsSince(scope, since),
    found,
  ]);
  const findings = things.length > 0 ? await history.findings(scope) : [];
  const explained = things.map((thing) =>
    explainThing(
      thing,
      findings.filter(({ seenKey }) => seenKey === thing.key),
      (messageId) => history.trace(scope, messageId),
    ),
  );
  return {
    hunt: scope.huntName,
    workspaceId: scope.workspaceId,
    baselineAt: iso(progress.baselineAt),
    searchedUntil: iso(progress.searchedUntil),
    runs: runs.slice(0, MAX_RUNS).map((run) => ({
      id: run.runId,
      startedAt: run.startedAt,
      outcome: run.outcome,
      sighted: wasSighted(run, things),
    })),
    things: await Promise.all(explained),
  };
}

/** From what is remembered: first and last time, the latter to a day. */
function wasSighted({ window, outcome, startedAt }: KeptReport, things: readonly RememberedThing[]): Sighted {
  if (!window || outcome === 'failed' || outcome === 'lease-held') return 'no';
  const [from, to] = [new Date(window.from), new Date(window.to)];
  // What was first shown by a later run had not reached the workspace yet.
  const before = things.filter(
    ({ firstSeen, visibleSince }) =>
      firstSeen <= to && (visibleSince === undefined || visibleSince <= new Date(startedAt)),
  );
  if (before.some(({ firstSeen, lastSeen }) => (lastSeen >= from && lastSeen <= to) || firstSeen >= from))
    return 'yes';
  return before.some(({ lastSeen }) => lastSeen.getTime() + DAY_MS >= from.getTime()) ? 'perhaps' : 'no';
}

async function explainThing(
  thing: RememberedThing,
  findings: readonly ToldFinding[],
  trace: (messageId: string) => Promise<MessageTrace>,
): Promise<ExplainedThing> {
  const { hiddenUnder, hiddenBy } = thing;
  return {
    device: thing.device,
    identity: thing.identity,
    firstSeen: thing.firstSeen.toISOString(),
    lastSeen: thing.lastSeen.toISOString(),
    status: hiddenUnder ? 'hidden' : 'shown',
    knownSince: iso(thing.visibleSince),
    hiddenBy: (hiddenBy ?? hiddenUnder ?? []).map((exclusion) => ({
      exclusion: idOf(exclusion),
      certain: hiddenBy !== undefined,
    })),
    findings: await Promise.all(
      findings.map(async ({ id, kind, messageId, notifiedAt }) => {
        const { deliveries, ...message } = await trace(messageId);
        return {
          id,
          kind,
          notifiedAt: iso(notifiedAt),
          message: {
            id: messageId,
            ...message,
            deliveries: deliveries.map(({ channel, at }) => ({ channel, at: iso(at) })),
          },
        };
      }),
    ),
  };
}

function iso(moment: Date | undefined): string | null {
  return moment?.toISOString() ?? null;
}
