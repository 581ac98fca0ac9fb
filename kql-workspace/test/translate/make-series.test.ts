import { emptyEngine } from '../kql.ts';

const { rows, run } = emptyEngine();

const days = (...numbers: number[]): string[] =>
  numbers.map((day) => `2025-01-${String(day).padStart(2, '0')}T00:00:00.0000000Z`);
const events = `datatable(at: datetime, who: string, n: long)[
  datetime(2025-01-01 06:00), 'a', 4, datetime(2025-01-03), 'a', 3, datetime(2025-01-03 23:00), 'a', 6,
  datetime(2025-01-02 12:00), 'b', 8]`;

test('each step between the ends has the aggregate of its rows, or 0', async () => {
  expect(
    await rows(
      `${events} | make-series avg(n) on at from datetime(2025-01-01) to datetime(2025-01-05) step 1d by who | sort by who asc`,
    ),
  ).toEqual([
    { who: 'a', avg_n: [4, 0, 4.5, 0], at: days(1, 2, 3, 4) },
    { who: 'b', avg_n: [0, 8, 0, 0], at: days(1, 2, 3, 4) },
  ]);
});

test('the default stands where there are no rows; several aggregates, a number, and without groups', async () => {
  expect(
    await rows(
      `${events} | make-series c = count(), s = sum(n) default = long(null), one = -1 default = -2 on at from datetime(2025-01-01) to datetime(2025-01-05) step 1d`,
    ),
  ).toEqual([{ c: [1, 1, 2, 0], s: [4, 8, 9, null], one: [-1, -1, -1, -2], at: days(1, 2, 3, 4) }]);
});

test('rows before the beginning and behind the end are left out', async () => {
  expect(
    await rows(
      `${events} | make-series count() on at from datetime(2025-01-02) to datetime(2025-01-03) step 1d`,
    ),
  ).toEqual([{ count_: [1], at: days(2) }]);
});

test('steps are counted from the beginning; numbers and times of any step are axes', async () => {
  const series = `make-series count() on at from datetime(2025-01-01 06:00) to datetime(2025-01-01 18:00) step 6h`;
  expect((await rows(`${events} | take 1 | ${series}`))[0]).toEqual({
    count_: [1, 0],
    at: ['2025-01-01T06:00:00.0000000Z', '2025-01-01T12:00:00.0000000Z'],
  });
  expect(await rows('range i from -3 to 3 step 1 | make-series sum(i) on i from -4 to 4 step 4')).toEqual([
    { sum_i: [-6, 6], i: [-4, 0] },
  ]);
});

test('without ends each series goes from its first step with rows to its last', async () => {
  expect(await rows(`${events} | make-series count() on at step 1d by who | sort by who asc`)).toEqual([
    { who: 'a', count_: [1, 0, 2], at: days(1, 2, 3) },
    { who: 'b', count_: [1], at: days(2) },
  ]);
});

test('in a range the end is included, and steps are whole', async () => {
  const range = 'range(datetime(2025-01-01 03:00), datetime(2025-01-03 04:00), 1d)';
  expect(await rows(`${events} | make-series count() on at in ${range}`)).toEqual([
    { count_: [1, 1, 2], at: days(1, 2, 3) },
  ]);
});

test('no rows give no series, unless kind says so', async () => {
  const series = (kind: string): string =>
    `${events} | take 0 | make-series ${kind} avg(n) default = 1.0 on at from datetime(2025-01-01) to datetime(2025-01-03) step 1d`;
  expect(await rows(series(''))).toEqual([]);
  expect(await rows(series('kind=nonempty'))).toEqual([{ avg_n: [1, 1], at: days(1, 2) }]);
  expect(await rows(`${events} | take 0 | make-series count() on at step 1d by who`)).toEqual([]);
});

test('a series unrolls beside its axis', async () => {
  expect(
    await rows(
      `${events} | make-series s = sum(n) on at from datetime(2025-01-01) to datetime(2025-01-03) step 1d | mv-expand s to typeof(long), at to typeof(datetime)`,
    ),
  ).toEqual([
    { s: 4n, at: '2025-01-01T00:00:00Z' },
    { s: 8n, at: '2025-01-02T00:00:00Z' },
  ]);
});

test.each([
  ['make_list(n) on at step 1d', "'make_list(n)'"],
  ['max(who) on at step 1d', 'of a string'],
  ['count() default = 0.5 on at step 1d', 'a real default'],
  ['count() on at step 0d', 'not above 0'],
  ['count() on at to datetime(2025-01-02) step 1d', "without 'from'"],
  ['count() on at from datetime(2000-01-01) to datetime(2025-01-01) step 1s', 'more than 1048576'],
  [
    'count() on at from datetime(2025-01-02) to datetime(2025-01-03) step 1d by who',
    '1 groups with rows outside',
  ],
  ['count() on at from datetime(2025-01-01) to datetime(2025-01-03 12:00) step 1d', '1 rows behind its end'],
  [
    'count() on at in range(datetime(2025-01-01 12:00), datetime(2025-01-03 01:00), 1d)',
    'how its start is rounded',
  ],
])('%s is refused at its place', async (series, message) => {
  await expect(run(`${events}\n| make-series ${series}`)).rejects.toMatchObject({
    kind: 'unsupported',
    diagnostic: { message: expect.stringContaining(message), line: 4 },
  });
});
