import { judgeBreadth, type ToldHiding } from '../../../functions/domain/exclusions/breadth.ts';
import { daysAgo, now } from '../../examples.ts';

const judge = (hidden: number, sightings: number, told?: ToldHiding, share = 0.5) =>
  judgeBreadth({ hidden, sightings }, { share, now, told });
const told = (hidden: number, sightings: number, days = 1): ToldHiding => ({
  hidden,
  sightings,
  toldAt: daysAgo(20),
  lastAt: daysAgo(days),
});

test.each<[string, number, number, ToldHiding | undefined, boolean]>([
  ['nothing is hidden', 0, 0, undefined, false],
  ['less than half is hidden', 31, 64, undefined, false],
  ['half is hidden', 32, 64, undefined, true],
  ['all of one is hidden', 1, 1, undefined, true],
  ['as much was told', 40, 64, told(40, 64), false],
  ['less than was told is hidden', 33, 64, told(60, 64), false],
  ['it grew by less than a tenth', 45, 64, told(40, 64), false],
  ['it grew by a tenth', 47, 64, told(40, 64), true],
  ['it grew by a tenth and not a sighting more', 24, 40, told(20, 40), true],
  ['the last few went too', 64, 64, told(62, 64), true],
  ['it is all, as was told, with twice as many', 2, 2, told(1, 1), true],
  ['it is all, as was told, with a few more', 60, 60, told(50, 50), false],
  ['less was hidden for a week', 40, 64, told(40, 64, 8), true],
])('when %s, then whether the channels hear of it is clear', (_, hidden, sightings, before, tell) => {
  expect(judge(hidden, sightings, before).tell).toBe(tell);
});

test('small steps add up, since growth is measured by what was told', () => {
  let before: ToldHiding | undefined;
  const heard: number[] = [];
  for (let hidden = 0; hidden <= 64; hidden++) {
    const breadth = judge(hidden, 64, before);
    if (breadth.tell) heard.push(hidden);
    before = breadth.told;
  }
  expect(heard).toEqual([32, 39, 46, 53, 60, 64]);
});

test('what was told stays remembered through a quiet night, and is forgotten after a week', () => {
  expect(judge(1, 64, told(40, 64, 1)).told).toEqual(told(40, 64, 1));
  expect(judge(1, 64, told(40, 64, 8)).told).toBeUndefined();
  expect(judge(40, 64, told(40, 64, 6)).told?.lastAt).toEqual(now);
});

test('a team that sets 1 hears when everything is hidden, and of nothing less', () => {
  expect(judge(63, 64, undefined, 1).tell).toBe(false);
  expect(judge(64, 64, undefined, 1).tell).toBe(true);
});
