import { setTimeout } from 'node:timers/promises';

/** Waits for the next turn; false when `signal` ended the wait. */
export type Turn = (signal: AbortSignal) => Promise<boolean>;

/** Turns that lie at least `intervalMs` apart within this process, in the order they were asked for. */
export function pace(intervalMs: number): Turn {
  let free = 0;
  return async (signal) => {
    const now = performance.now();
    const turn = Math.max(now, free);
    free = turn + intervalMs;
    if (turn === now) return !signal.aborted;
    return setTimeout(turn - now, true, { signal }).catch(() => false);
  };
}

/** Turns of which at most `most` lie within any `perMs`, in the order they were asked for in. */
export function quota(most: number, perMs: number): Turn {
  const taken: number[] = [];
  return async (signal) => {
    const now = performance.now();
    const oldest = taken.length < most ? undefined : taken.shift();
    const turn = oldest === undefined ? now : Math.max(now, oldest + perMs);
    taken.push(turn);
    if (turn === now) return !signal.aborted;
    return setTimeout(turn - now, true, { signal }).catch(() => false);
  };
}
