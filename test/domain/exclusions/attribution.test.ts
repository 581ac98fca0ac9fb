import { attribute, tooBroad } from '../../../functions/domain/exclusions/attribution.ts';
import { type LedgerMemory, reckonLedger } from '../../../functions/domain/exclusions/ledger.ts';
import { daysAgo, evidence, now, sighting } from '../../examples.ts';

const one = sighting('d1', 'prod.addigy.com');
const two = sighting('d2', 'prod.addigy.com');
const three = sighting('d2', 'agents.addigy.com');
const shown = sighting('d3', 'prod.addigy.com');

const attribution = attribute(
  [one, two, three],
  new Map([
    ['a:1', [one, two, shown]],
    ['b:2', [two]],
    ['c:3', []],
  ]),
);

test('an exclusion hid what its rows give by themselves and the run did not show; two can hide the same', () => {
  expect(attribution.reckoned).toEqual({
    each: [
      { exclusion: 'a', hidden: 2, devices: 2 },
      { exclusion: 'b', hidden: 1, devices: 1 },
      { exclusion: 'c', hidden: 0, devices: 0 },
    ],
    together: 1,
  });
  expect([one, two, three].map(({ key }) => attribution.hiders.get(key))).toEqual([
    ['a:1'],
    ['a:1', 'b:2'],
    [],
  ]);
});

test.each([
  [0.5, ['Exclusion a hid 2 of 3 sightings: is it too broad? acceptBroad in it says why it may.']],
  [0.7, []],
  [1, []],
])('when more than a share of %d is warned of, then: %j', (share, warnings) => {
  expect(tooBroad(attribution.reckoned, 3, share, [])).toEqual(warnings);
});

describe('the ledger', () => {
  const run = evidence({ visible: [shown], hidden: [one, two, three] });
  const reckon = (before: LedgerMemory = { entries: [], hidden: [] }) =>
    reckonLedger({ attribution, evidence: run, now }, before);

  const entryOf = (index: number) => {
    const entry = reckon()[index];
    if (!entry) throw new Error('no entry');
    return entry;
  };

  test('begins with what the run hid', () => {
    expect(reckon()[0]).toEqual({
      exclusion: 'a',
      predicate: '1',
      since: now,
      reckonedAt: now,
      hidden: 2,
      devices: 2,
      sightings: 4,
      hidden7: 2,
      hidden30: 2,
      devices30: 2,
      lastHit: one.lastSeen,
    });
    expect(reckon()[2]).not.toHaveProperty('lastHit');
  });

  test('goes on with what was hidden before: the same thing counts once, what shows again no more, what is old not in 30 days', () => {
    const fact = (key: string, days: number) => ({
      key,
      deviceKey: key,
      lastSeen: daysAgo(days),
      hiddenBy: ['a:0'],
    });
    const [entry] = reckon({
      entries: [{ ...entryOf(0), since: daysAgo(50), lastHit: daysAgo(40) }],
      hidden: [fact(one.key, 3), fact(shown.key, 3), fact('x', 6), fact('y', 20), fact('z', 40)],
    });
    expect(entry).toMatchObject({ since: daysAgo(50), hidden: 2, hidden7: 3, hidden30: 4, devices30: 4 });
  });

  test('remembers the last hit when nothing is hidden any more', () => {
    const before = { entries: [{ ...entryOf(2), lastHit: daysAgo(70) }], hidden: [] };
    expect(reckon(before)[2]).toMatchObject({ hidden: 0, lastHit: daysAgo(70) });
  });
});
