import type { Simulated } from '../faults/time/simulate.ts';

/** What a simulation came to, and how to play a failure again. */
export function printSimulated({ seed, runs, failure }: Simulated): string {
  if (!failure)
    return `seed ${seed}: ${runs} histories, and all was told as somebody who sees every event would tell it`;
  return [
    `seed ${seed}: history ${runs} went wrong. The shortest that does:`,
    failure.history,
    failure.wrong,
    `Again: npm run faults -- time --seed ${seed} --path ${failure.path}`,
  ].join('\n');
}
