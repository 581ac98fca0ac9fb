import { assert, property, string } from 'fast-check';
import { showText } from '../../../functions/domain/messages/show-text.ts';

it.each([
  ['mac-01', 'mac-01'],
  ['Müller’s Mac (büro) 東京 😀 ❤️', 'Müller’s Mac (büro) 東京 😀 ❤️'],
  ['two\r\nlines\tand a tab', 'two‹U+000D›‹U+000A›lines‹U+0009›and a tab'],
  ['line\u2028separator', 'line‹U+2028›separator'],
  ['mac\u202egnp.exe', 'mac‹U+202E›gnp.exe'],
  ['iso\u2066late\u2069', 'iso‹U+2066›late‹U+2069›'],
  ['zero\u200bwidth\u00ad\ufeff', 'zero‹U+200B›width‹U+00AD›‹U+FEFF›'],
  ['filler\u3164\u115f\u2800', 'filler‹U+3164›‹U+115F›‹U+2800›'],
  ['no-break\u00a0space', 'no-break‹U+00A0›space'],
  ['tag\u{e0041}', 'tag‹U+E0041›'],
  ['lone\ud800surrogate', 'lone‹U+D800›surrogate'],
  ['forged ‹U+202E›', 'forged ‹U+2039›U+202E›'],
  ['\u0000', '‹U+0000›'],
])('when the text is %j, it is shown as %j', (text, shown) => {
  expect(showText(text, 200)).toBe(shown);
});

it('when text runs right to left, it can not move what stands around it', () => {
  expect(showText('דוד', 20)).toBe('\u2068דוד\u2069');
});

it('when marks are stacked without end, only as many as a script uses are drawn', () => {
  expect(showText(`e${'\u0301'.repeat(6)}`, 200)).toBe(`e${'\u0301'.repeat(4)}‹U+0301›‹U+0301›`);
});

it('when the text is too long, its middle is left out and counted', () => {
  expect(showText(`${'a'.repeat(100)}${'b'.repeat(100)}`, 30)).toBe(
    `${'a'.repeat(20)} ‹170 characters left out› ${'b'.repeat(10)}`,
  );
});

it('when leaving out saves no room, nothing is left out', () => {
  expect(showText('a'.repeat(60), 30)).toBe('a'.repeat(60));
});

it('when an escape or an emoji stands at the cut, it is left out as a whole', () => {
  expect(showText(`abc\u202e${'d'.repeat(50)}`, 9)).toBe('abc ‹48 characters left out› ddd');
  expect(showText(`abcde😀${'d'.repeat(50)}`, 9)).toBe('abcde ‹48 characters left out› ddd');
});

it('whatever the text, what is shown is one line, visible, well-formed and bounded', () => {
  assert(
    property(string({ unit: 'binary', maxLength: 400 }), (text) => {
      const shown = showText(text, 60);
      const inner = shown.replace(/^\u2068(.*)\u2069$/su, '$1');
      expect(inner).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      expect(shown.length).toBeLessThanOrEqual(60 + 40);
    }),
    { numRuns: 2_000 },
  );
});
