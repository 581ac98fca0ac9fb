import fc from 'fast-check';
import type { LogEntry } from '../../../local/environment/functions-host.ts';
import { printLog } from '../../../local/printing/print-log.ts';

const at = new Date('2026-06-05T12:34:56.789Z');
const entry: LogEntry = { level: 'information', category: 'user', functionName: 'webhook', message: 'hello' };

test.each<[string, Partial<LogEntry>, string | undefined]>([
  ['what a function logs has its time and name', {}, '12:34:56 webhook  hello'],
  [
    'a message of several lines stays several lines',
    { message: 'a\n\n  b\n' },
    '12:34:56 webhook  a\n12:34:56 webhook    b',
  ],
  ['the chatter of the library is left out', { category: 'system' }, undefined],
  ['a warning of the library is not', { category: 'system', level: 'warning' }, '12:34:56 webhook  hello'],
])('%s', (_, change, expected) => {
  expect(printLog({ ...entry, ...change }, { at, colour: false })).toBe(expected);
});

test('without a function it is the functions as a whole', () => {
  const { functionName, ...rest } = entry;

  expect(functionName).toBe('webhook');
  expect(printLog(rest, { at, colour: false })).toBe('12:34:56 functions  hello');
});

test('an error is red where there are colours', () => {
  expect(printLog({ ...entry, level: 'error' }, { at, colour: true })).toBe(
    '\u001b[31m12:34:56 webhook  hello\u001b[39m',
  );
});

test('no control character of a message reaches the terminal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (message) => {
      expect(printLog({ ...entry, message }, { at, colour: false })).not.toMatch(/[^\P{C}\n\u2068\u2069]/u);
    }),
  );
});
