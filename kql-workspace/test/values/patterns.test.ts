import fc from 'fast-check';
import { kustoPattern } from '../../src/values/kusto-pattern.ts';
import { type Cases, emptyEngine } from '../kql.ts';

const kql = emptyEngine();
const LONG = 'strcat(strrep("a", 1000, ""), strrep("a", 1000, ""), strrep("a", 1000, ""), "!")';

describe('patterns that make other engines go back for ever take time in proportion to the text', () => {
  test.each([
    [`(${LONG}) matches regex "^(a+)+$"`, false],
    [`extract("^((a+)+)$", 1, ${LONG})`, ''],
    [`tostring(extract_all("^((a|a)*)$", ${LONG}))`, ''],
    [`strlen(replace_regex(${LONG}, "^(a*)*$", ""))`, 3001n],
    [`countof(${LONG}, "(a*)*c", "regex")`, 0n],
    [`indexof_regex(${LONG}, "(a|aa)+$")`, -1n],
    [`strlen(trim("(a*)*c", ${LONG}))`, 3001n],
    [`strlen(trim_end("(a+)+", ${LONG}))`, 3001n],
    [`strlen(trim_start("(x+x+)+y", ${LONG}))`, 3001n],
  ] satisfies Cases)('%s', kql.expectValue);

  test('so do those that only the data says, with word edges in texts of any script, and parse', async () => {
    const query = `datatable(p: string)["(a+)+$", @"\\b(é|a+)+\\b$"] | extend t = strcat("é", ${LONG})
      | project a = t matches regex p, t
      | parse kind=regex t with "(a+)+$" d`;
    expect(await kql.rows(query)).toMatchObject([{ a: false }, { a: false }]);
  });
});

describe('classes, edges and flags', () => {
  test.each([
    ['"naïve" matches regex @"^\\w+$"', true],
    ['"naïve" matches regex @"\\bna"', true],
    ['"naïve" matches regex @"na\\b"', false],
    ['extract(@"\\b(é\\w+)", 1, "x école")', 'école'],
    ['extract(@"(\\w+)\\>", 1, "école, x")', 'école'],
    ['replace_regex("à b", @"\\b", "|")', '|à| |b|'],
    ['replace_regex("ab", "x*", "-")', '-a-b-'],
    ['replace_regex("abcabc", "b", @"[\\1]")', 'a[]ca[]c'],
    ['replace_regex("abcabc", "(b)", @"[\\1]")', 'a[b]ca[b]c'],
    ['replace_regex("a.b", @"\\.", @"\\\\")', 'a\\b'],
    ['extract("(?U)(a+)", 1, "aaa")', 'a'],
    ['"a\\rb" matches regex "a.b"', true],
    ['extract("[a-z&&[^aeiou]]+", 0, "aeixyz")', 'xyz'],
    ['extract(@"\\p{Greek}+", 0, "abc αβγ")', 'αβγ'],
    ['trim(@"[^\\w]+", "--- te\'st! ---")', "te'st"],
  ] satisfies Cases)('%s is %p', kql.expectValue);

  test('DuckDB and RE2JS say the same', async () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      '.',
      '\\w',
      '\\d',
      '\\s',
      '[^a]',
      '\\b',
      '(a|b)',
      'é',
      '1',
      '^',
      '$',
    );
    const pattern = fc
      .array(fc.tuple(piece, fc.constantFrom('', '', '*', '+?')), { minLength: 1, maxLength: 5 })
      .map((parts) =>
        parts.map(([part, times]) => part + (/^([\^$]|\\b)$/.test(part) ? '' : times)).join(''),
      );
    const text = fc
      .array(fc.constantFrom('a', 'b', ' ', '1', 'é', '\n'), { maxLength: 8 })
      .map((all) => all.join(''));
    await fc.assert(
      fc.asyncProperty(pattern, text, async (p, t) => {
        const [literal, data] = [JSON.stringify(p), JSON.stringify(t)];
        const query = `datatable(t: string)[${data}]
          | project t1 = t matches regex ${literal}, t2 = extract(${literal}, 0, t), t3 = replace_regex(t, ${literal}, "-")`;
        const [row] = await kql.rows(query);
        const compiled = kustoPattern(p);
        expect([p, t, row]).toEqual([
          p,
          t,
          {
            t1: compiled.test(t),
            t2: compiled.first(t)?.texts[0] ?? '',
            t3: compiled.replaceAll(t, () => '-'),
          },
        ]);
      }),
      { numRuns: 150 },
    );
  });
});

test.each(['a^', 'é^', '$a', '^$a', '(?:$)a', 'a(?:^)', '\\za', 'a\\A', '$^a'])(
  'nothing stands beyond the edge of a text, so %s matches nothing',
  async (pattern) => {
    expect(
      await kql.rows(
        `datatable(t: string)["a", "ab", "ba", "é"] | where t matches regex ${JSON.stringify(pattern)}`,
      ),
    ).toEqual([]);
  },
);

test.each(['(?:)a', '()a', '^a$|b', 'a$|^b', '(^|x)a', '[$]|a', '[^b]'])(
  'and %s matches',
  async (pattern) => {
    expect(
      await kql.rows(
        `datatable(t: string)["ca", "a"] | where t matches regex ${JSON.stringify(pattern)} | where t == "a"`,
      ),
    ).toHaveLength(1);
  },
);

test('a constant pattern or format that is none is refused where it stands, before the query runs', async () => {
  for (const [query, column] of [
    ['print x = 1 | extend y = extract("(", 0, "a")', 26],
    ['print x = "a" | where x matches regex "a{2"', 39],
    ['print x = "a" | extend y = trim("[", x)', 28],
    ['print x = format_datetime(now(), "qq")', 11],
    ['print x = "a" | parse kind=regex x with "(" y', 17],
    ['print x = extract_all("a", "a")', 11],
  ] as const) {
    await expect(kql.run(query)).rejects.toMatchObject({
      kind: 'unsupported',
      diagnostic: { line: 1, column },
    });
  }
});
