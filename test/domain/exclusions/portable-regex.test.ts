import { problemWithRegex } from '../../../functions/domain/exclusions/portable-regex.ts';

test.each([
  '^go-agent$',
  'addigy.*log',
  '^(?:update|upgrade)[0-9]{1,3}\\.exe$',
  '\\bcollector\\b',
  '/Library/Addigy/[^/]+$',
  '[a-f0-9]{64}',
  'a|b',
])('%j is accepted', (source) => {
  expect(problemWithRegex(source)).toBeUndefined();
});

test.each([
  '.*',
  '.',
  '',
  '^',
  '$',
  'a*',
  '^.*$',
  '(?:)',
  'x?',
  '.+',
  '[^x]',
  '\\S',
  '\\w',
  '^.{1,}$',
  '[a-z0-9]',
  '(foo)?',
  'a||b',
  '[0-9]',
  '\\.',
  '[a-zA-Z]',
])('%j is refused: it would hide everything, or everything of a kind', (source) => {
  expect(problemWithRegex(source)).toMatch(/^matches /);
});

test.each([
  ['(', 'not a valid'],
  ['a{2,1}', 'not a valid'],
  ['a**', 'not a valid'],
  ['foo(?=bar)', '(?…)'],
  ['(?<!x)foo', '(?…)'],
  ['(?<name>foo)', '(?…)'],
  ['(foo)\\1', '\\1'],
  ['foo\\cA', '\\c'],
  ['\\p{L}oo', '\\p'],
  ['\\u0066oo', '\\u'],
  ['foo{1001}', '1000'],
  ['foo[]', '[]'],
  ['foo[a&&b]', '[a&&b]'],
  ['foo[[:alpha:]]', 'not a valid'],
  ['foo[\\b]', '\\b'],
  ['foo'.repeat(400), 'longer'],
])('%j is refused: not every engine reads it alike', (source, why) => {
  expect(problemWithRegex(source)).toContain(why);
});

test('an expression that backtracks badly is judged quickly', () => {
  const start = performance.now();
  problemWithRegex('^(?:(?:.*)*)*x$');
  problemWithRegex('(\\w+\\s?)+@');
  expect(performance.now() - start).toBeLessThan(500);
});

test.each([`${'.*'.repeat(30)}!`, '(a+)+b', '(?:x*y*)*z', '(?:ab+)+c'])(
  'when %j could take for ever to judge, then it is refused at once',
  (source) => {
    const started = performance.now();
    expect(problemWithRegex(source)).toMatch(/repetition/);
    expect(performance.now() - started).toBeLessThan(1_000);
  },
);

test.each(['^(?:lab|test)-[0-9]+\\.example$', 'go-agent.*\\.pkg', '[*+]{2}a+b'])(
  'when %j is plain, then it is accepted',
  (source) => {
    expect(problemWithRegex(source)).toBeUndefined();
  },
);
