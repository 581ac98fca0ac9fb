import { byStart, overlapOf, type Span, unite, without } from './span.ts';

/** Why a span is still to be looked at: no run was at it, events came late, or a person asked. */
export type WhyOwed = 'missed' | 'late' | 'asked';

/** A span that is still to be looked at, and how often that was tried in vain. */
export interface Owed extends Span {
  why: WhyOwed;
  tries: number;
}

/** A span that no run looked at and none will. */
export interface Gap extends Span {
  /** In words that end a sentence. */
  reason: string;
}

/** The tries of a span that no slice looks at. */
export const UNREACHABLE = Number.MAX_SAFE_INTEGER - 1;

/** So many spans are kept apart; beyond, the nearest become one, and what lies between is looked at again. */
const MOST_SPANS = 50;

/** The list with a span added, as far as it is not in it. */
export function owe(owed: readonly Owed[], spans: readonly Span[], why: WhyOwed): Owed[] {
  const fresh = spans.flatMap((span) =>
    owed.reduce<Span[]>((parts, known) => parts.flatMap((part) => without(part, known)), [span]),
  );
  const [untried, others] = [
    owed.filter((one) => one.why === why && one.tries === 0),
    owed.filter((one) => !(one.why === why && one.tries === 0)),
  ];
  const united = unite([...untried, ...fresh]).map((span): Owed => ({ ...span, why, tries: 0 }));
  return fewer([...others, ...united].toSorted(byStart));
}

/** The list without what a slice looked at. */
export function settle(owed: readonly Owed[], looked: Span): Owed[] {
  return owed.flatMap((one) => without(one, looked).map((part) => ({ ...one, ...part })));
}

/** The list after a slice that was not answered whole: its part waits on its own, tried once more. */
export function tryAgain(owed: readonly Owed[], { why, tries }: Owed, looked: Span): Owed[] {
  return [...settle(owed, looked), { ...looked, why, tries: tries + 1 }].toSorted(byStart);
}

/** What can't be looked at any more: tried too often, or so long ago that the data is gone. */
export function giveUp(
  owed: readonly Owed[],
  { now, maxLookbackMs, tries }: { now: Date; maxLookbackMs: number; tries: number },
): { owed: Owed[]; gaps: Gap[] } {
  const oldest = new Date(now.getTime() - maxLookbackMs);
  const before = { from: new Date(0), to: oldest };
  const gaps: Gap[] = [];
  const left: Owed[] = [];
  for (const one of owed) {
    if (one.tries >= tries) {
      const reason =
        one.tries >= UNREACHABLE
          ? 'no run of the hunt, whatever its time, looks at it'
          : `it was tried ${one.tries} times in vain`;
      gaps.push({ from: one.from, to: one.to, reason });
      continue;
    }
    const gone = overlapOf(one, [before]);
    // What a person asked for beyond is not there to be missed.
    if (gone > 0 && one.why !== 'asked')
      gaps.push({
        from: one.from,
        to: new Date(one.from.getTime() + gone),
        reason: `it is more than ${Math.round(maxLookbackMs / 86_400_000)} days ago`,
      });
    left.push(...without(one, before).map((part) => ({ ...one, ...part })));
  }
  return { owed: left, gaps };
}

/** What to look at next: the oldest of those that were tried least. */
export function nextOwed(owed: readonly Owed[], triedNow: ReadonlySet<string>): Owed | undefined {
  return owed
    .filter((one) => !triedNow.has(keyOf(one)))
    .toSorted((one, other) => one.tries - other.tries || byStart(one, other))[0];
}

/** What a span is known by within a run. */
export function keyOf({ from, to }: Span): string {
  return `${from.toISOString()} ${to.toISOString()}`;
}

function fewer(owed: Owed[]): Owed[] {
  const list = [...owed];
  while (list.length > MOST_SPANS) {
    const distances = list
      .slice(1)
      .map((one, index) => one.from.getTime() - (list[index]?.to.getTime() ?? 0));
    const at = distances.indexOf(Math.min(...distances));
    const [one, other] = list.slice(at, at + 2);
    if (!one || !other) break;
    const to = new Date(Math.max(other.to.getTime(), one.to.getTime()));
    list.splice(at, 2, { ...one, to, tries: Math.min(one.tries, other.tries) });
  }
  return list;
}
