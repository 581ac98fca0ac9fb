import { durationSchema } from '../../functions/domain/duration.ts';

const HOUR_MS = 3_600_000;

test.each([
  ['PT4H', 4 * HOUR_MS],
  ['P1D', 24 * HOUR_MS],
  ['P2W', 14 * 24 * HOUR_MS],
  ['P1DT12H', 36 * HOUR_MS],
  ['PT1.5H', 1.5 * HOUR_MS],
  ['PT90M', 1.5 * HOUR_MS],
])('%s is understood', (text, ms) => {
  expect(durationSchema.parse(text)).toBe(ms);
});

test.each([
  'PT4H30',
  'xxP1D',
  'P1D ',
  'P1Dx',
  'PT',
  'P',
  '',
  'P1DT',
  '-P1D',
  'P1M',
  'P1Y',
  'PT0S',
  '4h',
  'PT4H\n',
])('%j is refused: the whole text must be a duration', (text) => {
  expect(durationSchema.safeParse(text).success).toBe(false);
});
