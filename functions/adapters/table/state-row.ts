import { z } from 'zod';
import type { Breadth, ToldHiding } from '../../domain/exclusions/breadth.ts';
import type { ReckoningProgress } from '../../domain/exclusions/reckoning.ts';
import type { Arrears } from '../../domain/hunting/arrears.ts';
import { asciiJson } from '../../domain/hunting/bound-finding.ts';
import type { Streak } from '../../domain/hunting/plan-health.ts';

/** The `state` row of a hunt on a workspace. */
export const stateRow = z.object({
  etag: z.string(),
  /** When it was last written, by the storage's clock. */
  timestamp: z.coerce.date().optional(),
  LeaseOwner: z.string().default(''),
  /** By the storage's clock. */
  LeaseEnds: z.date().optional(),
  LeaseReleased: z.boolean().default(false),
  /** Of the version before; parked in the far future since. */
  LeaseUntil: z.date().optional(),
  /** Who writes here marks the scope before a message waits, see `waiting.ts`. */
  MarksWaiting: z.boolean().default(false),
  /** Runs since the last one that came to its end. */
  Abandoned: z.number().default(0),
  /** Owner and number of the last transaction: it tells whether one is stored whose answer was lost. */
  LastWrite: z.string().default(''),
  /** When the hunt was last run, however that ended. */
  TurnAt: z.date().optional(),
  Watermark: z.date().optional(),
  /** Spans as JSON: still to be looked at, and known to be lost. */
  Owed: z.string().optional(),
  Gaps: z.string().optional(),
  LookedAt: z.date().optional(),
  SweptAt: z.date().optional(),
  BaselineAt: z.date().optional(),
  /** Of the hunt as it was in the last complete run, and since when it has been so. */
  HuntHash: z.string().optional(),
  HuntSince: z.date().optional(),
  ReckonedAt: z.date().optional(),
  /** Queries for it on the day of the last of them. */
  ReckonQueries: z.number().default(0),
  ReckonQueriesAt: z.date().optional(),
  /** Names what was told last of columns that came with another type. */
  RetypedTold: z.string().optional(),
  /** About how many identities are remembered: what decides how they are read. */
  SeenCount: z.number().default(0),
  /** What was told of how much exclusions hide together; 0: nothing. */
  ToldHidden: z.number().default(0),
  ToldSightings: z.number().default(0),
  ToldHiddenAt: z.date().optional(),
  LastBroadAt: z.date().optional(),
  StreakRuns: z.number().default(0),
  StreakSince: z.date().optional(),
  StreakAlarmedAt: z.date().optional(),
  StreakProblems: z.string().optional(),
});

/** Columns of the `state` row cannot be taken out again by a merge: an ended streak is one of no runs. */
export function toStreakColumns(streak: Streak | undefined): Record<string, unknown> {
  if (!streak) return { StreakRuns: 0 };
  return {
    StreakRuns: streak.runs,
    StreakSince: streak.since,
    StreakProblems: asciiJson(streak.problems),
    ...(streak.alarmedAt && { StreakAlarmedAt: streak.alarmedAt }),
  };
}

export function fromStreakColumns(state: z.infer<typeof stateRow>): Streak | undefined {
  const { StreakRuns: runs, StreakSince: since, StreakAlarmedAt: alarmedAt, StreakProblems } = state;
  if (runs === 0 || !since) return undefined;
  return {
    runs,
    since,
    problems: z.array(z.string()).parse(JSON.parse(StreakProblems ?? '[]')),
    // Of an earlier streak, it tells nothing of this one.
    ...(alarmedAt && alarmedAt >= since && { alarmedAt }),
  };
}

export function toReckoningColumns({ reckonedAt, asked }: ReckoningProgress): Record<string, unknown> {
  return {
    ...(reckonedAt && { ReckonedAt: reckonedAt }),
    ...(asked && { ReckonQueries: asked.queries, ReckonQueriesAt: asked.at }),
  };
}

export function fromReckoningColumns(state: z.infer<typeof stateRow>): ReckoningProgress | undefined {
  const { ReckonedAt: reckonedAt, ReckonQueries: queries, ReckonQueriesAt: at } = state;
  if (!reckonedAt && !at) return undefined;
  return { ...(reckonedAt && { reckonedAt }), ...(at && { asked: { queries, at } }) };
}

export function toHidingColumns({ told }: Pick<Breadth, 'told'>): Record<string, unknown> {
  if (!told) return { ToldHidden: 0 };
  return {
    ToldHidden: told.hidden,
    ToldSightings: told.sightings,
    ToldHiddenAt: told.toldAt,
    LastBroadAt: told.lastAt,
  };
}

export function fromHidingColumns(state: z.infer<typeof stateRow>): ToldHiding | undefined {
  const { ToldHidden: hidden, ToldSightings: sightings, ToldHiddenAt: toldAt, LastBroadAt: lastAt } = state;
  return hidden > 0 && toldAt && lastAt ? { hidden, sightings, toldAt, lastAt } : undefined;
}

const span = { from: z.coerce.date(), to: z.coerce.date() };
const owedSpans = z.array(z.object({ ...span, why: z.enum(['missed', 'late', 'asked']), tries: z.number() }));
const gapSpans = z.array(z.object({ ...span, reason: z.string() }));

/** Both lists are bounded (50 spans each), so they fit a property. */
export function toArrearsColumns({ owed, gaps, lookedAt, sweptAt }: Arrears): Record<string, unknown> {
  return {
    Owed: asciiJson(owed),
    Gaps: asciiJson(gaps),
    ...(lookedAt && { LookedAt: lookedAt }),
    ...(sweptAt && { SweptAt: sweptAt }),
  };
}

/** Undefined where no run has said anything of them yet. */
export function fromArrearsColumns({
  Owed,
  Gaps,
  LookedAt,
  SweptAt,
}: z.infer<typeof stateRow>): Arrears | undefined {
  if (Owed === undefined) return undefined;
  return {
    owed: owedSpans.parse(JSON.parse(Owed)),
    gaps: gapSpans.parse(JSON.parse(Gaps ?? '[]')),
    ...(LookedAt && { lookedAt: LookedAt }),
    ...(SweptAt && { sweptAt: SweptAt }),
  };
}
