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
