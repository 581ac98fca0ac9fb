import { pace } from '../../../functions/adapters/http/pace.ts';

const never = new AbortController().signal;

it('the first turn comes at once, later ones in order and an interval apart', async () => {
  const turn = pace(100);
  const start = performance.now();
  const at: number[] = [];
  await Promise.all(
    [1, 2, 3, 4].map(async (place) =>
      at.push((await turn(never)) ? place * 1_000 + (performance.now() - start) : 0),
    ),
  );
  expect(at.map((one) => Math.floor(one / 1_000))).toEqual([1, 2, 3, 4]);
  const times = at.map((one) => one % 1_000);
  expect(times[0]).toBeLessThan(90);
  for (const [index, time] of times.entries()) expect(time).toBeGreaterThanOrEqual(index * 100 - 2);
});

it('after a pause nobody waits', async () => {
  const turn = pace(300);
  await turn(never);
  await new Promise((resolve) => setTimeout(resolve, 320));
  const start = performance.now();
  expect(await turn(never)).toBe(true);
  expect(performance.now() - start).toBeLessThan(250);
});

it('when the deadline comes first, there is no turn', async () => {
  const turn = pace(10_000);
  await turn(never);
  expect(await turn(AbortSignal.timeout(20))).toBe(false);
  expect(await turn(AbortSignal.abort())).toBe(false);
});
