/** What something takes, in ms. */
export async function timed<T>(run: () => Promise<T> | T): Promise<{ value: T; ms: number }> {
  const started = performance.now();
  const value = await run();
  return { value, ms: performance.now() - started };
}

/** The middle one; of an even number the upper. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** The times of two ways to the same, in ms. */
export interface Turns {
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  /** Of the best runs: whatever else the machine does only adds to the others. */
  readonly ratio: number;
}

/** Times two in turns, so that whatever else the machine does meets both; `most` runs of each, or what fits into `limit` ms. */
export async function timeInTurns(
  ours: () => Promise<unknown>,
  theirs: () => Promise<unknown>,
  most: number,
  limit = Number.POSITIVE_INFINITY,
): Promise<Turns> {
  const started = performance.now();
  const [a, b]: [number[], number[]] = [[], []];
  for (let run = 0; run < most; run++) {
    if (run >= 2 && performance.now() - started > limit) break;
    b.push((await timed(theirs)).ms);
    a.push((await timed(ours)).ms);
  }
  return { ours: a, theirs: b, ratio: Math.min(...a) / Math.min(...b) };
}
