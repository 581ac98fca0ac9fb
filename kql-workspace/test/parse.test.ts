import fc from 'fast-check';
import { schemaOf } from '../src/documented-columns.ts';
import { bindKql, firstError, parse, readStringLiteral } from '../src/parse.ts';

test('when a query is well-formed and its columns exist, there is nothing to say', () => {
  expect(bindKql('DeviceNetworkEvents | where TimeGenerated > ago(1d)', 'log-analytics')).toEqual([]);
});

test('Log Analytics has no Timestamp, Defender no TimeGenerated', () => {
  const byTimestamp = 'DeviceNetworkEvents\n| where Timestamp > ago(1d)';
  expect(bindKql(byTimestamp, 'defender-xdr')).toEqual([]);
  expect(bindKql(byTimestamp, 'log-analytics')).toEqual([
    {
      code: 'KS142',
      severity: 'Error',
      message: "The name 'Timestamp' does not refer to any known column, table, variable or function.",
      line: 2,
      column: 9,
    },
  ]);
  expect(bindKql('DeviceNetworkEvents | where TimeGenerated > ago(1d)', 'defender-xdr')).toHaveLength(1);
});

test('a missing column in a function call is one problem, not two', () => {
  const codes = bindKql('DeviceNetworkEvents | where isempty(Nope)', 'log-analytics').map(({ code }) => code);
  expect(codes).toEqual(['KS142']);
});

test('tables of one’s own can be bound against', () => {
  expect(bindKql('T | project a', { T: { a: 'string' } })).toEqual([]);
  expect(bindKql('T | project b', { T: { a: 'string' } })).toHaveLength(1);
});

test.each([
  ["'it\\'s'", "it's"],
  ['"a\\\\b"', 'a\\b'],
  ["@'a\\b'", 'a\\b'],
  ['"\\u00e9\\n"', 'é\n'],
  ["h'secret'", 'secret'],
  ["'a' | take 1", undefined],
  ["'a', 'b'", undefined],
  ["'open", undefined],
  ['1', undefined],
])('the literal %s stands for %p', (literal, value) => {
  expect(readStringLiteral(literal)).toBe(value);
});

test('whatever text is escaped as JSON does, the parser reads the same text back', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', "'", '"', '\\', '|', ';', ' ', '/', 'é', '\n') }),
      (text) => {
        expect(readStringLiteral(JSON.stringify(text))).toBe(text);
      },
    ),
    { numRuns: 50 },
  );
});

describe('the error that a query is refused for', () => {
  const schema = schemaOf('log-analytics');
  test.each([
    ['', 'syntax', 1, 1],
    ['  // nothing but a comment', 'syntax', 1, 1],
    ['let x = 1;', 'syntax', 1, 1],
    ['DeviceInfo | take', 'syntax', 1, 18],
    ['DeviceInfo | limit 5;;', 'syntax', 1, 22],
    ['DeviceInfo | where Nope == 1 | take', 'syntax', 1, 36],
    ['DeviceInfo | where Nope == 1', 'semantic', 1, 20],
  ])('%s', (query, phase, line, column) => {
    expect(firstError(query, parse(query, schema))).toMatchObject({ phase, diagnostic: { line, column } });
  });

  test('a warning is none', () => {
    const query = 'union isfuzzy=true DeviceInfo, NotATable | count';
    expect(firstError(query, parse(query, schema))).toBeUndefined();
  });
});

describe('a query is bound once', () => {
  const columns = [{ name: 'A', type: 'string' }];

  test('for all schemas that have its tables in common', () => {
    const [one, other] = [
      new Map([['T', columns]]),
      new Map([
        ['T', columns],
        ['U', columns],
      ]),
    ];
    expect(parse('T | where A == "shared"', one)).toBe(parse('T | where A == "shared"', other));
  });

  test('and anew where a table has other columns, or a watchlist may', () => {
    const other = new Map([['T', [...columns, { name: 'B', type: 'long' }]]]);
    expect(parse('T | project B', new Map([['T', columns]])).diagnostics).not.toEqual([]);
    expect(parse('T | project B', other).diagnostics).toEqual([]);
    const query = '_GetWatchlist("w") | project SearchKey';
    expect(parse(query, new Map([['T', columns]]))).not.toBe(parse(query, new Map([['T', columns]])));
  });
});
