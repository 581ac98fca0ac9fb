import { emptyEngine } from '../kql.ts';

const kql = emptyEngine();

test('set query_now moves now() and ago(), wherever they stand', async () => {
  const query = `set query_now = datetime(2025-03-04T05:06:07.8901234Z);
    let start = ago(1d);
    let f = () { now(-1h) };
    print now = now(), start = start, f = f(), later = now(2d)`;
  expect(await kql.rows(query)).toEqual([
    {
      now: '2025-03-04T05:06:07.8901234Z',
      start: '2025-03-03T05:06:07.8901234Z',
      f: '2025-03-04T04:06:07.8901234Z',
      later: '2025-03-06T05:06:07.8901234Z',
    },
  ]);
});

test('of two that say the same, the later holds', async () => {
  const query = 'set query_now = datetime(2025-01-01); set query_now = datetime(2025-01-02); print x = now()';
  expect(await kql.rows(query)).toEqual([{ x: '2025-01-02T00:00:00Z' }]);
});

test('set truncationmaxrecords cuts the answer short and says so', async () => {
  const { rows, truncated } = await kql.run(
    'set truncationmaxrecords = 2; range n from 1 to 5 step 1 | sort by n asc',
  );
  expect({ rows, truncated }).toEqual({ rows: [[1n], [2n]], truncated: true });
});

test('set query_take_max_records leaves rows out without a word', async () => {
  const { rows, truncated } = await kql.run('set query_take_max_records = 2; range n from 1 to 5 step 1');
  expect({ count: rows.length, truncated }).toEqual({ count: 2, truncated: false });
});

test('set notruncation lifts every limit', async () => {
  const query = 'range n from 1 to 9 step 1';
  expect(await kql.run(query, { rowLimit: 3 })).toMatchObject({ truncated: true });
  const { rows, truncated } = await kql.run(`set notruncation; ${query}`, { rowLimit: 3 });
  expect({ count: rows.length, truncated }).toEqual({ count: 9, truncated: false });
});

test('settings about how the service works change nothing', async () => {
  expect(
    await kql.rows(
      'set request_description = "a hunt"; set queryconsistency = "strongconsistency"; print x = 1',
    ),
  ).toEqual([{ x: 1n }]);
});
