import type { CompiledHunt } from './compiled-hunt.ts';
import { type Gap, giveUp, type Owed, owe, settle } from './owed.ts';
import type { Evidence } from './read-answers.ts';
import { asRunsLook, type Reaches, type Slice, settledBy } from './slice.ts';
import { FINEST_MS, type Span, unite, without } from './span.ts';

/** What no run has looked at: what is still to be looked at, and what never will be. */
export interface Arrears {
  owed: Owed[];
  /** Told already. Absence does not count in them. */
  gaps: Gap[];
  /** Up to when rows that came late are known. */
  lookedAt?: Date;
  /** When spans with late rows were last looked at. */
  sweptAt?: Date;
}

export const noArrears: Arrears = { owed: [], gaps: [] };

/** A span that was tried so often in vain is given up. */
export const MOST_TRIES = 5;
const DAY_MS = 86_400_000;
/** So many gaps are remembered, the latest. */
const MOST_GAPS = 50;

/** Rows that come late are looked for once a day: each costs a slice, and some table always has some. */
export function isSweepDue({ sweptAt }: Arrears, now: Date): boolean {
  return sweptAt === undefined || now.getTime() - sweptAt.getTime() >= DAY_MS;
}

export interface Look {
  compiled: CompiledHunt;
  slice: Slice;
  evidence: Pick<Evidence, 'outcome' | 'late'>;
  reaches: Reaches;
  now: Date;
  /** From here on, a person asks. */
  askedFrom?: Date | undefined;
}

/** What a look at the present leaves open. */
export interface Advance {
  arrears: Arrears;
  /** The end of what is covered; absent when the old one stands. */
  watermark?: Date;
  /** To be told. */
  gaps: Gap[];
}

/** Pure: the arrears after a look at the present. `before.watermark` is absent until a first run was complete; so long, nothing is owed. */
export function advance(
  before: { watermark?: Date | undefined; arrears?: Arrears | undefined; baseline: boolean },
  look: Look,
): Advance {
  const { compiled, slice, evidence, askedFrom } = look;
  let { arrears = noArrears } = before;
  let watermark: Date | undefined;
  if (evidence.outcome === 'complete' && slice.covered) {
    const settled = settledBy(compiled, slice, look.reaches, before.watermark);
    let owed = settle(arrears.owed, settled);
    if (before.watermark && !before.baseline) {
      owed = owe(owed, between(before.watermark, settled.from), 'missed');
      // What lies behind the watermark is not late, it was missed.
      const since = { from: before.watermark, to: slice.at };
      const late = (evidence.late ?? []).flatMap((span) => without(span, since));
      owed = owe(owed, asRunsLook(late, compiled, slice, look.reaches), 'late');
    }
    if (askedFrom) owed = owe(owed, between(askedFrom, settled.from), 'asked');
    watermark = new Date(Math.max(settled.to.getTime(), before.watermark?.getTime() ?? 0));
    // What could not be found out of late rows is looked for again.
    arrears = { ...arrears, owed, ...(evidence.late && { lookedAt: slice.at }) };
  }
  const { arrears: left, gaps } = closeGaps(arrears, look);
  return { arrears: left, gaps, ...(watermark && { watermark }) };
}

/** Pure: gives up what can't be looked at any more. */
export function closeGaps(
  arrears: Arrears,
  { compiled, reaches, now }: Pick<Look, 'compiled' | 'reaches' | 'now'>,
): { arrears: Arrears; gaps: Gap[] } {
  const reason = compiled.notReplayable[0];
  if (reason !== undefined) {
    // What came late is told like the sweep that it stands for, once a day.
    const due = isSweepDue(arrears, now);
    const lost = arrears.owed.filter(({ why }) => why === 'missed' || (why === 'late' && due));
    const kept = arrears.owed.filter(({ why }) => why === 'late' && !due);
    const swept = lost.some(({ why }) => why === 'late');
    const gaps = unite(lost).map((span) => ({
      ...span,
      reason: `the hunt can't be run for an earlier time: ${reason}`,
    }));
    return { arrears: remember({ ...arrears, owed: kept, ...(swept && { sweptAt: now }) }, gaps), gaps };
  }
  const { owed, gaps } = giveUp(arrears.owed, {
    now,
    maxLookbackMs: reaches.maxLookbackMs,
    tries: MOST_TRIES,
  });
  return { arrears: remember({ ...arrears, owed }, gaps), gaps };
}

/** Rows count as late for some time before the last look too: they can be searched only a while after they are ingested, and clocks differ. */
const LATE_SLACK_MS = 2 * 60_000;

/** Pure: which rows came too late for every run before; undefined before the first complete one. */
export function lateSearch(
  { arrears }: { arrears?: Arrears },
  now: Date,
  { maxLookbackMs }: Reaches,
): { ingestedAfter: Date; from: Date } | undefined {
  if (!arrears?.lookedAt) return undefined;
  return {
    ingestedAfter: new Date(arrears.lookedAt.getTime() - LATE_SLACK_MS),
    from: new Date(now.getTime() - maxLookbackMs),
  };
}

/** What is known not to have been looked at. */
export function uncovered({ owed, gaps }: Arrears): Span[] {
  return [...owed, ...gaps];
}

/** A gap that is known. */
export function remember(arrears: Arrears, gaps: readonly Gap[]): Arrears {
  return { ...arrears, gaps: [...arrears.gaps, ...gaps].slice(-MOST_GAPS) };
}

function between(from: Date, to: Date): Span[] {
  return to.getTime() - from.getTime() > FINEST_MS ? [{ from, to }] : [];
}
