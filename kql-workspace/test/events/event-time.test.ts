import fc from 'fast-check';
import { type DayOrder, eventTime } from '../../src/events/event-time.ts';
import { formatDatetime } from '../../src/values/time-text.ts';

const read = (text: string, order: DayOrder = 'mdy'): string | undefined => {
  const ticks = eventTime(text, order);
  return ticks === undefined ? undefined : formatDatetime(ticks, 'trimmed');
};

test.each([
  // What the portals write in the languages of their users.
  ['6/5/2026, 6:41:25.321 PM', 'mdy', '2026-06-05T18:41:25.321Z'],
  ['6/5/2026, 6:41:25\u202fPM', 'mdy', '2026-06-05T18:41:25Z'],
  ['Jun 5, 2026 6:41:25 PM', 'mdy', '2026-06-05T18:41:25Z'],
  ['Jun 5, 2026, 12:00:00 AM', 'mdy', '2026-06-05T00:00:00Z'],
  ['June 5, 2026 at 6:41 PM', 'mdy', '2026-06-05T18:41:00Z'],
  ['05/06/2026, 6:41:25.321 pm', 'dmy', '2026-06-05T18:41:25.321Z'],
  ['05/06/2026, 18:41:25', 'dmy', '2026-06-05T18:41:25Z'],
  ['05/06/2026 18:41:25', 'mdy', '2026-05-06T18:41:25Z'],
  ['5.6.2026, 18:41:25', 'dmy', '2026-06-05T18:41:25Z'],
  ['5. 6. 2026 18:41:25', 'dmy', '2026-06-05T18:41:25Z'],
  ['5-6-2026 18:41:25', 'dmy', '2026-06-05T18:41:25Z'],
  ['5.6.2026 klo 18.41.25', 'dmy', '2026-06-05T18:41:25Z'],
  ['2026/6/5 18:41:25', 'mdy', '2026-06-05T18:41:25Z'],
  ['2026/6/5 下午6:41:25', 'mdy', '2026-06-05T18:41:25Z'],
  ['2026. 6. 5. 오후 6:41:25', 'mdy', '2026-06-05T18:41:25Z'],
  ['2026-06-05, 6:41:25 p.m.', 'mdy', '2026-06-05T18:41:25Z'],
  ['2026-06-05 18:41:25', 'mdy', '2026-06-05T18:41:25Z'],
  ['5 juin 2026 à 18:41:25', 'mdy', '2026-06-05T18:41:25Z'],
  ['5. Juni 2026, 18:41:25', 'mdy', '2026-06-05T18:41:25Z'],
  ['5 de junho de 2026 às 18:41:25', 'mdy', '2026-06-05T18:41:25Z'],
  ['5 июня 2026 г., 18:41:25', 'mdy', '2026-06-05T18:41:25Z'],
  ['5 cze 2026, 18:41:25', 'mdy', '2026-06-05T18:41:25Z'],
  // What programs write.
  ['6/5/2026 6:41:25 PM +00:00', 'mdy', '2026-06-05T18:41:25Z'],
  ['6/5/2026 6:41:25 PM +02:00', 'mdy', '2026-06-05T16:41:25Z'],
  ['Jun 5, 2026 6:41:25 PM GMT+2', 'mdy', '2026-06-05T16:41:25Z'],
  ['2026-06-05T18:41:25.3214567+02:00', 'mdy', '2026-06-05T16:41:25.3214567Z'],
  ['Fri, 05 Jun 2026 18:41:25 GMT', 'mdy', '2026-06-05T18:41:25Z'],
  ['/Date(1780684885321)/', 'mdy', '2026-06-05T18:41:25.321Z'],
  ['1780684885', 'mdy', '2026-06-05T18:41:25Z'],
  ['1780684885.321', 'mdy', '2026-06-05T18:41:25.321Z'],
  ['1780684885321', 'mdy', '2026-06-05T18:41:25.321Z'],
  ['1780684885321456', 'mdy', '2026-06-05T18:41:25.321456Z'],
  ['1780684885321456700', 'mdy', '2026-06-05T18:41:25.3214567Z'],
  ['639162816853210000', 'mdy', '2026-06-05T18:41:25.321Z'],
  ['134251584853210000', 'mdy', '2026-06-05T18:41:25.321Z'],
  // Excel's days since the end of 1899, with the decimal comma of half of the world.
  ['46178.778765289', 'mdy', '2026-06-05T18:41:25.321Z'],
  ['46178,778765289', 'mdy', '2026-06-05T18:41:25.321Z'],
  ['46178', 'mdy', '2026-06-05T00:00:00Z'],
] as const)('%s, %s, is %s', (text, order, expected) => {
  expect(read(text, order)).toBe(expected);
});

test.each([
  '41:25.3',
  '13:41',
  'never',
  '31/31/2026 00:00:00',
  '5 listopad 2026 00:00',
  '6/5/2026 13:41:25 PM',
  '123456',
  '-5',
  '2026/13/5 00:00:00',
])('%s is no time, and none is made up', (text) => {
  expect(read(text)).toBeUndefined();
});

test.each([
  'en-US',
  'en-GB',
  'en-AU',
  'en-CA',
  'en-IN',
  'de',
  'fr',
  'fr-CA',
  'es',
  'it',
  'pt-BR',
  'nl',
  'sv',
  'da',
  'nb',
  'fi',
  'pl',
  'cs',
  'hu',
  'tr',
  'ru',
  'ja',
  'zh-CN',
  'zh-TW',
  'ko',
])('what a browser writes in %s is read back, in figures and with the name of the month', (locale) => {
  const dayFirst = !['en-US'].includes(locale);
  const instant = fc.date({ min: new Date('2000-01-01'), max: new Date('2039-12-31'), noInvalidDate: true });
  const check = (date: Date): void => {
    const second = new Date(Math.floor(date.getTime() / 1_000) * 1_000);
    const expected = second.toISOString().replace('.000Z', 'Z');
    const order = dayFirst ? 'dmy' : 'mdy';
    expect(read(second.toLocaleString(locale, { timeZone: 'UTC' }), order)).toBe(expected);
    const styles = { timeZone: 'UTC', dateStyle: 'medium', timeStyle: 'medium' } as const;
    const medium = second.toLocaleString(locale, styles);
    const known = read(medium, order);
    // Croatian, Czech and Polish have names of months in common that don't mean the same.
    if (['pl', 'cs'].includes(locale) && known === undefined) return;
    // Where a language has no names of months, this is its own form of figures.
    if (!/年|년/.test(medium)) expect(known).toBe(expected);
  };
  for (let month = 0; month < 12; month++) check(new Date(Date.UTC(2026, month, 5, 18, 41, 25)));
  fc.assert(fc.property(instant, check), { numRuns: 40 });
});
