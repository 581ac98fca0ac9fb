import { type Cases, emptyEngine } from './kql.ts';

/** Values at the edge of what there is, as the language's reference has them. */

const kql = emptyEngine();

describe('beyond the years 1 to 9999 a datetime is null', () => {
  test.each([
    'datetime(9999-12-31) + 10d',
    'datetime(0001-01-01) - 1d',
    'ago(10000000d)',
    'now(10000000d)',
    'todatetime(-5)',
    'todatetime(9223372036854775807)',
    'todatetime(real(1e30))',
    'todatetime(timespan(-1d))',
    'todatetime("10000-01-01")',
    'unixtime_seconds_todatetime(999999999999)',
    'unixtime_seconds_todatetime(real(nan))',
    'unixtime_milliseconds_todatetime(9999999999999999)',
    'unixtime_microseconds_todatetime(-99999999999999999)',
    'make_datetime(10000, 1, 1)',
    'make_datetime(0, 1, 1)',
    "datetime_add('year', 100000, now())",
    "datetime_add('year', 1000000000, now())",
    "datetime_add('day', 10000000, now())",
    'startofday(datetime(9999-12-31), 100)',
    'startofyear(now(), 10000000000)',
    'startofweek(datetime(0001-01-03), -5)',
    'endofyear(datetime(9999-01-01), 1)',
    'bin_at(datetime(0001-01-01), 7d, datetime(0001-01-05))',
    "datetime_utc_to_local(datetime(0001-01-01), 'US/Pacific')",
    "datetime_local_to_utc(datetime(9999-12-31 23:59), 'US/Pacific')",
  ])('%s', async (expression) => {
    expect(await kql.value(expression)).toBeNull();
    expect(await kql.value(`tostring(${expression})`)).toBe('');
  });

  test('also where only the data says by how much', async () => {
    const rows = await kql.rows(
      `datatable(t: datetime, s: timespan)[datetime(9999-12-31), 10d, datetime(0001-01-02), -2d, datetime(2025-01-01), 1d]
      | project sum = t + s, text = tostring(t + s), fixed = t + 1d, back = t - 2d, format = format_datetime(t + s, "yyyy")`,
    );
    expect(rows).toEqual([
      { sum: null, text: '', fixed: null, back: '9999-12-29T00:00:00Z', format: '' },
      { sum: null, text: '', fixed: '0001-01-03T00:00:00Z', back: null, format: '' },
      {
        sum: '2025-01-02T00:00:00Z',
        text: '2025-01-02T00:00:00.0000000Z',
        fixed: '2025-01-02T00:00:00Z',
        back: '2024-12-30T00:00:00Z',
        format: '2025',
      },
    ]);
  });

  test('the first and the last moment are none of that', async () => {
    const cases: Cases = [
      ['endofyear(datetime(9999-05-05))', '9999-12-31T23:59:59.9999999Z'],
      ['datetime(0001-01-02) - 1d', '0001-01-01T00:00:00Z'],
      ['todatetime(0)', '0001-01-01T00:00:00Z'],
      ['unixtime_seconds_todatetime(253402300799)', '9999-12-31T23:59:59Z'],
      ['startofweek(datetime(0001-01-10))', '0001-01-07T00:00:00Z'],
      ["datetime_add('month', 1, datetime(0004-01-31))", '0004-02-29T00:00:00Z'],
      ['week_of_year(datetime(0020-01-05))', 1],
    ];
    for (const [expression, value] of cases) await kql.expectValue(expression, value);
  });
});

describe('outside of its domain a function is null', () => {
  test.each<Cases[number]>([
    ['sqrt(-1)', null],
    ['log(-1)', null],
    ['log2(-0.5)', null],
    ['log10(-1)', null],
    ['acos(2)', null],
    ['acos(-1.1)', null],
    ['asin(2)', null],
    ['sqrt(0)', 0],
    ['log(0)', -Infinity],
    ['log10(100)', 2],
    ['acos(1)', 0],
    ['sqrt(real(nan))', Number.NaN],
    ['acos(real(nan))', Number.NaN],
    ['log(real(+inf))', Infinity],
    ['sqrt(real(null))', null],
    ['sin(real(+inf))', Number.NaN],
    ['cos(real(null))', null],
    ['tan(0)', 0],
    ['cot(0)', Infinity],
    ['bin(5, -2)', null],
    ['bin(5, 0)', null],
    ['bin(5.5, -1.0)', null],
    ['bin(5.5, 0.0)', null],
    ['bin(1d, -1h)', null],
    ['bin(datetime(2020-01-01), -1h)', null],
    ['floor(5, -1)', null],
    ['bin_at(5, -2, 1)', null],
    ['bin_at(5.5, -2.0, 1.0)', null],
    ['bin(-7, 3)', -9n],
    ['bin(-7.5, 2)', -8],
    ['1h / 0.0', null],
    ['array_length(range(1, 5, 0))', null],
    ['range(5, 1, -2)', [5, 3, 1]],
    ['repeat("a", int(null))', null],
  ])('%s is %p', kql.expectValue);
});

test('NaN stands beside the nulls, whichever way the numbers are sorted', async () => {
  const sorted = async (operator: string) =>
    (
      await kql.run(
        `datatable(x: real)[1.0, real(nan), real(null), real(+inf), real(-inf), -5.0] | ${operator}`,
      )
    ).rows.flat();
  expect(await sorted('sort by x asc')).toEqual([null, Number.NaN, -Infinity, -5, 1, Infinity]);
  expect(await sorted('sort by x desc')).toEqual([Infinity, 1, -5, -Infinity, Number.NaN, null]);
  expect(await sorted('sort by x asc nulls last')).toEqual([-Infinity, -5, 1, Infinity, Number.NaN, null]);
  expect(await sorted('sort by x desc nulls first')).toEqual([null, Number.NaN, Infinity, 1, -5, -Infinity]);
  expect(await sorted('top 2 by x')).toEqual([Infinity, 1]);
  expect(await sorted('top 2 by x asc nulls last')).toEqual([-Infinity, -5]);
});

test('take_any of one column prefers what is there; of several it takes one row', async () => {
  const table = 'datatable(g: int, s: string, n: long)[1, "", 5, 1, "a", long(null)]';
  expect(await kql.rows(`${table} | summarize s = take_any(s), n = take_any(n) by g`)).toEqual([
    { g: 1, s: 'a', n: 5n },
  ]);
  expect(await kql.rows(`${table} | summarize s = take_anyif(s, n == 5) by g`)).toEqual([{ g: 1, s: '' }]);
  expect(await kql.rows(`${table} | summarize take_any(s, n) by g`)).toEqual([{ g: 1, s: '', n: 5n }]);
});

describe('array_sort_asc and array_sort_desc', () => {
  const arrays = 'let a = dynamic([1,3,4,5,2]); let b = dynamic(["a","b","c","d","e"]);';

  test('of several arrays they give as many columns', async () => {
    expect(await kql.rows(`${arrays} print array_sort_asc(a, b)`)).toEqual([
      { a_sorted: [1, 2, 3, 4, 5], b_sorted: ['a', 'e', 'b', 'c', 'd'] },
    ]);
    expect(await kql.rows(`${arrays} print x = 1 | extend (p, q) = array_sort_desc(a, b)`)).toEqual([
      { x: 1n, p: [5, 4, 3, 2, 1], q: ['d', 'c', 'b', 'e', 'a'] },
    ]);
    expect(await kql.rows(`${arrays} print x = 1 | project (p, q) = array_sort_desc(a, b), x`)).toEqual([
      { p: [5, 4, 3, 2, 1], q: ['d', 'c', 'b', 'e', 'a'], x: 1n },
    ]);
    expect(
      await kql.rows(`${arrays} print only = array_sort_asc(a, b), second = array_sort_asc(a, b)[1]`),
    ).toEqual([{ only: [1, 2, 3, 4, 5], second: ['a', 'e', 'b', 'c', 'd'] }]);
  });

  test('an array of another length is null, and nulls stand where they are told to', async () => {
    expect(
      await kql.rows('print (p, q) = array_sort_asc(dynamic([2, null, 1]), dynamic([1]), false)'),
    ).toEqual([{ p: [null, 1, 2], q: null }]);
  });

  test('numbers come before texts, and those before all else', async () => {
    await kql.expectValue('array_sort_asc(dynamic(["b", 3, true, null, "a", 1]))', [
      1,
      3,
      'a',
      'b',
      true,
      null,
    ]);
    await kql.expectValue('array_sort_desc(dynamic(["b", 3, true, null, "a", 1]))', [
      3,
      1,
      'b',
      'a',
      true,
      null,
    ]);
  });
});

describe('two dynamic values', () => {
  const place = (column: number) => ({ kind: 'unsupported', diagnostic: { line: 2, column } });
  const bag = 'print d = dynamic({"x": 10, "y": 9}), l = dynamic([1])\n';

  test.each([
    ['| where d.x > d.y', 9],
    ['| where d.x == d.y', 9],
    ['| where d.x != d.y', 9],
    ['| extend z = iff(d.x < d.y, 1, 2)', 18],
    ['| summarize countif(d.x <= d.y)', 21],
    ['| where d.x =~ d.y', 9],
    ['| where d.x contains d.y', 9],
    ['| where d.x startswith d.y', 9],
    ['| where d.x in (d.y)', 9],
    ['| where d.x !in (d.y, d.x)', 9],
    ['| where d.x in (l)', 9],
    ['| where d.x in ((print e = dynamic(10)))', 9],
    ['| top 1 by d', 12],
    ['| top 1 by d.x desc', 12],
    ['| summarize percentile(d, 50)', 13],
  ])('are not compared: %s', async (operator, column) => {
    await expect(kql.run(bag + operator)).rejects.toMatchObject(place(column));
  });

  test.each(['on d', 'on $left.d == $right.d'])('are no keys of a join: %s', async (on) => {
    await expect(kql.run(`${bag}| join kind=inner (print d = dynamic(1)) ${on}`)).rejects.toMatchObject({
      kind: 'semantic',
    });
    await expect(kql.run(`${bag}| lookup (print d = dynamic(1)) ${on}`)).rejects.toMatchObject({
      kind: 'semantic',
    });
  });

  test.each<Cases[number]>([
    ['dynamic({"x": 10}).x > 9', true],
    ['dynamic({"x": "b"}).x == "b"', true],
    ['dynamic(10) in (10, 11)', true],
    ['dynamic("a") in (dynamic(["a", "b"]))', true],
    ['dynamic(5) in (dynamic([5.0]))', true],
    ['5 in (dynamic([1.0, 5]))', true],
    ['"A" in~ (dynamic(["a"]))', true],
    ['9223372036854775807 in (dynamic([9223372036854775807]))', true],
    ['9223372036854775806 in (dynamic([9223372036854775807]))', false],
    ['dynamic(["a b"]) has "b"', true],
    ['dynamic(["a b"]) has_any ("x", "b")', true],
    ['dynamic({"x": "a b"}).x has_any (pack_array("x", "b"))', true],
  ])('one and another value are: %s', kql.expectValue);
});

test.each([
  ['print x = 1\n| extend y = "abc" matches regex strcat("[", "x")', 34],
  ['datatable(p: string)["a", "["]\n| where "abc" matches regex p', 29],
  ['print x = 1\n| extend y = extract(strcat("(", "x"), 0, "abc")', 14],
  ['print x = 1\n| extend y = replace_regex("abc", strcat("(", "x"), "z")', 14],
  ['print x = 1\n| extend y = extract_all(strcat("(", "x"), "a")', 14],
  ['print x = 1\n| extend y = trim(strcat("(", "x"), "a")', 14],
  ['print x = 1\n| extend y = countof("abc", strcat("(", "x"), "regex")', 14],
  ['print x = 1\n| extend y = indexof_regex("a", strcat("(", "x"))', 14],
  ['let f = (p: string) {\n"x" matches regex p }; print y = f(strcat("[", "x"))', 19],
])('a pattern that turns out to be none has its place: %s', async (query, column) => {
  await expect(kql.run(query)).rejects.toMatchObject({ kind: 'execution', diagnostic: { line: 2, column } });
});

test.each([
  'datatable(s: string, r: string)["a", "b"]\n| make-graph s --> r\n| graph-to-table nodes',
  'let g = datatable(s: string, r: string)["a", "b"]\n| make-graph s --> r; g | graph-match (a)-[e]->(b) project x = e.s',
  'datatable(s: string, r: string)["a", "b"]\n| make-graph s --> r',
])('graphs are refused by name: %s', async (query) => {
  await expect(kql.run(query)).rejects.toMatchObject({
    kind: 'unsupported',
    message: expect.stringContaining('make-graph'),
    diagnostic: { line: 2, column: 3 },
  });
});

describe('a text that the query spells out is compared as the type beside it', () => {
  test.each<Cases[number]>([
    ['true == "True"', true],
    ['false != "true"', true],
    ['true in ("True", "x")', true],
    ['5 == "5"', true],
    ['5 in ("x", "5")', true],
    ['5 == "x"', false],
    ['5 != "x"', true],
    ['5.0 == "5"', true],
    ['1h == "01:00:00"', true],
    ['datetime(2020-01-01) == "2020-01-01"', true],
    ['datetime(2020-01-01) in ("2020-01-01T00:00:00Z")', true],
    ['guid(74be27de-1e4e-49d9-b579-fe0b331d3642) == "74BE27DE-1E4E-49D9-B579-FE0B331D3642"', true],
  ])('%s is %p', kql.expectValue);
});

test('what is expanded may come from a table', async () => {
  const list = 'let l = toscalar(datatable(s: string)["a", "b"] | summarize make_set(s));';
  const rows = [
    { x: 1n, e: 'a' },
    { x: 1n, e: 'b' },
  ];
  expect(await kql.rows(`${list} print x = 1 | mv-expand e = l to typeof(string) | sort by e asc`)).toEqual(
    rows,
  );
  expect(
    await kql.rows(
      `${list} print x = 1 | mv-apply e = l to typeof(string) on (where e != "") | sort by e asc`,
    ),
  ).toEqual(rows);
});

test('what mv-apply made out of a bag can be used behind it', async () => {
  const rows = 'datatable(s: string, l: dynamic)["a", dynamic([{"Name": "x", "Value": "."}])]';
  expect(
    await kql.rows(
      `${rows} | mv-apply p = l on (where p.Name == "x" | extend v = p.Value) | where isnotempty(v) and v matches regex "^[.]$" | project s, v`,
    ),
  ).toEqual([{ s: 'a', v: '.' }]);
  expect(
    await kql.rows(
      `${rows} | mv-expand p = l | extend v = p.Value | partition by s (where isnotempty(v)) | project v`,
    ),
  ).toEqual([{ v: '.' }]);
});

test('two members that are expanded side by side have a name each', async () => {
  expect(
    await kql.rows('print d = dynamic({"a": [1, 2], "b": ["x"]}) | mv-expand d.a, d.b | project d_a, d_b'),
  ).toEqual([
    { d_a: 1, d_b: 'x' },
    { d_a: 2, d_b: null },
  ]);
});

test('search * gives all rows', async () => {
  await kql.append('Searched_CL', [{ TimeGenerated: '2025-06-01T00:00:00Z', a: 'x' }]);
  expect(await kql.rows('search in (Searched_CL) * | project $table, a')).toEqual([
    { $table: 'Searched_CL', a: 'x' },
  ]);
});
