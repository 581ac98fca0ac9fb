import { type PatternJudge, patternJudge } from '../../../functions/domain/exclusions/portable-regex.ts';

let problemWithRegex: PatternJudge;
beforeEach(async () => {
  problemWithRegex = await patternJudge();
});

test.each([
  '^go-agent$',
  'addigy.*log',
  '^(?:update|upgrade)[0-9]{1,3}\\.exe$',
  '\\bcollector\\b',
  '/Library/Addigy/[^/]+$',
  '[a-f0-9]{64}',
  'a|b',
  '^[0-9]+$',
  '(a+)+b',
  '(?:x*y*)*z',
  '(?:ab+)+c',
  '(?:.?){100}#',
  `${'.*'.repeat(30)}!`,
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
  ['foo[[:alpha:]]', 'read differently'],
  ['foo{', 'repeats nothing'],
  ['foo\\Abar', '\\A'],
  ['foo\\Q.\\E', '\\Q'],
  ['foo[\\b]', '\\b'],
  ['foo'.repeat(400), 'longer'],
])('%j is refused: not every engine reads it alike', (source, why) => {
  expect(problemWithRegex(source)).toContain(why);
});

test.each([
  '^(?:(?:.*)*)*x$',
  '(\\w+\\s?)+@',
  '(?:.?){100}#',
  `${'.*'.repeat(30)}!`,
  '(a+)+b',
  '(?:(?:a?){30}){30}#',
  '(?:.?){1000}'.repeat(83),
])('when a backtracking engine could take for ever over %j, then it is judged at once', (source) => {
  // Its own work, not what a busy machine makes it wait.
  const started = process.cpuUsage();
  problemWithRegex(source);
  const { user, system } = process.cpuUsage(started);
  expect((user + system) / 1000).toBeLessThan(1_000);
});

test('when repetitions make a pattern huge, then it is refused, and so is what comes after many large ones', () => {
  expect(problemWithRegex('(?:.?){1000}'.repeat(83))).toContain('too large');
  expect(problemWithRegex('a{3}')).toContain('too large together');
});

test.each(['^(?:lab|test)-[0-9]+\\.example$', 'go-agent.*\\.pkg', '[*+]{2}a+b'])(
  'when %j is plain, then it is accepted',
  (source) => {
    expect(problemWithRegex(source)).toBeUndefined();
  },
);
