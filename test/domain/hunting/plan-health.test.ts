import { array, assert, constantFrom, integer, property } from 'fast-check';
import {
  type HealthFacts,
  planHealth,
  type RunOutcome,
  type Streak,
} from '../../../functions/domain/hunting/plan-health.ts';
import { messageSchema } from '../../../functions/domain/messages/message.ts';
import { daysAgo, hunt, now, workspace } from '../../examples.ts';

const facts = (change: Partial<HealthFacts>): HealthFacts => ({
  now,
  runId: '20261124T120000Z-0a1b2c3d',
  hunt,
  workspace,
  outcome: 'failed',
  problems: ['no answer'],
  window: { from: daysAgo(5), to: now },
  watermark: daysAgo(1),
  alarmAfterRuns: 3,
  ...change,
});

/** The messages of runs with these outcomes, one hour apart, each remembering what the one before left. */
function tell(outcomes: RunOutcome[], alarmAfterRuns = 3) {
  let streak: Streak | undefined;
  return outcomes.flatMap((outcome, index) => {
    const health = planHealth(
      facts({ outcome, alarmAfterRuns, streak, now: new Date(now.getTime() + index * 3_600_000) }),
    );
    streak = health.streak;
    return health.message ? [{ nth: index + 1, message: health.message }] : [];
  });
}
const told = (outcomes: RunOutcome[], alarmAfterRuns?: number) =>
  tell(outcomes, alarmAfterRuns).map(({ nth, message }) => `${message.kind} at ${nth}`);

test.each<[RunOutcome[], string[]]>([
  [['complete', 'complete'], []],
  [['failed', 'failed', 'complete', 'failed', 'failed'], []],
  [['failed', 'no-data', 'incomplete'], ['not-completed at 3']],
  [['failed', 'failed', 'failed', 'failed', 'failed'], ['not-completed at 3']],
  [
    ['failed', 'failed', 'failed', 'failed', 'complete', 'complete'],
    ['not-completed at 3', 'well-again at 5'],
  ],
  [
    ['failed', 'failed', 'failed', 'complete', 'failed', 'failed', 'failed', 'complete'],
    ['not-completed at 3', 'well-again at 4', 'not-completed at 7', 'well-again at 8'],
  ],
])('when runs are %j, then %j is told', (outcomes, expected) => {
  expect(told(outcomes)).toEqual(expected);
});

test('when one run is enough for an alarm, then the first tells it', () => {
  expect(told(['no-data', 'no-data', 'complete'], 1)).toEqual(['not-completed at 1', 'well-again at 3']);
});

test('the message says since when, how many runs, up to when all was searched, and what the last run said; both ends carry the same id', () => {
  const [alarm, well] = tell(['failed', 'failed', 'failed', 'complete']).map(({ message }) => message);
  expect(alarm).toMatchObject({
    streak: { runs: 3, since: now.toISOString(), problems: ['no answer'] },
    searchedUntil: daysAgo(1).toISOString(),
    run: { outcome: 'failed', window: { to: now.toISOString() } },
  });
  expect(well).toMatchObject({ streak: { id: alarm?.streak.id, runs: 3 }, run: { outcome: 'complete' } });
});

test('whatever runs say, what is told and remembered is small and sound', () => {
  const { streak, message } = planHealth(
    facts({
      problems: Array.from({ length: 50 }, () => `${'\u{1f600}'.repeat(5_000)}\ud800`),
      alarmAfterRuns: 1,
    }),
  );
  expect(JSON.stringify(streak).length).toBeLessThan(6_000);
  expect(() => messageSchema.parse(message)).not.toThrow();
  expect(message && 'streak' in message && message.streak.problems.every((text) => text.isWellFormed())).toBe(
    true,
  );
});

test('whatever the outcomes, alarms and all-clears alternate, and an alarm comes first', () => {
  const outcome = constantFrom<RunOutcome>('complete', 'failed', 'no-data', 'incomplete');
  assert(
    property(array(outcome, { maxLength: 40 }), integer({ min: 1, max: 5 }), (outcomes, after) => {
      const kinds = tell(outcomes, after).map(({ message }) => message.kind);
      expect(kinds).toEqual(kinds.map((_, index) => (index % 2 === 0 ? 'not-completed' : 'well-again')));
    }),
  );
});
