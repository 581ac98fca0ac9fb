/** A stretch of time; what happened at `to` lies in the next one. */
export interface Span {
  from: Date;
  to: Date;
}

/** What is shorter is nothing: a day ends with its last millisecond, and the next one begins a millisecond later. */
export const FINEST_MS = 1;

export function lengthOf({ from, to }: Span): number {
  return Math.max(0, to.getTime() - from.getTime());
}

/** In order, without overlaps: spans that touch are one. Empty ones vanish. */
export function unite(spans: readonly Span[]): Span[] {
  const united: Span[] = [];
  for (const { from, to } of spans.filter((span) => lengthOf(span) > 0).toSorted(byStart)) {
    const last = united.at(-1);
    if (last && from <= last.to) last.to = new Date(Math.max(to.getTime(), last.to.getTime()));
    else united.push({ from, to });
  }
  return united;
}

/** What is left of a span when another is taken out: none, one or two. */
export function without({ from, to }: Span, cut: Span): Span[] {
  if (cut.to <= from || cut.from >= to || lengthOf(cut) === 0) return [{ from, to }];
  return [
    { from, to: cut.from },
    { from: cut.to, to },
  ].filter((span) => lengthOf(span) > 0);
}

/** How much of a span others take up, in ms; what several take up counts once. */
export function overlapOf(span: Span, others: readonly Span[]): number {
  return unite(others).reduce((sum, other) => {
    const from = Math.max(span.from.getTime(), other.from.getTime());
    const to = Math.min(span.to.getTime(), other.to.getTime());
    return sum + Math.max(0, to - from);
  }, 0);
}

export function byStart(one: Span, other: Span): number {
  return one.from.getTime() - other.from.getTime();
}
