import fc from 'fast-check';
import type { Exclusion } from '../../../functions/domain/exclusions/exclusion.ts';
import { asciiJson } from '../../../functions/domain/hunting/bound-finding.ts';
import { planRun } from '../../../functions/domain/hunting/plan-run.ts';
import type { Progress, RunPlan, SeenFacts } from '../../../functions/domain/hunting/run-facts.ts';
import type { Sighting } from '../../../functions/domain/hunting/sighting.ts';
import { messageSchema } from '../../../functions/domain/messages/message.ts';
import { cellsOf, daysAgo, evidence, facts, now, sighting } from '../../examples.ts';

interface Memory {
  progress: Progress;
  seen: ReadonlyMap<string, SeenFacts>;
}

/** What the storage would remember after a plan. */
function remember({ progress, seen }: Memory, { batches, baselineAt, watermark }: RunPlan): Memory {
  const facts = batches.flatMap((batch) => batch.seen).map((fact) => [fact.key, fact] as const);
  return {
    progress: { ...progress, ...(baselineAt && { baselineAt }), ...(watermark && { watermark }) },
    seen: new Map<string, SeenFacts>([...seen, ...facts]),
  };
}

const fresh: Memory = { progress: {}, seen: new Map() };
const settled: Memory = { progress: { baselineAt: daysAgo(40), watermark: daysAgo(0.2) }, seen: new Map() };
const knowing = (...sightings: Sighting[]) =>
  remember(settled, planRun(facts({ evidence: evidence({ visible: sightings }) })));
const kinds = (plan: RunPlan) => plan.findings.map(({ kind }) => kind);
const messages = (plan: RunPlan) => plan.batches.flatMap(({ message }) => message ?? []);

describe('what a sighting means', () => {
  const known = sighting('d1', 'prod.addigy.com');

  test('when the first run finds devices, then they are a baseline, told in one digest', () => {
    const visible = Array.from({ length: 2000 }, (_, index) => sighting(`d${index}`, 'prod.addigy.com'));
    const plan = planRun(facts({ ...fresh, evidence: evidence({ visible }) }));
    expect(plan.baseline).toBe(true);
    expect(plan.findings).toHaveLength(2000);
    expect(messages(plan)).toMatchObject([
      { kind: 'baseline', total: 2000, devices: 2000, part: { number: 1, of: 1 } },
    ]);
  });

  test.each<[string, Sighting, string[]]>([
    ['a device was never seen, then it is a new device', sighting('d2', 'prod.addigy.com'), ['new-device']],
    [
      'a known device does something unseen, then it is new activity',
      sighting('d1', 'agents.addigy.com'),
      ['new-activity'],
    ],
    ['the same thing is seen again, then there is nothing to tell', sighting('d1', 'prod.addigy.com'), []],
    [
      'it comes back after 30 days, then it has returned',
      sighting('d1', 'prod.addigy.com', { firstSeen: new Date(known.lastSeen.getTime() + 31 * 86_400_000) }),
      ['returned'],
    ],
    [
      'it comes back after 29 days, then there is nothing to tell',
      sighting('d1', 'prod.addigy.com', { firstSeen: new Date(known.lastSeen.getTime() + 29 * 86_400_000) }),
      [],
    ],
  ])('when %s', (_, seen, expected) => {
    const plan = planRun(facts({ ...knowing(known), evidence: evidence({ visible: [seen] }) }));
    expect(kinds(plan)).toEqual(expected);
  });

  test('when a hunter was off for 40 days and the device went on all the time, then it has not returned', () => {
    const before = knowing(
      sighting('d1', 'prod.addigy.com', { firstSeen: daysAgo(45), lastSeen: daysAgo(40) }),
    );
    const now40 = sighting('d1', 'prod.addigy.com', { firstSeen: daysAgo(39.9), lastSeen: now });
    expect(kinds(planRun(facts({ ...before, evidence: evidence({ visible: [now40] }) })))).toEqual([]);
  });

  test('when the row names no device, then an unseen identity is new activity', () => {
    const { device: _, deviceKey: __, ...nobody } = sighting('', 'prod.addigy.com');
    expect(kinds(planRun(facts({ ...settled, evidence: evidence({ visible: [nobody] }) })))).toEqual([
      'new-activity',
    ]);
  });
});

describe('exclusions', () => {
  const one = sighting('d1', 'prod.addigy.com');
  const run = (memory: Memory, visible: Sighting[], hidden: Sighting[], exclusionSet: string[]) =>
    planRun(facts({ ...memory, evidence: evidence({ visible, hidden }), exclusionSet }));

  test('when an exclusion hides a sighting, then it is counted and remembered, and nothing is told', () => {
    const plan = run(settled, [], [one], ['set:1']);
    expect(plan).toMatchObject({ hidden: 1, findings: [] });
    expect(plan.batches.flatMap(({ seen }) => seen)).toMatchObject([
      { key: one.key, hiddenUnder: ['set:1'] },
    ]);
  });

  test('when the exclusion ends, then what it hid comes back in one digest', () => {
    const hidden = Array.from({ length: 60 }, (_, index) => sighting(`d${index}`, 'prod.addigy.com'));
    const memory = remember(settled, run(settled, [], hidden, ['set:1']));
    const plan = run(memory, hidden, [], []);
    expect(new Set(kinds(plan))).toEqual(new Set(['unhidden']));
    expect(messages(plan)).toMatchObject([{ kind: 'unhidden', total: 60, part: { number: 1, of: 1 } }]);
  });

  test('when the exclusion ends and another device is new, then that one is told as new', () => {
    const memory = remember(settled, run(settled, [], [one], ['set:1']));
    const plan = run(memory, [one, sighting('d2', 'prod.addigy.com')], [], []);
    expect(messages(plan).map(({ kind, total }) => [kind, total])).toEqual([
      ['findings', 1],
      ['unhidden', 1],
    ]);
  });

  test('when what was hidden shows itself though the exclusion stands, then it is new: that much nobody had reviewed', () => {
    const memory = remember(settled, run(settled, [], [one], ['set:1']));
    expect(kinds(run(memory, [one], [], ['set:1']))).toEqual(['new-device']);
  });

  test.each<[string, string[], string, string[] | undefined]>([
    ['one of two ended', ['b:2'], 'unhidden', ['a']],
    ['one of two was changed', ['a:9', 'b:2'], 'unhidden', ['a']],
    ['one was only renamed', ['b:2', 'z:1'], 'new-device', undefined],
    ['another was added', ['a:1', 'b:2', 'c:3'], 'new-device', undefined],
  ])(
    'when %s and a hidden thing shows itself, then the finding tells which exclusion has gone',
    (_, set, kind, hiddenBy) => {
      const memory = remember(settled, run(settled, [], [one], ['a:1', 'b:2']));
      const [finding] = run(memory, [one], [], set).findings;
      expect({ kind: finding?.kind, hiddenBy: finding?.hiddenBy }).toEqual({ kind, hiddenBy });
    },
  );

  test('when it is known which exclusion hid it, then another one that has gone is not told, nor blamed', () => {
    const attribution = {
      hiders: new Map([[one.key, ['b:2']]]),
      asked: [],
      reckoned: { each: [], together: 0 },
    };
    const hidden = planRun(
      facts({ ...settled, evidence: evidence({ hidden: [one] }), exclusionSet: ['a:1', 'b:2'], attribution }),
    );
    expect(hidden.batches.flatMap(({ seen }) => seen)).toMatchObject([{ hiddenBy: ['b:2'] }]);
    const known = remember(settled, hidden);
    const shows = (set: string[]) =>
      run(known, [one], [], set).findings.map(({ kind, hiddenBy }) => [kind, hiddenBy]);
    expect(shows(['b:2'])).toEqual([['new-device', undefined]]);
    expect(shows(['a:1'])).toEqual([['unhidden', ['b']]]);
    expect(shows([])).toEqual([['unhidden', ['b']]]);
  });

  test('when exclusions end, then the digest names each, the day, and how much it hid', () => {
    const some = [one, sighting('d2', 'prod.addigy.com'), sighting('d3', 'prod.addigy.com')];
    const attribution = {
      hiders: new Map(some.map(({ key }, index) => [key, [index < 2 ? 'late:1' : 'gone:2']])),
      asked: [],
      reckoned: { each: [], together: 0 },
    };
    const exclusionSet = ['gone:2', 'late:1'];
    const hidden = planRun(
      facts({ ...settled, evidence: evidence({ hidden: some }), exclusionSet, attribution }),
    );
    const known = remember(settled, hidden);
    const late = { id: 'late', expires: '2026-11-20' } as Exclusion;
    const plan = planRun(facts({ ...known, evidence: evidence({ visible: some }), exclusions: [late] }));
    expect(messages(plan)).toMatchObject([
      {
        kind: 'unhidden',
        devices: 3,
        ended: [
          { exclusion: 'late', how: 'expired', on: '2026-11-20', findings: 2 },
          { exclusion: 'gone', how: 'removed', on: '2026-11-24', findings: 1 },
        ],
      },
    ]);
  });

  test('when a known thing is hidden for a while under the same exclusions and shows again, then there is nothing to tell', () => {
    const hiddenLater = remember(knowing(one), run(knowing(one), [], [one], ['set:1']));
    expect(kinds(run(hiddenLater, [one], [], ['set:1']))).toEqual([]);
  });
});

describe('what is written', () => {
  test('when nothing is new, then nothing is written', () => {
    const one = sighting('d1', 'prod.addigy.com');
    const plan = planRun(facts({ ...knowing(one), evidence: evidence({ visible: [one] }) }));
    expect(plan.batches).toEqual([]);
  });

  test.each([
    [23, 0],
    [25, 1],
  ])('when it was last seen %d hours after the time remembered, then %d rows are written', (hours, rows) => {
    const one = sighting('d1', 'prod.addigy.com', { lastSeen: daysAgo(2), firstSeen: daysAgo(3) });
    const again = { ...one, lastSeen: new Date(one.lastSeen.getTime() + hours * 3_600_000) };
    const plan = planRun(facts({ ...knowing(one), evidence: evidence({ visible: [again] }) }));
    expect(plan.batches.flatMap(({ seen }) => seen)).toHaveLength(rows);
  });

  test('when 100 devices are new, then each message comes with its own findings and parts tell the total', () => {
    const visible = Array.from({ length: 100 }, (_, index) => sighting(`d${index}`, 'prod.addigy.com'));
    const plan = planRun(facts({ ...settled, evidence: evidence({ visible }) }));
    expect(
      messages(plan).map(({ part, total, findings }) => [part.number, part.of, total, findings.length]),
    ).toEqual([
      [1, 3, 100, 45],
      [2, 3, 100, 45],
      [3, 3, 100, 10],
    ]);
    for (const { message, findings, seen } of plan.batches) {
      expect(findings.map(({ messageId }) => messageId)).toEqual(seen.map(() => message?.id));
    }
  });

  test('when somebody makes thousands of new things, then one message tells their number, and each is written', () => {
    const visible = Array.from({ length: 2_001 }, (_, index) =>
      sighting('d1', `r${index}.agents.addigy.com`),
    );
    const plan = planRun(facts({ ...settled, evidence: evidence({ visible }) }));
    expect(messages(plan).map((message) => [message.kind, 'total' in message && message.total])).toEqual([
      ['findings', 2_001],
    ]);
    expect(plan.batches.flatMap(({ findings }) => findings)).toHaveLength(2_001);
  });

  test.each<['complete' | 'no-data' | 'incomplete' | 'failed', boolean, boolean]>([
    ['complete', true, true],
    // A part of what there is is no measure of what is new.
    ['incomplete', false, false],
    ['no-data', false, false],
    ['failed', false, false],
  ])(
    'when a first run is %s, then the watermark moves: %s, and the baseline is done: %s',
    (outcome, moves, done) => {
      const plan = planRun(facts({ ...fresh, evidence: evidence({ outcome }) }));
      expect([plan.watermark !== undefined, plan.baselineAt !== undefined]).toEqual([moves, done]);
    },
  );
});

test('whatever the rows hold, messages fit the contract, a batch fits a transaction, and no finding is written without being told', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({ minLength: 2000, maxLength: 30_000 }),
  );
  const anySighting = fc.record({ device: fc.string({ unit: 'binary' }), url: anyText, extra: anyText });
  fc.assert(
    fc.property(fc.array(anySighting, { maxLength: 60 }), (all) => {
      const visible = [
        ...new Map(
          all.map(({ device, url, extra }) => [
            `${device} ${url}`,
            sighting(device, url, cellsOf({ DeviceId: device, RemoteUrl: url, Extra: extra })),
          ]),
        ).values(),
      ];
      const plan = planRun(facts({ evidence: evidence({ visible }) }));
      const told = new Set<string>();
      for (const { message, findings, seen } of plan.batches) {
        if (message) told.add(messageSchema.parse(JSON.parse(JSON.stringify(message))).id);
        expect(findings.every(({ messageId }) => told.has(messageId))).toBe(true);
        expect(findings.length + seen.length + 2).toBeLessThanOrEqual(100);
        // 1 MiB for an entity, as UTF-16.
        expect(asciiJson(message ?? '').length).toBeLessThan(500_000);
      }
      expect(plan.findings).toHaveLength(visible.length);
    }),
    { numRuns: 50 },
  );
});
