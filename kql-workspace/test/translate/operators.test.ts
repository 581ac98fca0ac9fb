import { openEngine } from '../../src/workspace.ts';
import { emptyEngine } from '../kql.ts';

const kql = emptyEngine();

const X = "let X = datatable(Key: string, Value1: long)['a', 1, 'b', 2, 'b', 3, 'c', 4];";
const Y = "let Y = datatable(Key: string, Value2: long)['b', 10, 'c', 20, 'c', 30, 'd', 40];";

/** Rows as lists of cells, in ascending order of their text unless the query sorts. */
async function cells(query: string): Promise<unknown[][]> {
  const rows = (await kql.rows(query)).map((row) => Object.values(row));
  return /\b(sort by|order by|top \d+ by n$)/.test(query)
    ? rows
    : rows.toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

/** Nulls last, so that the examples read from full rows to sparse ones. */
function sortKey(row: readonly unknown[]): string {
  return row.map((cell) => (cell === null ? '~' : String(cell))).join(' ');
}

async function columns(query: string): Promise<string[]> {
  return (await kql.run(query)).columns.map(({ name, type }) => `${name}:${type}`);
}

describe('join', () => {
  test.each([
    [
      'inner',
      [
        ['b', 2n, 'b', 10n],
        ['b', 3n, 'b', 10n],
        ['c', 4n, 'c', 20n],
        ['c', 4n, 'c', 30n],
      ],
    ],
    [
      'leftouter',
      [
        ['a', 1n, '', null],
        ['b', 2n, 'b', 10n],
        ['b', 3n, 'b', 10n],
        ['c', 4n, 'c', 20n],
        ['c', 4n, 'c', 30n],
      ],
    ],
    [
      'rightouter',
      [
        ['', null, 'd', 40n],
        ['b', 2n, 'b', 10n],
        ['b', 3n, 'b', 10n],
        ['c', 4n, 'c', 20n],
        ['c', 4n, 'c', 30n],
      ],
    ],
    [
      'fullouter',
      [
        ['', null, 'd', 40n],
        ['a', 1n, '', null],
        ['b', 2n, 'b', 10n],
        ['b', 3n, 'b', 10n],
        ['c', 4n, 'c', 20n],
        ['c', 4n, 'c', 30n],
      ],
    ],
    ['leftanti', [['a', 1n]]],
    [
      'leftsemi',
      [
        ['b', 2n],
        ['b', 3n],
        ['c', 4n],
      ],
    ],
    ['rightanti', [['d', 40n]]],
    [
      'rightsemi',
      [
        ['b', 10n],
        ['c', 20n],
        ['c', 30n],
      ],
    ],
  ])('kind=%s', async (kind, expected) => {
    expect(await cells(`${X}${Y} X | join kind=${kind} Y on Key`)).toEqual(expected);
  });

  test('by default one row of each key on the left is joined', async () => {
    const rows = await cells(`${X}${Y} X | join Y on Key | project Key, Value2`);
    expect(rows).toEqual([
      ['b', 10n],
      ['c', 20n],
      ['c', 30n],
    ]);
  });

  test('repeated names get a number, conditions may name both sides', async () => {
    const query = `${X}${Y} X | join kind=inner (Y | project K = Key, Value1 = Value2) on $left.Key == $right.K`;
    expect(await columns(query)).toEqual(['Key:string', 'Value1:long', 'K:string', 'Value11:long']);
  });

  test('a table may be joined with itself', async () => {
    expect(
      await cells(`${X} X | join kind=inner X on Key | where Value1 < Value11 | project Value1, Value11`),
    ).toEqual([[2n, 3n]]);
  });

  test('lookup adds columns and no keys', async () => {
    const query = `${X}${Y} X | lookup Y on Key | summarize sum(Value2) by Key`;
    expect(await cells(query)).toEqual([
      ['a', 0n],
      ['b', 20n],
      ['c', 50n],
    ]);
    expect(await columns(`${X}${Y} X | lookup Y on Key`)).toEqual([
      'Key:string',
      'Value1:long',
      'Value2:long',
    ]);
  });
});

describe('summarize', () => {
  const T =
    "let T = datatable(g: string, n: long, s: string, t: datetime)['a', 1, 'x', datetime(2025-01-01), 'a', 3, 'y', datetime(2025-01-03), 'a', long(null), 'y', datetime(2025-01-02), 'b', 5, '', datetime(null)];";
  test.each([
    [
      'count(), countif(n > 1), sum(n), avg(n), min(n), max(n) by g',
      [
        ['a', 3n, 1n, 4n, 2, 1n, 3n],
        ['b', 1n, 1n, 5n, 5, 5n, 5n],
      ],
    ],
    [
      'dcount(s), dcountif(s, n > 1) by g',
      [
        ['a', 2n, 1n],
        ['b', 1n, 1n],
      ],
    ],
    [
      'make_set(s), make_list(n) by g',
      [
        ['a', ['x', 'y'], [1, 3]],
        ['b', [''], [5]],
      ],
    ],
    [
      'make_list_if(s, n > 0), make_set_if(s, n == 3) by g',
      [
        ['a', ['x', 'y'], ['y']],
        ['b', [''], []],
      ],
    ],
    [
      'arg_max(t, s, n) by g',
      [
        ['a', '2025-01-03T00:00:00Z', 'y', 3n],
        ['b', null, '', 5n],
      ],
    ],
    [
      'arg_min(n, *) by g',
      [
        ['a', 1n, 'x', '2025-01-01T00:00:00Z'],
        ['b', 5n, '', null],
      ],
    ],
    [
      'percentile(n, 50), stdev(n) by g',
      [
        ['a', 1n, Math.SQRT2],
        ['b', 5n, 0],
      ],
    ],
    ['min(s), max(t)', [['', '2025-01-03T00:00:00Z']]],
    ['x = max(n) - min(n), y = strcat_array(make_set(g), "+")', [[4n, 'a+b']]],
    [
      'count() by bin(n, 2)',
      [
        [0n, 1n],
        [2n, 1n],
        [4n, 1n],
        [null, 1n],
      ],
    ],
    ['by g', [['a'], ['b']]],
    [
      'take_any(n) by g, s',
      [
        ['a', 'x', 1n],
        ['a', 'y', 3n],
        ['b', '', 5n],
      ],
    ],
    ['make_bag(bag_pack(s, n))', [[{ x: 1, y: 3, '': 5 }]]],
  ])('summarize %s', async (clause, expected) => {
    expect(await cells(`${T} T | summarize ${clause}`)).toEqual(expected);
  });

  test('the default values of aggregates are the documented ones', async () => {
    const query =
      'datatable(x: long)[] | summarize take_any(x), arg_max(x, *), avg(x), max(x), min(x), percentile(x, 55), stdev(x), sum(x), sumif(x, x > 0), variance(x), count(), countif(x > 0), dcount(x), make_set(x), make_list(x)';
    const [row = {}] = await kql.rows(query);
    expect(Object.values(row)).toEqual([
      null,
      null,
      Number.NaN,
      null,
      null,
      null,
      0,
      0n,
      0n,
      0,
      0n,
      0n,
      0n,
      [],
      [],
    ]);
  });

  test('over no rows there is one row without by, and none with it', async () => {
    expect(await cells(`${T} T | where false | summarize count(), make_set(s), max(n), min(s)`)).toEqual([
      [0n, [], null, ''],
    ]);
    expect(await cells(`${T} T | where false | summarize count() by g`)).toEqual([]);
  });

  test('the binder names the columns', async () => {
    expect(
      await columns(`${T} T | summarize count(), make_set(s), dcount(n) by g, bin(t, 1d), strlen(s)`),
    ).toEqual(['g:string', 't:datetime', 'strlen_s:long', 'count_:long', 'set_s:dynamic', 'dcount_n:long']);
  });

  test('lists follow the order of sorted rows', async () => {
    const query =
      'range x from 1 to 1000 step 1 | sort by x desc | summarize l = make_list(x) | project l[0], l[999]';
    expect(await cells(query)).toEqual([[1000, 1]]);
  });

  test('a set is limited to the size that is asked for', async () => {
    expect(await cells('range x from 1 to 10 step 1 | summarize array_length(make_set(x, 3))')).toEqual([
      [3n],
    ]);
  });
});

describe('columns', () => {
  test.each([
    ['extend Value1 = Value1 * 2, n = 1', ['Key:string', 'Value1:long', 'n:long']],
    ['project-away Value1', ['Key:string']],
    ['project-keep V*', ['Value1:long']],
    ['project-rename K = Key', ['K:string', 'Value1:long']],
    ['project-reorder Value1', ['Value1:long', 'Key:string']],
    ['project upper = toupper(Key), Value1', ['upper:string', 'Value1:long']],
    ['project strlen(Key), Value1 > 1', ['strlen_Key:long', 'Column1:bool']],
    ['extend key = 1, KEY = 2', ['Key:string', 'Value1:long', 'key:long', 'KEY:long']],
    ['count', ['Count:long']],
    ['distinct Key', ['Key:string']],
    ["extend ['a b'] = 1 | project ['a b']", ['a b:long']],
  ])('%s', async (operator, expected) => {
    expect(await columns(`${X} X | ${operator}`)).toEqual(expected);
  });

  test('names differ by case', async () => {
    expect(
      await cells(`${X} X | extend key = strcat(Key, "!") | where Key == "a" | project Key, key`),
    ).toEqual([['a', 'a!']]);
  });

  test('getschema', async () => {
    expect(await cells(`${X} X | getschema`)).toEqual([
      ['Key', 0n, 'System.String', 'string'],
      ['Value1', 1n, 'System.Int64', 'long'],
    ]);
  });
});

describe('order', () => {
  const T = 'let T = datatable(n: long)[2, long(null), 1, 3];';
  test.each([
    ['sort by n', [[3n], [2n], [1n], [null]]],
    ['sort by n asc', [[null], [1n], [2n], [3n]]],
    ['sort by n asc nulls last', [[1n], [2n], [3n], [null]]],
    ['top 2 by n', [[3n], [2n]]],
    ['order by n asc | take 2', [[null], [1n]]],
    [
      'sort by n desc | extend r = row_number(), p = prev(n) | where r <= 2',
      [
        [3n, 1n, null],
        [2n, 2n, 3n],
      ],
    ],
    ['sort by n asc | extend s = row_cumsum(n) | where n == 3', [[3n, 6n]]],
  ])('%s', async (operators, expected) => {
    expect(await cells(`${T} T | ${operators}`)).toEqual(expected);
  });
});

test('a query has one clock, however often it asks the data before it runs', async () => {
  let ticks = 638_850_000_000_000_000n;
  const other = await openEngine(new Map(), () => ticks++);
  const query =
    'let n = print w = "x", t = now() | where t == now() | project w; print a = "x y" | where a has_any (n)';
  expect((await other.run(query)).rows).toEqual([['x y']]);
  await other.close();
});

test('an answer stops at the limit of rows and says so', async () => {
  const limited = await kql.run('range x from 1 to 5 step 1', { rowLimit: 3 });
  expect([limited.rows.length, limited.truncated]).toEqual([3, true]);
  const whole = await kql.run('range x from 1 to 3 step 1', { rowLimit: 3 });
  expect([whole.rows.length, whole.truncated]).toEqual([3, false]);
});

test('rows stay in order through what comes after a sort', async () => {
  const query =
    'range x from 1 to 200000 step 1 | extend k = hash_md5(tostring(x)) | sort by x desc | extend y = x * 2 | where x % 3 == 0 | project y | take 3';
  expect(await cells(`${query} | project y`.replace('sort by x desc', 'order by x desc'))).toEqual([
    [399996n],
    [399990n],
    [399984n],
  ]);
});

describe('union', () => {
  test('to the right of `in` it has the columns of its own tables alone', async () => {
    const listed = 'union (print entry = "a"), (print entry = "b")';
    expect(await cells(`print x = "b", n = 1 | extend y = x in (${listed}), z = "c" in (${listed})`)).toEqual(
      [['b', 1n, true, false]],
    );
  });

  test('a column that one table lacks is null there, a string empty', async () => {
    const query = 'union withsource=Table (print a = 1, s = "x"), (print b = 2 | as Second)';
    expect(await cells(query)).toEqual([
      ['Second', null, '', 2n],
      ['union_arg0', 1n, 'x', null],
    ]);
  });

  test('a column of two types comes apart', async () => {
    expect(await columns('union (print a = 1), (print a = "x")')).toEqual(['a_long:long', 'a_string:string']);
    expect(await cells('union (print a = 1), (print a = "x")')).toEqual([
      [1n, ''],
      [null, 'x'],
    ]);
  });

  test('kind=inner keeps what all have', async () => {
    expect(await columns('union kind=inner (print a = 1, b = 2), (print a = 3)')).toEqual(['a:long']);
  });

  test('with isfuzzy a table that does not exist is left out', async () => {
    expect(await cells('union isfuzzy=true (print a = 1), NoSuchTable')).toEqual([[1n]]);
    expect(
      await cells("union isfuzzy=true (print a = 1), (NoSuchTable | where b == 'x' | project a = 2)"),
    ).toEqual([[1n]]);
  });

  test('wildcards', async () => {
    expect(await cells('union Device*Events | count')).toEqual([[0n]]);
  });
});

describe('mv-expand and mv-apply', () => {
  test.each([
    [
      'datatable(a: int, b: dynamic)[1, dynamic([10, 20]), 2, dynamic(["a"])] | mv-expand b',
      [
        [1, 10],
        [1, 20],
        [2, 'a'],
      ],
    ],
    [
      'datatable(a: int, b: dynamic)[1, dynamic({"p": "x", "q": "y"})] | mv-expand b',
      [
        [1, { p: 'x' }],
        [1, { q: 'y' }],
      ]
        .toReversed()
        .toReversed(),
    ],
    [
      'datatable(a: int, b: dynamic)[1, dynamic({"p": "x"})] | mv-expand kind=array b | project b[0], b[1]',
      [['p', 'x']],
    ],
    ['datatable(a: int, b: dynamic)[1, dynamic([]), 2, dynamic(null)] | mv-expand b', [[2, null]]],
    [
      'datatable(b: dynamic, c: dynamic)[dynamic([1, 2]), dynamic(["x"])] | mv-expand b to typeof(long), c to typeof(string)',
      [
        [1n, 'x'],
        [2n, ''],
      ],
    ],
    [
      'print x = dynamic(["a", "b"]) | mv-expand with_itemindex=i x',
      [
        ['a', 0n],
        ['b', 1n],
      ],
    ],
    ['print x = range(1, 5) | mv-expand x to typeof(long) limit 2', [[1n], [2n]]],
    ['print x = dynamic(["12", 3]) | mv-expand y = x to typeof(long) | project y', [[3n], [null]]],
    [
      'datatable(v: int, a: dynamic)[1, dynamic([10, 30, 7]), 2, dynamic([5])] | mv-apply e = a to typeof(long) on (top 2 by e | summarize s = sum(e)) | project v, s',
      [
        [1, 40n],
        [2, 5n],
      ],
    ],
    [
      'datatable(v: int, a: dynamic)[1, dynamic([10, 30, 7]), 2, dynamic([5])] | mv-apply e = a to typeof(long) on (where e > v * 6 | project e) | project v, e',
      [
        [1, 10n],
        [1, 30n],
        [1, 7n],
      ],
    ],
  ])('%s', async (query, expected) => {
    expect(await cells(query)).toEqual(expected);
  });
});

describe('parse', () => {
  const text =
    "print t = 'Event: Slice (resourceName=Scheduler, totalSlices=27, lockTime=02/17/2016 08:40:01, releaseTime=bad)'";
  test.each([
    [
      'parse t with * "resourceName=" r ", totalSlices=" n:long * "lockTime=" l:datetime ", release" *',
      [['Scheduler', 27n, '2016-02-17T08:40:01Z']],
    ],
    [
      'parse t with * "resourceName=" r ", totalSlices=" n:long * "releaseTime=" l:datetime ")"',
      [['', null, null]],
    ],
    [
      'parse kind=relaxed t with * "resourceName=" r ", totalSlices=" n:long ", " * "releaseTime=" l:datetime ")"',
      [['Scheduler', 27n, null]],
    ],
    [
      'parse kind=regex flags=Ui t with * "RESOURCENAME=" r "," * "totalSlices=" n:long "," * "lockTime=" l:datetime ","',
      [['Scheduler', 27n, '2016-02-17T08:40:01Z']],
    ],
    ['parse-where t with * "nothing like it" r | extend n = long(null), l = datetime(null)', []],
  ])('%s', async (operator, expected) => {
    expect(await cells(`${text} | ${operator} | project r, n, l`)).toEqual(expected);
  });
});

describe('let, functions and tables', () => {
  test.each([
    ['let n = 5; let f = (x: long, y: long = 2) { x * y + n }; print f(3), f(3, y = 1)', [[11n, 8n]]],
    [
      'let f = (T: (n: long), limit: long) { T | where n > limit }; f((range n from 1 to 3 step 1), 2)',
      [[3n]],
    ],
    ['let f = (T: (n: long)) { T | summarize s = sum(n) }; range n from 1 to 3 step 1 | invoke f()', [[6n]]],
    ['let V = view () { print a = 1 }; V | extend b = 2', [[1n, 2n]]],
    ['let T = materialize(range n from 1 to 3 step 1); T | where n > toscalar(T | summarize avg(n))', [[3n]]],
    ['let names = datatable(n: string)["a", "b"]; print x = "B" | where x in~ (names)', [['B']]],
    ['let list = dynamic(["a", "b"]); print x = "b" | where x in (list)', [['b']]],
    [
      'let needles = datatable(n: string)["zzz", "evil"]; print x = "an evil.com" | where x has_any (needles)',
      [['an evil.com']],
    ],
    ['let T = datatable(a: string)["x"]; union T, (T | extend a = "y")', [['x'], ['y']]],
    ['range t from datetime(2025-01-01) to datetime(2025-01-02) step 12h | count', [[3n]]],
    ['print a = toscalar(range x from 1 to 3 step 1 | count) + 1', [[4n]]],
    [
      'datatable(a: long, d: dynamic)[1, dynamic({"x": 1, "y": "z"})] | evaluate bag_unpack(d) | where y == "z" | project a, x, y',
      [[1n, 1n, 'z']],
    ],
    [
      'datatable(g: string, n: long)["a", 1, "a", 2, "b", 3] | partition by g (top 1 by n)',
      [
        ['a', 2n],
        ['b', 3n],
      ],
    ],
    [
      'let n = range x from 1 to 3 step 1 | summarize make_set(x); print q = "has 2" | mv-apply t = toscalar(n) to typeof(string) on (where q contains t)',
      [['has 2', '2']],
    ],
    [
      'let n = range x from 1 to 3 step 1 | summarize make_set(x); print q = 1 | mv-expand t = toscalar(n) to typeof(long) | summarize sum(t)',
      [[6n]],
    ],
    ['datatable(a: string, b: string)["x one", "y", "z", "one"] | where * has "one" | count', [[2n]]],
    ['datatable(a: string)["one two", "onetwo"] | search "one" | project a', [['one two']]],
  ])('%s', async (query, expected) => {
    expect(await cells(query)).toEqual(expected);
  });
});

describe('what is not supported is refused by name and place', () => {
  test.each([
    ['print x = 1\n| extend y = geo_distance_2points(1.0, 2.0, 3.0, 4.0)', /geo_distance_2points/, 2, 14],
    ['externaldata(a: string)["https://example.com"]', /externaldata/, 1, 25],
    ['print x = 1 | scan with (step s: true;)', /scan/, 1, 15],
    ['print x = "a" | reduce by x', /reduce/, 1, 17],
    ['print x = 1 | evaluate autocluster()', /autocluster/, 1, 15],
    ['let f = (a: long) {\n  hash(a)\n};\nprint f(1)', /hash/, 2, 3],
    ['set best_effort; print 1', /the setting 'best_effort'/, 1, 1],
    ['print 1; print 2', /more than one result/, 1, 10],
    ['print decimal(1.5)', /decimal/, 1, 7],
    ['print x = toscalar(rand())', /chance/, 1, 20],
    ['let V = view () { print a = 5 }; search "5"', /views/, 1, 34],
    ['range x from 1 to 3 step 1 | summarize count(x > 1)', /count\(\) with 1 argument/, 1, 46],
    ['print x = dynamic({}) | summarize make_bag(x, 5)', /make_bag/, 1, 47],
  ])('%s', async (query, message, line, column) => {
    await expect(kql.run(query)).rejects.toMatchObject({
      kind: 'unsupported',
      message: expect.stringMatching(message),
      diagnostic: { line, column },
    });
  });
});
