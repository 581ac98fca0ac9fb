import { noArrears } from '../../../functions/domain/hunting/arrears.ts';
import { planReplay } from '../../../functions/domain/hunting/plan-replay.ts';
import { planRun } from '../../../functions/domain/hunting/plan-run.ts';
import type { SeenFacts } from '../../../functions/domain/hunting/run-facts.ts';
import type { Sighting } from '../../../functions/domain/hunting/sighting.ts';
import { daysAgo, evidence, facts, now, sighting } from '../../examples.ts';

const seenOf = (
  { key, deviceKey, firstSeen, lastSeen }: Sighting,
  change: Partial<SeenFacts> = {},
): SeenFacts => ({
  key,
  ...(deviceKey !== undefined && { deviceKey }),
  firstSeen,
  lastSeen,
  visibleSince: daysAgo(9),
  ...change,
});
const known = (...facts: SeenFacts[]) => new Map(facts.map((fact) => [fact.key, fact]));
const look = (from: number, to: number, visible: Sighting[], why: 'missed' | 'late' = 'missed') => ({
  settles: { from: daysAgo(from), to: daysAgo(to) },
  why,
  evidence: evidence({ visible }),
});
const at = (days: number) => ({ firstSeen: daysAgo(days), lastSeen: daysAgo(days) });
const replay = (looks: Parameters<typeof planReplay>[1]['looks'], change: Parameters<typeof facts>[0] = {}) =>
  planReplay(facts(change), { looks, arrears: noArrears, gaps: [] });

test('when several looks at the past find things, then they are told in one digest, each once', () => {
  const plan = replay([
    look(4, 3, [sighting('a', 'u', at(3.5))]),
    look(3, 2, [sighting('a', 'u', at(2.5)), sighting('b', 'u', at(2.5))]),
  ]);
  expect(plan.findings.map(({ kind, device }) => [kind, device?.id])).toEqual([
    ['new-device', 'b'],
    ['new-device', 'a'],
  ]);
  expect(plan.batches.map(({ message }) => message?.digest)).toEqual(['catch-up']);
  expect(plan.batches[0]?.message).toMatchObject({
    kind: 'findings',
    total: 2,
    run: { window: { from: daysAgo(4).toISOString(), to: daysAgo(2).toISOString() } },
  });
});

test('when a look at the past finds what was seen later, then it lowers the first time and changes nothing else', () => {
  const before = seenOf(sighting('a', 'u'), { lastSeen: daysAgo(1), hiddenUnder: ['lab:x'] });
  const plan = replay([look(4, 3, [sighting('a', 'u', at(3.5))])], {
    seen: known(before),
    exclusionSet: ['lab:x'],
  });
  expect(plan.findings).toEqual([]);
  expect(plan.batches.flatMap(({ seen }) => seen)).toMatchObject([
    { firstSeen: daysAgo(3.5), lastSeen: daysAgo(1), hiddenUnder: ['lab:x'] },
  ]);
});

test('when a thing comes back after 40 days of which no run looked at 35, then it was not absent', () => {
  const before = seenOf(sighting('a', 'u'), at(40));
  const back = [sighting('a', 'u', at(0.1))];
  const gap = { from: daysAgo(38), to: daysAgo(3), reason: 'of an outage' };
  const plan = (gaps: (typeof gap)[]) =>
    planRun(
      facts({
        seen: known(before),
        evidence: evidence({ visible: back }),
        progress: { ...facts().progress, arrears: { owed: [], gaps } },
      }),
    );
  expect(plan([]).findings.map(({ kind }) => kind)).toEqual(['returned']);
  expect(plan([gap]).findings).toEqual([]);
});

test('when rows came late, then what they show is marked', () => {
  const [finding] = replay([look(4, 3, [sighting('a', 'u', at(3.5))], 'late')]).findings;
  expect(finding).toMatchObject({ kind: 'new-device', late: true });
});

test('when a hunt was edited, then what its devices are listed with anew is one digest, of the present and of the past apart, and new devices are findings', () => {
  const before = known(seenOf(sighting('a', 'old')), seenOf(sighting('b', 'old')));
  const edited = {
    seen: before,
    progress: { ...facts().progress, hunted: { hash: 'another', since: daysAgo(10) } },
  };
  const present = planRun(
    facts({ ...edited, evidence: evidence({ visible: [sighting('a', 'u'), sighting('c', 'u')] }) }),
  );
  expect(present.hunted).toEqual({ hash: 'one', since: now });
  const past = replay([look(4, 3, [sighting('b', 'u', at(3.5))])], edited);
  const messages = [...present.batches, ...past.batches].flatMap(({ message }) => message ?? []);
  expect(messages.map(({ digest, findings }) => [digest, findings.map(({ device }) => device?.id)])).toEqual([
    [undefined, ['c']],
    ['edited', ['a']],
    ['edited', ['b']],
  ]);
  expect(new Set(messages.map(({ id }) => id)).size).toBe(3);
});
