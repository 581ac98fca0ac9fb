import fc from 'fast-check';
import { histories } from './history.ts';
import { judgeHistory } from './judge-history.ts';
import { playHistory } from './play-history.ts';

/** How a simulation ended; `failure` holds the shortest history that fast-check came to, and what is wrong in it. */
export interface Simulated {
  seed: number;
  runs: number;
  failure?: { path: string; history: string; wrong: string };
}

/** Plays so many random histories. The seed, and the path of a failure, play the same again. */
export async function simulate(
  { seed, runs, path, signal }: { seed: number; runs: number; path?: string; signal?: AbortSignal },
  onHistory: (count: number) => void = () => undefined,
): Promise<Simulated> {
  let count = 0;
  const property = fc.asyncProperty(histories, async (history) => {
    signal?.throwIfAborted();
    const wrong = judgeHistory(history, await playHistory(history));
    onHistory(++count);
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  });
  const details = await fc.check(property, { seed, numRuns: runs, ...(path !== undefined && { path }) });
  if (!details.failed) return { seed, runs: details.numRuns };
  return {
    seed,
    runs: details.numRuns,
    failure: {
      path: details.counterexamplePath ?? '',
      history: JSON.stringify(details.counterexample?.[0], null, 2),
      wrong:
        details.errorInstance instanceof Error
          ? details.errorInstance.message
          : String(details.errorInstance),
    },
  };
}
