import fc from 'fast-check';
import { bindKql, readStringLiteral } from 'kql-workspace/parse.ts';
import { identifier, joinKql, kql, reviewedQuery, timespan } from '../../../functions/domain/kql/kql.ts';

const utf16 = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 })
  .map((units) => String.fromCharCode(...units));
const awkward = fc
  .array(
    fc.constantFrom(
      '"',
      "'",
      '\\',
      '\n',
      '\r',
      '\u2028',
      '\u2029',
      '\u0000',
      '\u0085',
      '\u202e',
      '//',
      '```',
      '`',
      '{',
      '${',
      '\ud83e',
      '🦊',
      '"; DeviceInfo //',
    ),
  )
  .map((parts) => parts.join(''));

describe('a string in the kql template', () => {
  test('is read back by Microsoft’s parser as exactly that string, whatever it holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), utf16, awkward), (text) => {
        expect(readStringLiteral(kql`${text}`.text)).toBe(text);
      }),
      { numRuns: 400 },
    );
  });

  test('may be 10,000 characters long', () => {
    const text = '\\"\n🦊é'.repeat(1_700).slice(0, 10_000);
    expect(readStringLiteral(kql`${text}`.text)).toBe(text);
  });

  test('shows a reader no invisible or direction-changing character', () => {
    expect(kql`${'a\u202eb\u200bc\u2028d\ud800'}`.text).toBe(String.raw`"a\u202eb\u200bc\u2028d\ud800"`);
  });
});

test('a list becomes literals between commas, and each is read back', () => {
  const list = kql`${['a"b', 'c, d']}`;
  expect(list.text).toBe(String.raw`"a\"b", "c, d"`);
});

test('an empty list is refused: it has no form in KQL', () => {
  expect(() => kql`x in (${[]})`).toThrow(RangeError);
});

test('a date becomes a datetime literal to the millisecond', () => {
  expect(kql`${new Date('2026-11-24T01:02:03.004Z')}`.text).toBe('datetime(2026-11-24T01:02:03.004Z)');
});

test.each([
  [0, '0ms'],
  [1_500, '1500ms'],
  [60_000, '1m'],
  [432_000_000, '5d'],
  [172 * 3_600_000, '172h'],
])('%d ms become the timespan %s', (milliseconds, expected) => {
  const { text } = timespan(milliseconds);
  expect(text).toBe(expected);
  expect(bindKql(`print x = ${text} | where x > 1s`, {})).toEqual([]);
});

test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('%d is no timespan', (milliseconds) => {
  expect(() => timespan(milliseconds)).toThrow(RangeError);
});

test('a name stays bare, and one that could be code is bracketed', () => {
  expect(identifier('DeviceName').text).toBe('DeviceName');
  const hostile = identifier('x"] | take 1 //').text;
  expect(hostile).toBe(String.raw`["x\"] | take 1 //"]`);
  expect(bindKql(`T | project ${hostile}`, { T: { 'x"] | take 1 //': 'string' } })).toEqual([]);
});

test('fragments go in as they are', () => {
  const both = joinKql([kql`a == ${'1'}`, kql`b`], kql` and `);
  expect(kql`| where ${both}${reviewedQuery('\n| take "x"')}`.text).toBe(
    '| where a == "1" and b\n| take "x"',
  );
});
