import { emptyEngine } from './kql.ts';

/** Functions of functions of functions: the SQL grows by the same for each level, and DuckDB plans it at once. */

const kql = emptyEngine();

type Wrap = (inner: string) => string;

/** Each takes a text and gives one. */
const texts: Readonly<Record<string, Wrap>> = {
  'a member of parsed JSON': (x) => `tostring(parse_json(${x})[0].v)`,
  'a member of parsed JSON by a key of data': (x) => `tostring(parse_json(${x})[s])`,
  'a member of an extended bag': (x) => `tostring(bag_pack("v", ${x}).v)`,
  'todynamic and back': (x) => `tostring(todynamic(${x}))`,
  'the first of a split': (x) => `tostring(split(${x}, ",")[0])`,
  'a split part': (x) => `split(${x}, ",")[0]`,
  replace_regex: (x) => `replace_regex(${x}, @"\\w", "x")`,
  'replace_regex of any script': (x) => `replace_regex(${x}, @"[[:alpha:]]\\d", "x")`,
  replace_string: (x) => `replace_string(${x}, "a", "b")`,
  replace_strings: (x) => `replace_strings(${x}, dynamic(["a"]), dynamic(["b"]))`,
  extract: (x) => `extract(@"(\\w+)", 1, ${x})`,
  'extract with a type': (x) => `tostring(extract(@"(\\d+)", 1, ${x}, typeof(long)))`,
  extract_json: (x) => `extract_json("$.a", ${x})`,
  extract_all: (x) => `tostring(extract_all(@"(\\w+)", ${x})[0])`,
  trim: (x) => `trim(@"\\s", ${x})`,
  trim_start: (x) => `trim_start("a+", ${x})`,
  substring: (x) => `substring(${x}, 1, 5)`,
  'substring from the end': (x) => `substring(${x}, -strlen(${x.length > 300 ? 's' : x}), 5)`,
  strcat: (x) => `strcat(${x}, "a")`,
  strcat_delim: (x) => `strcat_delim(",", ${x}, "a")`,
  tolower: (x) => `tolower(${x})`,
  reverse: (x) => `reverse(${x})`,
  iff: (x) => `iff(isempty(${x}), "a", "b")`,
  'iff, its result': (x) => `iff(s == "a", ${x}, "b")`,
  case: (x) => `case(s == "b", "x", s == "c", "y", ${x})`,
  coalesce: (x) => `coalesce(${x}, "a")`,
  gettype: (x) => `gettype(parse_json(${x}))`,
  strcmp: (x) => `tostring(strcmp(${x}, "a"))`,
  isascii: (x) => `tostring(isascii(${x}))`,
  tohex: (x) => `tohex(strlen(${x}))`,
  'in an array of data': (x) => `tostring(${x} in (a))`,
  'in values': (x) => `tostring(${x} in~ ("a", "b"))`,
  has: (x) => `tostring(${x} has "a")`,
  has_any: (x) => `tostring(${x} has_any (a))`,
  'matches regex': (x) => `tostring(${x} matches regex @"\\w\\d")`,
  base64: (x) => `base64_encode_tostring(${x})`,
  pack_all: (x) => `tostring(pack_array(${x}, s)[0])`,
  repeat: (x) => `tostring(repeat(${x}, 2)[0])`,
  'a declared function': (x) => `twice(${x})`,
  todatetime: (x) => `tostring(todatetime(${x}))`,
  format_datetime: (x) => `format_datetime(todatetime(${x}), "yyyy")`,
  tobool: (x) => `tostring(tobool(${x}))`,
  toreal: (x) => `tostring(toreal(${x}))`,
  totimespan: (x) => `tostring(totimespan(${x}))`,
  toguid: (x) => `tostring(toguid(${x}))`,
  'text in dynamic': (x) => `tostring(pack_array(toreal(${x}))[0])`,
};

/** Each takes a number and gives one. */
const numbers: Readonly<Record<string, Wrap>> = {
  remainder: (x) => `${x} % 7`.replace(/^(.*) %/s, '($1) %'),
  bin: (x) => `bin(${x}, 3)`,
  bin_at: (x) => `bin_at(${x}, 3, 1)`,
  'real bin': (x) => `toint(bin(toreal(${x}), 1.5))`,
  sqrt: (x) => `tolong(sqrt(${x}))`,
  log: (x) => `tolong(log(${x}))`,
  round: (x) => `tolong(round(${x} * 1.0, 1))`,
  abs: (x) => `abs(${x})`,
  sign: (x) => `tolong(sign(${x}))`,
  'sums of products': (x) => `(${x} + 1) * 2 - 1`.replace(/^(.*)$/s, '($1) / 3'),
  'a comparison of reals': (x) => `tolong(toreal(${x}) > 1.5)`,
  'a comparison of what may be null': (x) => `tolong(tolong(${x}) == tolong(s))`,
  between: (x) => `tolong(${x} between (1 .. 5))`,
  max_of: (x) => `max_of(${x}, 1)`,
  'an index': (x) => `tolong(a[${x}])`,
  'a range': (x) => `array_length(range(1, ${x}, 1))`,
  'a range of reals': (x) => `array_length(range(1.0, ${x}, 0.5))`,
  'datetime and back': (x) => `tolong(todatetime(${x}))`,
  'datetime plus a span': (x) => `tolong(datetime(2020-01-01) + totimespan(${x}))`,
  'a span times a number': (x) => `tolong(1h * (${x})) % 7`,
  'unix time': (x) => `datetime_part("year", unixtime_seconds_todatetime(${x}))`,
  shift: (x) => `binary_shift_left(${x}, 1)`,
};

function nested(wrap: Wrap, levels: number, start: string): string {
  return Array.from({ length: levels }).reduce<string>((inner) => wrap(inner), start);
}

const PRELUDE =
  'let twice = (x: string) { strcat(substring(x, 0, 2), iff(isempty(x), x, tolower(x))) };' +
  'datatable(s: string, n: long, a: dynamic)["[{\\"v\\":\\"x\\"}]", 5, dynamic(["a", "b"])]';

test.each([
  ...Object.entries(texts).map(([name, wrap]) => [name, wrap, 's'] as const),
  ...Object.entries(numbers).map(([name, wrap]) => [name, wrap, 'n'] as const),
])('%s in itself, twelve levels deep, is linear', async (_name, wrap, start) => {
  const query = (levels: number): string => `${PRELUDE} | extend y = ${nested(wrap, levels, start)}`;
  const lengths = await Promise.all(
    [6, 9, 12].map(async (levels) => (await kql.explain(query(levels))).length),
  );
  const [six = 0, nine = 0, twelve = 0] = lengths;
  expect(twelve - nine).toBeLessThan(1.5 * (nine - six) + 200);
  expect(twelve).toBeLessThan(25_000);
  const started = performance.now();
  expect((await kql.run(query(12))).rows).toHaveLength(1);
  expect(performance.now() - started).toBeLessThan(3000);
});

test('names that use one another twice are linear', async () => {
  const names = Array.from(
    { length: 12 },
    (_, i) => `let v${i + 1} = strcat(v${i}, "x", v${i}, "yyyyyyyy");`,
  );
  const query = `let v0 = tostring(rand(1)); ${names.join(' ')} print strlen(v12)`;
  expect((await kql.explain(query)).length).toBeLessThan(10_000);
  // Each is twice the one before and nine characters.
  expect((await kql.run(query)).rows).toEqual([[2n ** 12n * 3n + 9n * (2n ** 12n - 1n)]]);
});

test('a path into a bag may be long', async () => {
  const path = Array.from({ length: 30 }, (_, i) => `.m${i}`).join('');
  const query = (levels: number): string =>
    `print d = dynamic({"m0":{"m1":null}}) | project d${path.slice(0, levels)}`;
  expect((await kql.explain(query(400))).length).toBeLessThan(5_000);
  expect((await kql.run(query(400))).rows).toEqual([[null]]);
});

test('what is computed once gives what it gave', async () => {
  const json = (inner: unknown) => JSON.stringify([{ v: inner }]);
  const deep = json(json(json(json(json('deep')))));
  const query = `datatable(s: string)[${JSON.stringify(deep)}, ${JSON.stringify(json('x'))}, "", "no JSON"] | project y = ${nested((x) => `tostring(parse_json(${x})[0].v)`, 5, 's')}`;
  expect((await kql.run(query)).rows).toEqual([['deep'], [''], [''], ['']]);
});

test('it is computed once inside aggregates, conditions, joins and expansions too', async () => {
  const deep = nested((x) => `tostring(parse_json(${x})[0].v)`, 4, 's');
  const source = `datatable(s: string, g: long)[${JSON.stringify('[{"v":"[{\\"v\\":\\"[]\\"}]"}]')}, 1]`;
  for (const query of [
    `${source} | summarize n = countif(isempty(${deep})), m = bin(max(strlen(${deep})), 5), l = make_set(${deep}) by k = ${deep}`,
    `${source} | where isempty(${deep}) and ${deep} !in ((${source} | project s))`,
    `${source} | join kind=inner (${source}) on g | where ${deep} == ""`,
    `${source} | mv-expand x = split(${deep}, ",") | where isempty(tostring(parse_json(${deep}).y))`,
    `${source} | mv-apply x = split(s, ",") on (where isempty(${deep}) | summarize count())`,
    `${source} | serialize | extend c = row_cumsum(strlen(${deep})), r = row_number()`,
    `${source} | extend t = iff(isempty(${deep}), toscalar(${source} | count), 5)`,
    `${source} | extend t = toscalar(${source} | summarize max(${deep})), u = ${deep} in ((${source} | project s))`,
  ]) {
    expect([query, (await kql.run(query)).rows.length]).toEqual([query, 1]);
  }
});
