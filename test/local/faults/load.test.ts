import { runLoad } from '../../../local/faults/load.ts';

test('when there are too many hunts for a run, and two never answer, then each of the others is complete within a few runs', async () => {
  const { runs, starved } = await runLoad({ hunts: 30, queryMs: 300, hanging: 2, queriesMs: 2_500, runs: 4 });
  // Else the time was enough for all, and nothing is shown.
  expect(runs[0]?.completed).toBeLessThan(28);
  expect(starved).toBe(0);
}, 60_000);
