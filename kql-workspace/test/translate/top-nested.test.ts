import { emptyEngine } from '../kql.ts';

const { rows, run } = emptyEngine();

const visits = `datatable(id: string, at: datetime, note: string, n: long)[
  "ann", datetime(2025-01-01), "1", 5, "ann", datetime(2025-01-03), "2", 1, "ann", datetime(2025-01-02), "3", 1,
  "bob", datetime(2025-01-20), "4", 2, "bob", datetime(2025-01-18), "5", 2, "cid", datetime(2025-01-19), "6", 1]`;

test('the highest values, and the highest within each of them', async () => {
  expect(
    await rows(
      `${visits} | top-nested 2 of id by sum(n), top-nested 1 of note by Most = max(n) | sort by id asc`,
    ),
  ).toEqual([
    { id: 'ann', aggregated_id: 7n, note: '1', Most: 5n },
    expect.objectContaining({ id: 'bob', aggregated_id: 4n, Most: 2n }),
  ]);
});

test('without a number all values are there, so that further columns can stand beside them', async () => {
  expect(
    await rows(
      `${visits} | top-nested of id by I0 = max(1), top-nested 2 of at by I1 = max(at), top-nested of note by I2 = max(1) | project-away I* | sort by id asc, at desc`,
    ),
  ).toEqual([
    { id: 'ann', at: '2025-01-03T00:00:00Z', note: '2' },
    { id: 'ann', at: '2025-01-02T00:00:00Z', note: '3' },
    { id: 'bob', at: '2025-01-20T00:00:00Z', note: '4' },
    { id: 'bob', at: '2025-01-18T00:00:00Z', note: '5' },
    { id: 'cid', at: '2025-01-19T00:00:00Z', note: '6' },
  ]);
});

test('upwards it is the lowest; a value may be calculated, an aggregate out of several', async () => {
  expect(
    await rows(`${visits} | top-nested 1 of Day = startofmonth(at) by Rate = sum(n) * 1.0 / count() asc`),
  ).toEqual([{ Day: '2025-01-01T00:00:00Z', Rate: 2 }]);
  expect(await rows(`${visits} | top-nested 1 of id by count() asc`)).toEqual([
    { id: 'cid', aggregated_id: 1n },
  ]);
});

test('others are refused at their place', async () => {
  await expect(run(`${visits}\n| top-nested 1 of id with others = 'o' by count()`)).rejects.toMatchObject({
    kind: 'unsupported',
    diagnostic: { message: expect.stringContaining('others'), line: 4, column: 22 },
  });
});
