import { emptyEngine } from '../kql.ts';

const { rows, append } = emptyEngine();

const events = `datatable(what: string, step: string, id: long)[
  'Event', 'Start', 1, 'Event', 'Stop', 1, 'Other', 'Stop', 1, 'Event', 'Stop', 2]`;

test('a name that as gives can be used behind it: in a join, a toscalar, a union', async () => {
  expect(
    await rows(
      `${events} | where what == 'Event' | as T | where step == 'Start' | join (T | where step == 'Stop') on id | project what1, step1`,
    ),
  ).toEqual([{ what1: 'Event', step1: 'Stop' }]);
  expect(
    await rows(
      `${events} | summarize n = count() by id | as hint.materialized=true T | extend Share = 100.0 * n / toscalar(T | summarize sum(n)) | sort by id asc`,
    ),
  ).toEqual([
    { id: 1n, n: 3n, Share: 75 },
    { id: 2n, n: 1n, Share: 25 },
  ]);
  expect(await rows(`${events} | as A | where id == 2 | as B | union A, B | count`)).toEqual([{ Count: 6n }]);
});

test('it is what withsource says', async () => {
  expect(
    await rows(
      `print x = 1 | as T1 | union withsource=Source (print x = 2 | as T2) | project Source, x | sort by x asc`,
    ),
  ).toEqual([
    { Source: 'T1', x: 1n },
    { Source: 'T2', x: 2n },
  ]);
});

test('it holds inside of a function and of mv-apply', async () => {
  const above =
    'let f = () { range x from 1 to 3 step 1 | as T | where x > toscalar(T | summarize avg(x)) };';
  expect(await rows(`${above} f() | union f()`)).toEqual([{ x: 3n }, { x: 3n }]);
  expect(
    await rows(
      'datatable(d: dynamic)[dynamic([1, 2])] | mv-apply d to typeof(long) on (as T | summarize s = sum(d))',
    ),
  ).toEqual([{ s: 3n }]);
});

test('search * takes every row of every table', async () => {
  await append('DeviceInfo', [{ TimeGenerated: '2025-06-01T00:00:00Z' }, {}]);
  await append('DeviceEvents', [{}]);
  expect(await rows('search * | summarize count() by $table | sort by $table asc')).toEqual([
    { $table: 'DeviceEvents', count_: 1n },
    { $table: 'DeviceInfo', count_: 2n },
  ]);
  expect(await rows(`${events} | search * | count`)).toEqual([{ Count: 4n }]);
});
