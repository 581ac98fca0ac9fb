import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dateToTicks } from '../../src/values/time-text.ts';
import { openEngine, type QueryEngine } from '../../src/workspace.ts';
import { NOW } from '../kql.ts';

/** A query that runs past its limit ends, whatever it does, and takes nothing with it. */

let engine: QueryEngine;

beforeAll(async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'stopped-')), 'Loaded_CL.csv');
  writeFileSync(file, 'TimeGenerated,Name\n2025-06-01T00:00:00Z,from the file\n');
  engine = await openEngine(new Map([['Loaded_CL', [file]]]), () => dateToTicks(NOW));
  await engine.append('Appended_CL', [{ TimeGenerated: '2025-06-01T00:00:00Z', Name: 'appended' }]);
  await engine.run('print 1');
});
afterAll(() => engine.close());

/** Each declared function calls the one before it three times. */
const THREEFOLD = Array.from(
  { length: 30 },
  (_, i) => `let f${i + 1} = (x: string) { strcat(f${i}(x), f${i}(x), f${i}(x)) };`,
);

const endless = {
  'works in DuckDB':
    'range a from 1 to 1000000 step 1 | extend k = 1 | join kind=inner (range b from 1 to 1000000 step 1 | extend k = 1) on k | summarize sum(a * b % 7)',
  'calls TypeScript for each row':
    'range a from 1 to 1000000000 step 1 | summarize max(reverse(tostring(a)))',
  'is never done with being translated': `let f0 = (x: string) { strcat(x, "a") }; ${THREEFOLD.join(' ')} print f30("x")`,
};

test.each(Object.entries(endless))(
  'a query that %s is stopped, and the next one answered',
  async (_what, query) => {
    const started = performance.now();
    const stopped = engine.run(query, { signal: AbortSignal.timeout(1000) });
    await expect(stopped).rejects.toMatchObject({ name: 'QueryError', kind: 'stopped' });
    expect(performance.now() - started).toBeLessThan(10_000);
    const { rows } = await engine.run('union Loaded_CL, Appended_CL | project Name | sort by Name asc');
    expect(rows).toEqual([['appended'], ['from the file']]);
  },
);

test('what is asked meanwhile is answered, although the process is ended', async () => {
  const stopped = engine.run(endless['is never done with being translated'], {
    signal: AbortSignal.timeout(1000),
  });
  const others = [1, 2, 3].map((n) => engine.run(`Appended_CL | project n = ${n}, Name`));
  const appending = engine.append('Appended_CL', [{ TimeGenerated: '2025-06-02T00:00:00Z', Name: 'later' }]);
  await expect(stopped).rejects.toMatchObject({ kind: 'stopped' });
  await appending;
  for (const [index, other] of others.entries()) {
    expect((await other).rows[0]?.[0]).toBe(BigInt(index + 1));
  }
  expect((await engine.run('Appended_CL | where Name == "later" | count')).rows).toEqual([[1n]]);
});

test('a query that is stopped before it began is not begun', async () => {
  await expect(engine.run('print 1', { signal: AbortSignal.abort() })).rejects.toMatchObject({
    kind: 'stopped',
  });
});

test('closing ends what still runs', async () => {
  const other = await openEngine(new Map(), () => dateToTicks(NOW));
  const running = other.run(endless['works in DuckDB']);
  const ended = expect(running).rejects.toMatchObject({ name: 'QueryError' });
  await other.close();
  await ended;
  await expect(other.run('print 1')).rejects.toMatchObject({ kind: 'stopped' });
});

test('long numbers, times, nulls and special reals arrive as they were', async () => {
  const { rows } = await engine.run(
    'print a = 9223372036854775807, b = datetime(9999-12-31), c = int(null), d = real(nan), e = real(-inf), f = dynamic({"a":[1]}), g = "é\\u0000"',
  );
  expect(rows).toEqual([
    [9223372036854775807n, 3155378112000000000n, null, Number.NaN, -Infinity, '{"a":[1]}', 'é\0'],
  ]);
});
