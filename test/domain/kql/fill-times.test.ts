import type { CompiledHunt } from '../../../functions/domain/hunting/compiled-hunt.ts';
import { fillTimes } from '../../../functions/domain/kql/fill-times.ts';

const slice = {
  at: new Date('2026-11-24T12:00:00Z'),
  from: new Date('2026-11-24T08:00:00Z'),
  to: new Date('2026-11-24T11:00:00Z'),
};
const [at, from, to] = ['12:00', '08:00', '11:00'].map((time) => `2026-11-24T${time}:00.000Z`);

/** Where a piece stands in a query. */
function place(query: string, piece: string) {
  const start = query.indexOf(piece);
  return { start, end: start + piece.length };
}

function time(query: string, kind: 'now' | 'ago', call: string, argument?: string) {
  const outer = place(query, call);
  if (argument === undefined) return { kind, ...outer };
  const start = outer.start + call.indexOf(argument);
  return { kind, ...outer, argument: { start, end: start + argument.length } };
}

const compiled = (times: CompiledHunt['times'], sets: CompiledHunt['sets'] = []) => ({ times, sets });

test('when the service honours query_now, then only placeholders are filled', () => {
  const query =
    'T | where Timestamp between (ago(2h) .. now()) and X > {{StartTimeISO}} and Y < todatetime("{{EndTimeISO}}")';
  const times: CompiledHunt['times'] = [
    time(query, 'ago', 'ago(2h)', '2h'),
    time(query, 'now', 'now()'),
    { kind: 'start', ...place(query, '{{StartTimeISO}}') },
    { kind: 'end', ...place(query, '{{EndTimeISO}}'), quoted: true },
  ];
  expect(fillTimes(query, compiled(times), slice, false).body).toBe(
    `T | where Timestamp between (ago(2h) .. now()) and X > datetime(${from}) and Y < todatetime("${to}")`,
  );
});

test.each([
  ['T | where A > ago(2 * 1h)', 'ago', 'ago(2 * 1h)', '2 * 1h', `T | where A > (datetime(${at}) - (2 * 1h))`],
  ['T | where A > now(-5m)', 'now', 'now(-5m)', '-5m', `T | where A > (datetime(${at}) + (-5m))`],
  ['T | where A > now ( ) - 1d', 'now', 'now ( )', undefined, `T | where A > datetime(${at}) - 1d`],
] as const)('when it does not, then %j has the time written in', (query, kind, call, argument, expected) => {
  expect(fillTimes(query, compiled([time(query, kind, call, argument)]), slice, true).body).toBe(expected);
});

test("the query's own set statements come out, and its lines stay where they were", () => {
  const query = 'set notruncation;\nset a = "é";\nT\n| take 1';
  const sets = ['set notruncation;', 'set a = "é";'];
  const filled = fillTimes(
    query,
    compiled(
      [],
      sets.map((set) => place(query, set)),
    ),
    slice,
    false,
  );
  expect(filled.sets).toEqual(sets);
  expect(filled.body.split('\n').map((line) => line.trim())).toEqual(['', '', 'T', '| take 1']);
  expect(filled.body).toHaveLength(query.length);
});
