import { type CompiledHunt, type Moment, momentAt } from './compiled-hunt.ts';
import { FINEST_MS, lengthOf, type Span } from './span.ts';

/** One look of a hunt at its tables, now or as of an earlier time; `from` to `to` is what it covers. */
export interface Slice extends Span {
  /** The run's time T: what `now()` means in the query, and the end of what its tables hold. */
  at: Date;
  /** How far back a query looks that leaves it open. */
  lookbackMs: number;
  /** For the service, which skips what lies outside: it saves cost and changes no result. */
  timespan: Span;
  /** False when it is not known what the query looks at. */
  covered: boolean;
}

/** How far slices reach, and how far apart runs are. */
export interface Reaches {
  /** For a query that says nothing of time. */
  defaultLookbackMs: number;
  /** Data is kept that long: nothing is looked at beyond, unless the query itself does. */
  maxLookbackMs: number;
  /** Between two runs of the schedule. */
  intervalMs: number;
}

const DAY_MS = 86_400_000;
/** As long as nobody has settled otherwise. */
export const usualReaches: Reaches = {
  defaultLookbackMs: DAY_MS,
  maxLookbackMs: 30 * DAY_MS,
  intervalMs: DAY_MS / 6,
};

/** Endpoint clocks run ahead; the service's own filter must not cut what the tables' bound leaves in. */
const CLOCKS_AHEAD_MS = 3_600_000;

/** What a hunt looks at in a run at `at`. */
export function sliceAt(compiled: CompiledHunt, at: Date, reaches: Reaches, lookbackMs?: number): Slice {
  const lookback = lookbackMs ?? usualLookback(compiled, reaches);
  const covers = coverAt(compiled, at, reaches, lookback);
  const { from, to } = covers ?? { from: new Date(at.getTime() - lookback), to: at };
  const needed = compiled.tables.map(({ needs }) =>
    needs?.from ? momentAt(needs.from, at, lookback).getTime() : at.getTime() - reaches.maxLookbackMs,
  );
  return {
    at,
    from,
    to,
    lookbackMs: lookback,
    timespan: {
      from: new Date(Math.min(from.getTime(), ...needed)),
      to: new Date(at.getTime() + CLOCKS_AHEAD_MS),
    },
    covered: covers !== undefined,
  };
}

/**
 * What a run in the present looks at. A person may ask for more or less than usual of a hunt that leaves it open and does not count; a first run looks at
 * no less than usual.
 */
export function presentSlice(
  compiled: CompiledHunt,
  now: Date,
  reaches: Reaches,
  { requestedLookbackMs, first }: { requestedLookbackMs?: number | undefined; first: boolean },
): Slice {
  const usual = usualLookback(compiled, reaches);
  const open = compiled.coversFrom !== 'declared' && !compiled.counts;
  const asked = open ? (requestedLookbackMs ?? usual) : usual;
  return sliceAt(compiled, now, reaches, first ? Math.max(usual, asked) : asked);
}

/** A run begins some time after it is due: an interval is taken to be so much longer. */
const LATE_START = 1.5;

/**
 * The part of a present slice that settles something: of a hunt that counts or pairs, each run sees what no other sees, so it is the time since the run before (up to
 * `watermark`); where runs were missed, what one run adds.
 */
export function settledBy(
  compiled: CompiledHunt,
  slice: Slice,
  { intervalMs }: Reaches,
  watermark?: Date,
): Span {
  const { from, to } = slice;
  if (!slides(compiled, slice)) return { from, to };
  const late = new Date(to.getTime() - intervalMs * LATE_START);
  const since = watermark && watermark < late ? new Date(to.getTime() - intervalMs) : late;
  return { from: new Date(Math.max(from.getTime(), since.getTime())), to };
}

/** What it finds in a stretch is more than what it finds in its parts. */
function goesByRuns({ counts, pairs = false }: CompiledHunt): boolean {
  return counts || pairs;
}

/** Whether each run of a hunt that counts sees another stretch, which ends with the run. */
function slides(compiled: CompiledHunt, { at, to }: Slice): boolean {
  return goesByRuns(compiled) && to.getTime() === at.getTime();
}

/** Spans, as the runs of the schedule would have looked at them: what counts finds in a part of a stretch is not what it finds in the whole. */
export function asRunsLook(
  spans: readonly Span[],
  compiled: CompiledHunt,
  slice: Slice,
  { intervalMs }: Reaches,
): Span[] {
  if (!slides(compiled, slice)) return [...spans];
  const length = lengthOf(slice);
  const step = Math.min(intervalMs, length);
  const end = slice.to.getTime();
  const cell = (time: Date) => (end - time.getTime()) / step;
  // Every run that reached back to the span saw it together with something else.
  const more = Math.max(0, length - intervalMs);
  return spans.map(({ from, to }) => ({
    // What happened at the very border belongs to the run before.
    from: new Date(end - (Math.floor(cell(from)) + 1) * step),
    to: new Date(Math.min(end - Math.floor(cell(to)) * step + more, slice.from.getTime())),
  }));
}

/**
 * The slice that looks at the beginning of a span as a run would have then, and at no more of it than one run can: of a hunt that counts, an interval of the
 * schedule. Undefined when no run does: the query's times are absolute, say.
 */
export function sliceFor(
  compiled: CompiledHunt,
  span: Span,
  now: Date,
  reaches: Reaches,
): (Slice & { settles: Span }) | undefined {
  const lookback = usualLookback(compiled, reaches);
  const cover = (at: number) => coverAt(compiled, new Date(at), reaches, lookback);
  const step = goesByRuns(compiled) ? Math.min(lengthOf(span), reaches.intervalMs) : lengthOf(span);
  const wanted = span.from.getTime() + step;
  const [start, end] = [span.from.getTime(), now.getTime()];
  if (!cover(end)) return undefined;
  // Reaches move with T and never back, so both can be found by halving.
  const reachesStep = firstWhere(start, end, (at) => (cover(at)?.to.getTime() ?? 0) >= wanted) ?? end;
  const lastBefore = (leaves: (from: number) => boolean) => {
    const left = firstWhere(start, end, (at) => leaves(cover(at)?.from.getTime() ?? 0));
    return Math.min(reachesStep, left === undefined ? end : left - 1);
  };
  const exact = lastBefore((from) => from > start);
  // `> ago(4h)` leaves out the moment itself, so the slice begins a moment earlier where it still reaches into the span. What counts keeps to its borders.
  const earlier = goesByRuns(compiled) ? exact : lastBefore((from) => from >= start);
  const atNextBorder = lastBefore((from) => from > start + FINEST_MS);
  for (const at of [earlier, exact, atNextBorder]) {
    const slice = sliceAt(compiled, new Date(at), reaches);
    const rest = span.to.getTime() - slice.to.getTime();
    const to = rest > FINEST_MS ? slice.to : span.to;
    if (slice.from.getTime() <= start + FINEST_MS && to > span.from)
      return { ...slice, settles: { from: span.from, to } };
  }
  return undefined;
}

function usualLookback(compiled: CompiledHunt, { defaultLookbackMs }: Reaches): number {
  return compiled.lookbackMs ?? defaultLookbackMs;
}

function coverAt(
  { covers }: CompiledHunt,
  at: Date,
  { maxLookbackMs }: Reaches,
  lookbackMs: number,
): Span | undefined {
  if (!covers) return undefined;
  const time = (moment: Moment | null, open: number) =>
    moment ? momentAt(moment, at, lookbackMs).getTime() : open;
  const from = time(covers.from, at.getTime() - maxLookbackMs);
  const to = Math.min(at.getTime(), time(covers.to, at.getTime()));
  return { from: new Date(from), to: new Date(Math.max(from, to)) };
}

/** The first whole millisecond from `start` to `end` for which a condition holds that, once true, stays so. */
function firstWhere(start: number, end: number, holds: (at: number) => boolean): number | undefined {
  if (!holds(end)) return undefined;
  let [low, high] = [start, end];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
