import { type Cases, emptyEngine } from '../kql.ts';

const kql = emptyEngine();

describe('terms: has looks for whole runs of letters and digits', () => {
  const cases: Cases = [
    ["'grtmprod.addigy.com' has 'prod.addigy.com'", false],
    ["'prod.addigy.com' has 'prod.addigy.com'", true],
    ["'prod.addigy.com.evil.example' has 'prod.addigy.com'", true],
    ["'https://prod.addigy.com/x' has 'PROD.addigy.COM'", true],
    ["'xprod.addigy.com' has 'prod'", false],
    ["'a_b' has 'b'", true],
    ["'North America' has 'america'", true],
    ["'North America' has 'amer'", false],
    ["'KustoExplorerQueryRun' has 'Explorer'", false],
    ["'naïve café' has 'caf'", false],
    ["'naïve café' has 'CAFÉ'", true],
    ["'Привет, мир' has 'мир'", true],
    ["'Приветмир' has 'мир'", false],
    ["'a-b-c' has '-b'", true],
    ["'ab-c' has '-c'", true],
    ["'x$y' has '$'", true],
    ["'a.b' has 'a+b'", false],
    ["'line one\\nline two' has 'two'", true],
    ["'' has 'x'", false],
    ["'x' has ''", true],
    ["'North America' !has 'amer'", true],
    ["'North America' has_cs 'america'", false],
    ["'North America' has_cs 'America'", true],
    ["'North America' hasprefix 'ame'", true],
    ["'North America' hasprefix 'mer'", false],
    ["'North America' hassuffix 'ica'", true],
    ["'North America' hassuffix 'americ'", false],
    ["'North America' !hasprefix_cs 'ame'", true],
    ["'North and South America' has_all ('south', 'north')", true],
    ["'North America' has_all ('south', 'north')", false],
    ["'North America' has_any ('south', 'north')", true],
    ["'North America' has_any ('sou', 'nor')", false],
    ["'North America' has_any (dynamic(['x', 'NORTH']))", true],
    ["'a--b' has_any ('--', 'zzz')", true],
    ["dynamic({'a': 'x y'}).a has 'y'", true],
  ];
  test.each(cases)('%s is %p', kql.expectValue);

  test('a needle that comes out of data follows the same rules', async () => {
    for (const [expression, value] of cases) {
      const [, text, operator, needle] =
        /^('[^']*') (!?has(?:prefix|suffix)?(?:_cs)?) ('[^']*')$/.exec(expression) ?? [];
      if (!text) continue;
      const query = `datatable(t: string, n: string)[${text}, ${needle}] | project value = t ${operator} n`;
      const { rows } = await kql.run(query);
      expect([expression, rows[0]?.[0]]).toEqual([expression, value]);
    }
  });
});

describe('strings', () => {
  const cases: Cases = [
    ["'FabriKam' contains 'BRik'", true],
    ["'FabriKam' contains_cs 'brik'", false],
    ["'Fabrikam' !contains 'xyz'", true],
    ["'Fabrikam' startswith 'fab'", true],
    ["'Fabrikam' startswith_cs 'fab'", false],
    ["'Fabrikam' endswith 'KAM'", true],
    ["'Fabrikam' !endswith_cs 'brik'", true],
    ["'aBc' =~ 'ABC'", true],
    ["'İ' =~ 'İ'", true],
    ["'ΣΊΣΥΦΟΣ' contains 'ίσυ'", true],
    ["'aBc' == 'ABC'", false],
    ["'aBc' !~ 'xyz'", true],
    ["'Fabrikam' matches regex 'b.*k'", true],
    ["'abc' in ('123', 'abc')", true],
    ["'Abc' in ('123', 'abc')", false],
    ["'Abc' in~ ('123', 'abc')", true],
    ["'bCa' !in~ ('123', 'BCA')", false],
    ['2 in (dynamic([1, 2]))', true],
    ["'a%b' contains '%'", true],
    ["'it''s' == \"it's\"", false],
    ["'it\\'s' == \"it's\"", true],
    ["@'C:\\x' == 'C:\\\\x'", true],
    ["strlen('äöü')", 3n],
    ["tolower('ÀB')", 'àb'],
    ["strcat('a', 1, true, 'b')", 'a1trueb'],
    ["isempty('')", true],
    ["isempty(' ')", false],
    ["isnotempty('x')", true],
    ['isempty(int(null))', true],
    ["isnull('')", false],
    ["coalesce('', 'b')", 'b'],
  ];
  test.each(cases)('%s is %p', kql.expectValue);
});

describe('null', () => {
  const cases: Cases = [
    ['int(null) == int(null)', null],
    ['int(null) != int(null)', null],
    ['int(null) == 1', false],
    ['int(null) != 1', true],
    ['int(null) < 1', null],
    ['not(int(null) < 1)', null],
    ['not(int(null) == 1)', true],
    ['bool(null) and false', false],
    ['bool(null) or true', true],
    ['bool(null) and true', null],
    ['int(null) in (1, 2)', false],
    ['int(null) !in (1, 2)', true],
    ['int(null) between (1 .. 2)', null],
    ['iff(bool(null), 1, 2)', 2n],
    ['coalesce(int(null), 5)', 5n],
    ['isnull(dynamic(null))', true],
    ["isnull(parse_json('null'))", true],
    ["isnull(dynamic({'a': null}).a)", true],
    ['tostring(long(null))', ''],
    ['1 + long(null)', null],
  ];
  test.each(cases)('%s is %p', kql.expectValue);

  test('where drops the rows whose condition is null', async () => {
    const { rows } = await kql.run(
      "datatable(ival: int, sval: string)[5, 'a', int(null), 'b'] | where ival != 5 | project sval",
    );
    expect(rows).toEqual([['b']]);
  });
});

describe('numbers', () => {
  const cases: Cases = [
    ['9007199254740993 + 1', 9007199254740994n],
    ['9223372036854775807', 9223372036854775807n],
    ['7 / 2', 3n],
    ['-7 / 2', -3n],
    ['7 / 2.0', 3.5],
    ['14 % 12', 2n],
    ['-14 % 12', 10n],
    ['14 % -12', 2n],
    ['-14 % -12', 10n],
    ['1 / 0', null],
    ["tolong('0x10')", 16n],
    ["tolong('x')", null],
    ["toint('4294967296')", null],
    ["toreal('1e3')", 1000],
    ['bin(4.5, 1)', 4],
    ['bin(-7, 5)', -10n],
    ['int(5) == 5', true],
    ['1 == 1.0', true],
    ['real(nan) == real(nan)', false],
    ['real(nan) != real(nan)', true],
    ['real(nan) > 1.0', false],
    ['real(+inf) > 1.0', true],
  ];
  test.each(cases)('%s is %p', kql.expectValue);

  test('a long that overflows is an error, not another number', async () => {
    await expect(kql.value('9223372036854775807 + tolong("1")')).rejects.toThrow(/overflow|out of range/i);
  });
});

describe('time', () => {
  const cases: Cases = [
    ['now()', '2025-06-10T12:00:00Z'],
    ['now(-5d)', '2025-06-05T12:00:00Z'],
    ['ago(1.5h)', '2025-06-10T10:30:00Z'],
    ['datetime(2020-01-01 10:00:00.1234567)', '2020-01-01T10:00:00.1234567Z'],
    ['datetime(2020-01-01T10:00:00.1234567Z) + 1tick', '2020-01-01T10:00:00.1234568Z'],
    ['datetime(9999-12-31)', '9999-12-31T00:00:00Z'],
    ['datetime(0001-01-01)', '0001-01-01T00:00:00Z'],
    ['datetime(2020-03-01) - datetime(2020-02-01)', '29.00:00:00'],
    ['datetime(2020-01-01) > datetime(2019-12-31)', true],
    ['1d / 1h', 24],
    ['2 * 90m', '03:00:00'],
    ['-1d', '-1.00:00:00'],
    ['time(1.02:03:04.5)', '1.02:03:04.5000000'],
    ['tostring(datetime(2020-01-01 10:00))', '2020-01-01T10:00:00.0000000Z'],
    ["tostring(todatetime('2020-01-01T10:00:00.12Z'))", '2020-01-01T10:00:00.1200000Z'],
    ["todatetime('2020-01-01T10:00:00+02:00')", '2020-01-01T08:00:00Z'],
    ["todatetime('6/5/2025, 1:02:03 AM')", '2025-06-05T01:02:03Z'],
    ["todatetime('yesterday')", null],
    ["totimespan('0.00:01:00')", '00:01:00'],
    ['bin(datetime(1970-05-11 13:45:07), 1d)', '1970-05-11T00:00:00Z'],
    ['bin(16d, 7d)', '14.00:00:00'],
    ['datetime(2020-01-05) between (datetime(2020-01-01) .. 5d)', true],
    ['datetime(2020-01-06) between (datetime(2020-01-01) .. 5d)', true],
    ['datetime(2020-01-07) between (datetime(2020-01-01) .. 5d)', false],
    ['datetime(2020-01-07) !between (datetime(2020-01-01) .. 5d)', true],
  ];
  test.each(cases)('%s is %p', kql.expectValue);
});

describe('dynamic values', () => {
  const cases: Cases = [
    ['parse_json(\'{"a": {"b": [1, 2.5, "x"]}}\').a.b[2]', 'x'],
    ["dynamic({'a': [1, 2, 3]}).a[-1]", 3],
    ["dynamic({'a/b~c': 1})['a/b~c']", 1],
    ["dynamic({'a': 1}).b", null],
    ["tostring(dynamic({'a': 1}))", '{"a":1}'],
    ["tostring(dynamic('x'))", 'x'],
    ["tolong(dynamic({'a': '12'}).a)", 12n],
    ["dynamic({'a': 5}).a == 5", true],
    ["dynamic({'a': 'x'}).a == 'x'", true],
    ["dynamic({'a': 5}).a > 4", true],
    ["parse_json('not json')", 'not json'],
    ["tostring(parse_json('9007199254740993'))", '9007199254740993'],
    ["dynamic({'a': 'x'}).a in ('y', 'x')", true],
  ];
  test.each(cases)('%s is %p', kql.expectValue);
});

describe('IP addresses', () => {
  const cases: Cases = [
    ["ipv4_is_in_range('192.168.1.6', '192.168.1.1/24')", true],
    ["ipv4_is_in_range('127.0.0.1', '127.0.0.1')", true],
    ["ipv4_is_in_range('192.168.2.1', '192.168.1.0/24')", false],
    ["ipv4_is_in_range('abc', '192.168.1.0/24')", null],
    ["ipv4_is_in_any_range('192.168.1.6', '10.0.0.0/8', '192.168.1.1/24')", true],
    ["ipv4_is_in_any_range('192.168.1.6', dynamic(['10.0.0.0/8', '192.168.1.1/24']))", true],
    ["ipv4_is_in_any_range('8.8.8.8', dynamic(['10.0.0.0/8']))", false],
    ["ipv4_is_in_any_range('', '10.0.0.0/8')", null],
    [
      "ipv6_is_in_range('a5e:f127:8a9d:146d:e102:b5d3:c755:abcd', 'a5e:f127:8a9d:146d:e102:b5d3:c755:0/112')",
      true,
    ],
    ["ipv6_is_in_range('0:0:0:0:0:ffff:c0a8:ac', '0:0:0:0:0:ffff:c0a8:ac/60')", true],
    ["ipv6_is_in_any_range('a5e:f127::1', dynamic(['a5e:f127::/32', '0:0:0:0:0:ffff:c0a8:ac/60']))", true],
    ["ipv6_is_in_range('10.1.2.3', '10.0.0.0/8')", true],
    ["ipv6_is_match('::ffff:7f00:1', '127.0.0.1')", true],
    ["ipv6_is_match('fe80::85d:e82c:9446:7994', 'fe80::85d:e82c:9446:7995', 127)", true],
    ["ipv4_is_match('192.168.1.1/24', '192.168.1.255')", true],
    ["ipv4_is_match('192.168.1.1', '192.168.1.255', 24)", true],
    ["ipv4_compare('127.0.0.2', '127.0.0.1')", 1n],
    ["ipv4_is_private('10.1.2.3')", true],
    ["ipv4_is_private('203.0.113.1')", false],
    ["ipv4_is_private('x')", null],
  ];
  test.each(cases)('%s is %p', kql.expectValue);
});
