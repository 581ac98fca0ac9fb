import { type Exclusion, exclusionsFor } from '../../../functions/domain/exclusions/exclusion.ts';
import { hunt, now } from '../../examples.ts';

function exclusion(change: Partial<Exclusion>): Exclusion {
  return {
    id: 'kiosks',
    reason: 'Kiosks in the lobby',
    owner: 'soc@example.com',
    expires: '2027-05-31',
    hunts: [hunt.id],
    any: [[{ column: 'DeviceName', operator: 'startsWith', values: ['kiosk-'] }]],
    columns: ['DeviceName'],
    settings: [],
    idle: [],
    file: 'exclusions/kiosks.yaml',
    ...change,
  };
}

const idle = 'RemoteIP cidr never matches: the setting X is not set.';

function judge(change: Partial<Exclusion>, at = now) {
  const { applied, leftOut } = exclusionsFor(hunt, [exclusion(change)], at);
  return { applied: applied.length, reasons: leftOut.map(({ reason }) => reason) };
}

test('an exclusion applies to the hunts that it names', () => {
  expect(judge({})).toEqual({ applied: 1, reasons: [] });
  expect(judge({ hunts: ['22222222-3333-4444-8555-666666666666'] })).toEqual({ applied: 0, reasons: [] });
});

test.each([
  ['2027-05-31T23:59:59.999Z', 1],
  ['2027-06-01T00:00:00Z', 0],
])('at %s one that expires on 2027-05-31 applies %d times', (at, applied) => {
  const judged = judge({}, new Date(at));
  expect(judged.applied).toBe(applied);
  expect(judged.reasons).toEqual(
    applied ? [] : [expect.stringMatching(/^exclusions\/kiosks\.yaml: .*expired at the end of 2027-05-31/)],
  );
});

test.each([
  ['2027-11-24', 1],
  ['2027-11-25', 0],
])('on 2026-11-24 one that expires on %s applies %d times: a year ahead at most', (expires, applied) => {
  const judged = judge({ expires });
  expect(judged.applied).toBe(applied);
  expect(judged.reasons).toEqual(applied ? [] : [expect.stringContaining('more than a year ahead')]);
});

test('one whose columns no table of the hunt has together is left out and told', () => {
  expect(judge({ columns: ['DeviceName', 'ProcessCommandLine'] })).toEqual({
    applied: 0,
    reasons: [expect.stringContaining('has all of its columns (DeviceName, ProcessCommandLine)')],
  });
});

test('one for a table that the metadata names and the query does not read is left out and told', () => {
  const { leftOut } = exclusionsFor({ ...hunt, query: 'Device*' }, [exclusion({})], now);
  expect(leftOut).toHaveLength(1);
});

test('one that works in part is applied, and its idle part is told', () => {
  expect(judge({ idle: [idle] })).toEqual({
    applied: 1,
    reasons: [`exclusions/kiosks.yaml: ${idle}`],
  });
});

test('one of which nothing can match is not applied', () => {
  expect(judge({ any: [], idle: [idle] }).applied).toBe(0);
});
