import { type Cases, emptyEngine } from '../kql.ts';

/** Each function with examples, most of them Microsoft's own from the function's page in the KQL reference. */

const kql = emptyEngine();

describe('strings', () => {
  const cases: Cases = [
    ['substring("123456", 1)', '23456'],
    ['substring("123456", 2, 2)', '34'],
    ['substring("ABCD", 0, 2)', 'AB'],
    ['substring("123456", -2, 2)', '56'],
    ['substring("abc", 5)', ''],
    ['substring("äöü", 1, 1)', 'ö'],
    ['indexof("abcdefg","cde")', 2n],
    ['indexof("abcdefg","cde",1,2)', -1n],
    ['indexof("abcdefg","cde",-5)', 2n],
    ['indexof(1234567,5,1,4)', 4n],
    ['indexof("abcdefgabcdefg", "cde", 1, 10, 2)', 9n],
    ['indexof("abcdefgabcdefg", "cde", 1, -1, 3)', -1n],
    ['indexof("😀ab", "b")', 2n],
    ['indexof_regex("abcabcdefg", @"a.c", 0, 9, 2)', 3n],
    ['indexof_regex("ababaa", @"a.a", 0, -1, 2)', -1n],
    ['trim("--", "--https://bing.com--")', 'https://bing.com'],
    ['trim(@"[^\\w]+", @"-  Te st1// $")', 'Te st1'],
    ['trim_start("https://", "https://bing.com")', 'bing.com'],
    ['trim_end(".com", "bing.com")', 'bing'],
    ['split("aa_bb", "_")', ['aa', 'bb']],
    ['split("aaa_bbb_ccc", "_", 1)', ['bbb']],
    ['split("", "_")', ['']],
    ['split("a__b", "_")', ['a', '', 'b']],
    ['split("aabbcc", "bb")', ['aa', 'cc']],
    ['extract("x=([0-9.]+)", 1, "hello x=45.6|wo")', '45.6'],
    ['extract("x=([0-9.]+)", 1, "hello x=45.6|wo", typeof(real))', 45.6],
    ['extract(@"\\d+", 0, "none")', ''],
    ['extract(@"-(\\d{2})-", 1, "15-12-2024", typeof(int))', 12],
    ['extract_all(@"(\\d+)", "a set of numbers: 123, 567 and 789")', ['123', '567', '789']],
    [
      'extract_all(@"(\\w)(\\w+)(\\w)", dynamic([1,3]), "82b8be2d-dfa7")',
      [
        ['8', 'd'],
        ['d', '7'],
      ],
    ],
    ['extract_all(@"(?P<first>\\w)(\\w+)", dynamic(["first"]), "ab cd")', ['a', 'c']],
    ['extract_all(@"(x)", "abc")', null],
    [
      'replace_string("A magic trick can turn a cat into a dog", "cat", "hamster")',
      'A magic trick can turn a hamster into a dog',
    ],
    ['replace_regex("Number is 5", @"is (\\d+)", @"was: \\1")', 'Number was: 5'],
    ['replace_strings("This is it", dynamic(["is", "This"]), dynamic(["was", "This"]))', 'Thwas was it'],
    ['replace_strings("This is it", dynamic(["This", "is"]), dynamic(["This", "was"]))', 'This was it'],
    ['translate("krasp", "otsku", "spark")', 'kusto'],
    ['translate("abc", "", "ab")', ''],
    ['countof("aaaa", "aa")', 3n],
    ['countof("ababa", "aba", "regex")', 1n],
    ['reverse("Kusto Δ")', 'Δ otsuK'],
    ['strrep("ABC", 2)', 'ABCABC'],
    ['strrep(123.45, 2, "#")', '123.45#123.45'],
    ['strcat_delim("-", 1, "2", "A", 1s)', '1-2-A-00:00:01'],
    ['strcat_array(dynamic([1, 2, 3]), "->")', '1->2->3'],
    ['strcmp("abc", "ABC")', 1n],
    ['strcmp("abcde", "abc")', 1n],
    ['tohex(256)', '100'],
    ['tohex(-256)', 'ffffffffffffff00'],
    ['tohex(toint(-256), 8)', 'ffffff00'],
    ['tohex(256, 8)', '00000100'],
    ['base64_encode_tostring("Kusto")', 'S3VzdG8='],
    ['base64_decode_tostring("S3VzdG8=")', 'Kusto'],
    ['base64_decode_tostring("U3RyaW5n0KHR0tGA0L7Rh9C60LA=")', ''],
    ['base64_encode_fromguid(toguid("ae3133f2-6e22-49ae-b06a-16e6a9b212eb"))', '8jMxriJurkmwahbmqbIS6w=='],
    ['hash_sha256("World")', '78ae647dc5544d227130a0682a51e30bc7777fbb6d8a8f17007463a3ecd1d524'],
    ['hash_md5("World")', 'f5a7924e621e84c9280a9a27e1bcb7f6'],
    ['url_decode("https%3a%2f%2fwww.bing.com%2f")', 'https://www.bing.com/'],
    ['url_encode("https://www.bing.com/hello world")', 'https%3a%2f%2fwww.bing.com%2fhello+world'],
    ['parse_csv(\'aa,"b,b",cc,"Escaping ""Title"""\')', ['aa', 'b,b', 'cc', 'Escaping "Title"']],
    ['parse_command_line(@"echo ""hello world!""", "windows")', ['echo', 'hello world!']],
    ['format_bytes(564)', '564 Bytes'],
    ['format_bytes(10332, 1)', '10.1 KB'],
    ['format_bytes(20010332, 2)', '19.08 MB'],
    ['format_bytes(20010332, 0, "KB")', '19541 KB'],
    ['strlen(tostring(new_guid()))', 36n],
    ['isascii("a")', true],
    ['isascii("ä")', false],
    ['has_any_index("this is an example", dynamic(["nope", "example"]))', 1n],
    ["has_ipv4('05:04:54 127.0.0.1 GET /favicon.ico 404', '127.0.0.1')", true],
    ["has_ipv4('05:04:54127.0.0.1 GET /favicon.ico 404', '127.0.0.1')", false],
    ["has_ipv4('05:04:54 127.0.0.256 GET', '127.0.0.256')", false],
    ["has_any_ipv4_prefix('05:04:54 127.0.0.1 GET', '192.168.', '127.0.')", true],
    ["has_any_ipv4_prefix('05:04:54 127.0.0.1 GET', '127.0')", false],
    ["format_ipv4('192.168.1.1', 24)", '192.168.1.0'],
    ["format_ipv4_mask('192.168.1.1/24', 32)", '192.168.1.0/24'],
    ["parse_ipv4('127.0.0.1')", 2130706433n],
    ["parse_ipv6('127.0.0.1')", '0000:0000:0000:0000:0000:ffff:7f00:0001'],
    ["toguid('0123456789abcdef0123456789abcdef')", '01234567-89ab-cdef-0123-456789abcdef'],
  ];
  test.each(cases)('%s is %p', kql.expectValue);
});

describe('URLs and paths', () => {
  test('parse_url', () =>
    kql.expectValue('parse_url("scheme://user:pass@host:1234/this/is/a/path?k1=v1&k2=v2#fragment")', {
      Scheme: 'scheme',
      Host: 'host',
      Port: '1234',
      Path: '/this/is/a/path',
      Username: 'user',
      Password: 'pass',
      'Query Parameters': { k1: 'v1', k2: 'v2' },
      Fragment: 'fragment',
    }));

  test.each([
    ['@"C:\\temp\\file.txt"', 'C:', 'C:\\temp', 'temp', 'file.txt', 'txt', ''],
    ['"file://C:/temp/file.txt:some.exe"', 'C:', 'C:/temp', 'temp', 'file.txt', 'txt', 'some.exe'],
    [
      '@"\\\\shared\\users\\temp\\file.txt.gz"',
      '',
      '\\\\shared\\users\\temp',
      'temp',
      'file.txt.gz',
      'gz',
      '',
    ],
    ['"/usr/lib/temp/file"', '', '/usr/lib/temp', 'temp', 'file', '', ''],
  ])('parse_path(%s)', async (path, root, directory, name, file, extension, stream) => {
    expect(await kql.value(`parse_path(${path})`)).toMatchObject({
      RootPath: root,
      DirectoryPath: directory,
      DirectoryName: name,
      Filename: file,
      Extension: extension,
      AlternateDataStreamName: stream,
    });
  });
});

describe('the calendar', () => {
  const cases: Cases = [
    ['startofday(datetime(2017-01-01 10:10:17), -1)', '2016-12-31T00:00:00Z'],
    ['endofday(datetime(2017-01-01 10:10:17))', '2017-01-01T23:59:59.9999999Z'],
    ['startofweek(datetime(2017-01-03 10:10:17))', '2017-01-01T00:00:00Z'],
    ['startofweek(datetime(2017-01-01 10:10:17), -1)', '2016-12-25T00:00:00Z'],
    ['endofmonth(datetime(2017-01-01 10:10:17), 1)', '2017-02-28T23:59:59.9999999Z'],
    ['startofyear(datetime(2017-05-01))', '2017-01-01T00:00:00Z'],
    ['week_of_year(datetime(2020-12-31))', 53],
    ['week_of_year(datetime(2000-01-01))', 52],
    ['dayofweek(datetime(1970-05-11))', '1.00:00:00'],
    ['dayofyear(datetime(2015-12-14))', 348],
    ['hourofday(datetime(2015-12-14 18:54))', 18],
    ['monthofyear(datetime(2015-12-14))', 12],
    ["format_datetime(datetime(2017-01-29 09:00:05), 'yy-MM-dd [HH:mm:ss]')", '17-01-29 [09:00:05]'],
    ["format_datetime(datetime(2017-01-29 09:00:05), 'yyyy-M-dd [H:mm:ss]')", '2017-1-29 [9:00:05]'],
    ["format_datetime(datetime(2017-01-29 21:00:05), 'yy-MM-dd [hh:mm:ss tt]')", '17-01-29 [09:00:05 PM]'],
    ["format_datetime(datetime(2009-06-15T13:45:30.6175425), 'fffffff')", '6175425'],
    ["format_timespan(time(29.09:00:05.12345), 'dd.hh:mm:ss:FF')", '29.09:00:05:12'],
    ["datetime_diff('year',datetime(2017-01-01),datetime(2000-12-31))", 17n],
    ["datetime_diff('month',datetime(2017-01-01),datetime(2015-12-30))", 13n],
    ["datetime_diff('week',datetime(2017-10-29 00:00),datetime(2017-09-30 23:59))", 5n],
    ["datetime_diff('hour',datetime(2017-10-31 01:00),datetime(2017-10-30 23:59))", 2n],
    ["datetime_diff('nanosecond',datetime(2017-10-30),datetime(2017-10-30 00:00:00.0000007))", -700n],
    ["datetime_add('month', 1, datetime(2017-01-31))", '2017-02-28T00:00:00Z'],
    ["datetime_add('day', -1, datetime(2017-01-01 12:00))", '2016-12-31T12:00:00Z'],
    ["datetime_part('week_of_year', datetime(2017-10-30 01:02:03.7654321))", 44],
    ["datetime_part('nanosecond', datetime(2017-10-30 01:02:03.7654321))", 765432100],
    ['make_datetime(2017,10,01,12,11,0.1234567)', '2017-10-01T12:11:00.1234567Z'],
    ['make_datetime(2017,13,01)', null],
    [
      "datetime_utc_to_local(datetime(2022-07-11 22:18:48.4678620), 'US/Pacific')",
      '2022-07-11T15:18:48.467862Z',
    ],
    ["datetime_utc_to_local(datetime(2022-01-11 22:00), 'Europe/Berlin')", '2022-01-11T23:00:00Z'],
    ["datetime_local_to_utc(datetime(2022-07-11 15:18:48), 'US/Pacific')", '2022-07-11T22:18:48Z'],
    ["datetime_local_to_utc(datetime(2022-03-27 02:00), 'Europe/Brussels')", '2022-03-27T00:00:00Z'],
    ["datetime_local_to_utc(datetime(2022-03-27 03:30), 'Europe/Berlin')", '2022-03-27T01:30:00Z'],
    ['make_timespan(1,12,30,55)', '1.12:30:55'],
    ['unixtime_seconds_todatetime(1546300800)', '2019-01-01T00:00:00Z'],
    ['unixtime_milliseconds_todatetime(1546300800123)', '2019-01-01T00:00:00.123Z'],
    ['bin_at(6.5, 2.5, 7)', 4.5],
    ['bin_at(time(1h), 1d, 12h)', '-12:00:00'],
    ['bin_at(datetime(2017-05-15 10:20:00.0), 1d, datetime(1970-01-01 12:00:00.0))', '2017-05-14T12:00:00Z'],
  ];
  test.each(cases)('%s is %p', kql.expectValue);
});

describe('arrays and bags', () => {
  const cases: Cases = [
    ['array_length(dynamic([1, 2, 3]))', 3n],
    ['array_length(parse_json("{}"))', null],
    ['array_concat(dynamic([1]), dynamic([2, 3]))', [1, 2, 3]],
    ['array_slice(dynamic([1,2,3,4,5]), 2, -1)', [3, 4, 5]],
    ['array_slice(dynamic([1,2,3,4,5]), -3, -2)', [3, 4]],
    ['array_split(dynamic([1,2,3,4,5]), dynamic([1,3]))', [[1], [2, 3], [4, 5]]],
    ['array_index_of(dynamic(["this","is","an","example"]), "an")', 2n],
    ['array_index_of(dynamic([1, 2]), 3)', -1n],
    ['array_sort_asc(dynamic([null,"blue","yellow","green",null]))', ['blue', 'green', 'yellow', null, null]],
    ['array_sort_asc(dynamic([10, 9, 100]))', [9, 10, 100]],
    ['array_sort_desc(dynamic([1,3,2]))', [3, 2, 1]],
    ['array_reverse(dynamic([1,2]))', [2, 1]],
    ['array_rotate_left(dynamic([1,2,3,4,5]), 2)', [3, 4, 5, 1, 2]],
    ['array_shift_right(dynamic([1,2,3]), 1)', [null, 1, 2]],
    ['array_sum(dynamic([1, 2.5]))', 3.5],
    ['array_iff(dynamic([true,false]), dynamic([1,2]), 9)', [1, 9]],
    ['array_iff(dynamic([50, "text", null]), 1, 0)', [1, null, null]],
    ['bag_zip(dynamic(["a", 8, "b"]), parse_json("1"))', { a: null, b: null }],
    ['bag_zip(dynamic(["a", 8, "b"]), dynamic([1, "2", 2.5]))', { a: 1, b: 2.5 }],
    ['bag_keys(dynamic({"a":1, "b":{"c":2}}))', ['a', 'b']],
    ["bag_merge(dynamic({'A1':12, 'B1':2}), dynamic({'A1':1, 'C':3}))", { A1: 12, B1: 2, C: 3 }],
    ["bag_has_key(dynamic({'k': {'p': 1}}), '$.k.p')", true],
    ["bag_set_key(dynamic({'k': 1}), 'n', 'abc')", { k: 1, n: 'abc' }],
    ["bag_remove_keys(dynamic({'a': 1, 'b': {'c': 2, 'd': 3}}), dynamic(['a', '$.b.c']))", { b: { d: 3 } }],
    [
      "bag_pack('Level', 'Information', 'ProcessID', 1234, 'Data', bag_pack('url', 'www.bing.com'))",
      { Level: 'Information', ProcessID: 1234, Data: { url: 'www.bing.com' } },
    ],
    ["pack_array(1, 'a', dynamic(null))", [1, 'a', null]],
    ['range(1, 8, 3)', [1, 4, 7]],
    ['range(1h, 3h)', ['01:00:00', '02:00:00', '03:00:00']],
    ['repeat(1, 3)', [1, 1, 1]],
    [
      'zip(dynamic([1,3,5]), dynamic([2,4]))',
      [
        [1, 2],
        [3, 4],
        [5, null],
      ],
    ],
    ['set_union(dynamic([1,2]), dynamic([2,3]))', [1, 2, 3]],
    ['set_intersect(dynamic([1,2,3]), dynamic([2,3]))', [2, 3]],
    ['set_difference(dynamic([1,2,3]), dynamic([2]))', [1, 3]],
    ['set_has_element(dynamic(["this", "is"]), "is")', true],
    ['treepath(parse_json(\'{"a":"b", "c":123}\'))', ["['a']", "['c']"]],
    ['extract_json(\'$.a[0].b\', \'{"a":[{"b":5}]}\', typeof(long))', 5n],
    ["gettype(parse_json('{}'))", 'dictionary'],
    ["gettype(parse_json('[1]'))", 'array'],
    ['gettype(1s)', 'timespan'],
    ["parse_urlquery('k1=v1&k2=v2')['Query Parameters'].k2", 'v2'],
    ['tostring(array_concat(dynamic([9007199254740993]), dynamic([1])))', '[9007199254740993,1]'],
  ];
  test.each(cases)('%s is %p', kql.expectValue);
});

describe('numbers', () => {
  const cases: Cases = [
    ['round(2.98765, 3)', 2.988],
    ['round(2.15, 1)', 2.2],
    ['round(-50.55, -2)', -100],
    ['abs(-5)', 5n],
    ['ceiling(-1.1)', -1],
    ['sign(-42)', -1],
    ['pow(2, 3)', 8],
    ['log10(1000)', 3],
    ['isnan(real(nan))', true],
    ['isinf(1.0 / 0.0)', true],
    ['min_of(10, 1, -3, 17)', -3n],
    ['max_of(1, int(null))', 1n],
    ['binary_and(5, 3)', 1n],
    ['binary_xor(1, 3)', 2n],
    ['binary_shift_left(1, 65)', 2n],
    ['iff(2 > 1, "a", "b")', 'a'],
    ['case(1 > 2, "a", 2 > 1, "b", "c")', 'b'],
  ];
  test.each(cases)('%s is %p', kql.expectValue);
});

describe('patterns are Unicode throughout', () => {
  const cases: Cases = [
    ["'٣' matches regex @'^\\d$'", true],
    ["'é' matches regex @'^\\w$'", true],
    ["'x\\ny' matches regex 'x.y'", false],
    ["'x\\ny' matches regex '(?s)x.y'", true],
    ["'ABC' matches regex '(?i)b'", true],
    ["'café bar' matches regex @'\\bcafé\\b'", true],
    ["'cafés' matches regex @'\\bcafé\\b'", false],
    ["'a-b' matches regex '[[:alpha:]--b]-b'", true],
    ["'5' matches regex '[0-9--5]'", false],
    ["'tab\\there' matches regex @'\\x09'", true],
    ["'a/b{c}' matches regex @'a/b\\{c\\}'", true],
    ["'Ω' matches regex @'\\p{Greek}'", true],
  ];
  test.each(cases)('%s is %p', kql.expectValue);

  test('a pattern that is none is an error that shows it', async () => {
    await expect(kql.value("'x' matches regex '(unclosed'")).rejects.toThrow(/unclosed/);
    await expect(kql.value("extract('[a', 0, 'x')")).rejects.toThrow(/\[a/);
  });
});

test.each<[string, unknown]>([
  ['parsejson(\'{"a":1}\').a', '1'],
  ['parseurl("http://a.example/c").Host', '"a.example"'],
  ['parseurlquery("a=1")', '{"Query Parameters":{"a":"1"}}'],
  ['arraylength(dynamic([1, 2]))', 2n],
  ['array_iif(dynamic([true]), dynamic([1]), dynamic([2]))', '[1]'],
  ['array_strcat(dynamic(["a", "b"]), "-")', 'a-b'],
  ['datepart("year", datetime(2020-02-02))', 2020],
  ['totime("1:00:00")', 36_000_000_000n],
])('the old name in %s still works', async (expression, value) => {
  const { rows } = await kql.run(`print ${expression}`);
  expect(rows).toEqual([[value]]);
});

describe('hashes', () => {
  const long = '0123456789'.repeat(10);
  test.each<[string, bigint]>([
    ['hash("World")', 1846988464401551951n],
    ['hash_xxhash64("Hello")', 753694413698530628n],
    ['hash(datetime(2015-01-01))', 1380966698541616202n],
    ['hash("")', BigInt.asIntN(64, 0xef46db3751d8e999n)],
    [`hash("${long}")`, -572384217626116102n],
  ])('%s', kql.expectValue);

  test.each(['hash("a", 10)', 'hash(1)', 'hash(1.5)'])('%s is refused', async (call) => {
    await expect(kql.run(`print ${call}`)).rejects.toMatchObject({ kind: 'unsupported' });
  });
});
