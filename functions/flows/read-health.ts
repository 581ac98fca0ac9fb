import pLimit from 'p-limit';
import type { Streak } from '../domain/hunting/plan-health.ts';
import type { HuntState } from '../ports/hunt-state.ts';
import type { Outbox } from '../ports/outbox.ts';
import type { Catalogue } from './read-catalogue.ts';

export interface HealthDeps {
  catalogue: () => Promise<Pick<Catalogue, 'switchedOn' | 'lists'>>;
  workspaces: readonly { id: string; name?: string }[];
  state: Pick<HuntState, 'peek'>;
  outbox: Outbox;
  clock: () => Date;
  /** Of the app, as its package says it. */
  version: string;
}

/** One hunt on one workspace. Times are ISO 8601. */
export interface HuntHealth {
  hunt: { id: string; name: string };
  workspace: { id: string; name?: string };
  /** Up to when complete runs have searched; null before the first. */
  searchedUntil: string | null;
  /** From then to now, in minutes. */
  lagMinutes: number | null;
  /** When it was last run, however that ended. */
  lastRun: string | null;
  /** Spans before `searchedUntil` that no run has looked at yet, and where the first begins. */
  owed: { spans: number; from: string | null };
  /** Runs in a row that were not completed; absent when the last one was. */
  notCompleted?: { runs: number; since: string; problems: Streak['problems'] };
  /** What the channels were told of how much exclusions hide together; absent while they hide little. */
  muchHidden?: { hidden: number; sightings: number; toldAt: string };
}

export interface Health {
  version: string;
  hunts: HuntHealth[];
  /** Messages that wait for a channel, the oldest of them, and those that were given up. */
  outbox: { waiting: number; oldest: string | null; deadLettered: number };
  /** Entries of exclusion lists that hide nothing, and why. */
  exclusionProblems: { id: string; reason: string }[];
}

const READS_AT_ONCE = 16;

/** Throws when the storage or a file cannot be read: then nothing is known. */
export async function readHealth({
  catalogue,
  workspaces,
  state,
  outbox,
  clock,
  version,
}: HealthDeps): Promise<Health> {
  const [{ switchedOn, lists }, waiting, deadLettered] = await Promise.all([
    catalogue(),
    outbox.pending(),
    outbox.deadLettered(),
  ]);
  const now = clock();
  const limit = pLimit(READS_AT_ONCE);
  const scopes = switchedOn.flatMap(({ id, name }) =>
    workspaces.map((workspace) => ({ hunt: { id, name }, workspace })),
  );
  const oldest = Math.min(...waiting.map(({ createdAt }) => createdAt.getTime()));
  return {
    version,
    hunts: await Promise.all(
      scopes.map((scope) =>
        limit(async (): Promise<HuntHealth> => {
          const { watermark, turnAt, arrears, streak, toldHiding } = (await state.peek(scope)).progress;
          const owed = arrears?.owed ?? [];
          return {
            ...scope,
            searchedUntil: watermark?.toISOString() ?? null,
            lagMinutes: watermark ? Math.round((now.getTime() - watermark.getTime()) / 60_000) : null,
            lastRun: turnAt?.toISOString() ?? null,
            owed: { spans: owed.length, from: owed[0]?.from.toISOString() ?? null },
            ...(streak && {
              notCompleted: {
                runs: streak.runs,
                since: streak.since.toISOString(),
                problems: streak.problems,
              },
            }),
            ...(toldHiding && {
              muchHidden: {
                hidden: toldHiding.hidden,
                sightings: toldHiding.sightings,
                toldAt: toldHiding.toldAt.toISOString(),
              },
            }),
          };
        }),
      ),
    ),
    outbox: {
      waiting: waiting.length,
      oldest: Number.isFinite(oldest) ? new Date(oldest).toISOString() : null,
      deadLettered,
    },
    exclusionProblems: lists.leftOut,
  };
}
