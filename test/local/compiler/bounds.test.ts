import { type CompiledHunt, momentAt } from '../../../functions/domain/hunting/compiled-hunt.ts';
import type { Hunt } from '../../../functions/domain/hunting/hunt.ts';
import { compileHunt } from '../../../local/compiler/compile-hunt.ts';
import { hunt as example } from '../../examples.ts';

/** A Wednesday. */
const run = new Date('2026-11-25T10:30:00Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function compile(query: string, change: Partial<Hunt> = {}): CompiledHunt {
  const { compiled, errors } = compileHunt({ ...example, query, ...change });
  if (!compiled) throw new Error(errors.join('\n'));
  return compiled;
}
const errorsOf = (query: string) => compileHunt({ ...example, query }).errors;
/** The sides of what a run looks at, to the minute; the lookback is a day. */
function coversOf(query: string, change: Partial<Hunt> = {}): string {
  const { covers } = compile(query, change);
  return [covers?.from, covers?.to]
    .map((side) => (side ? momentAt(side, run, DAY_MS).toISOString().slice(5, 16) : 'open'))
    .join(' ');
}

const T = 'DeviceNetworkEvents';
const rows = '| summarize Count = count() by DeviceId, RemoteUrl';
const now = '11-25T10:30';

describe('rows of which some are looked at for less time than others', () => {
  test.each([
    [
      'two kinds of rows, each with its own bound',
      `${T} | where (Timestamp > ago(1h) and RemoteUrl has "a") or (Timestamp > ago(7d) and RemoteUrl has "b") ${rows}`,
      `11-25T09:30 ${now}`,
    ],
    [
      'a bound for all but some',
      `${T} | where not(Timestamp <= ago(2h) and RemotePort != 1) ${rows}`,
      `11-25T08:30 ${now}`,
    ],
    [
      'today or two weeks ago, to compare',
      `${T} | where Timestamp between (ago(14d) .. ago(13d)) or Timestamp > ago(1d) ${rows}`,
      `11-24T10:30 ${now}`,
    ],
    [
      'everything but two weeks',
      `${T} | where Timestamp !between (ago(14d) .. ago(2h)) ${rows}`,
      `11-25T08:30 ${now}`,
    ],
    [
      'a short list that selects from a long time',
      `let alerts = AlertEvidence | where Timestamp > ago(1h) | distinct DeviceId; ${T} | where Timestamp > ago(7d) | where DeviceId in (alerts) ${rows}`,
      `11-25T09:30 ${now}`,
    ],
    [
      'a list that is kept out',
      `let old = ${T} | where Timestamp > ago(1h) | distinct DeviceId; ${T} | where Timestamp > ago(7d) | where not(DeviceId in~ (old)) ${rows}`,
      `11-18T10:30 ${now}`,
    ],
    [
      'a count of those of the last hour, behind two weeks',
      `${T} | where Timestamp > ago(14d) | summarize R = countif(Timestamp > ago(1h)), O = countif(Timestamp <= ago(1h)) by DeviceId, RemoteUrl | where R > 0 and O == 0`,
      `11-25T09:30 ${now}`,
    ],
    [
      'a bound within mv-apply',
      `${T} | extend a = pack_array(1) | mv-apply a on (where Timestamp > ago(1h)) ${rows}`,
      `11-25T09:30 ${now}`,
    ],
  ])('when a query has %s, then the shortest counts', (_, query, expected) => {
    expect(coversOf(query)).toBe(expected);
  });
});

describe('times that are rounded', () => {
  test.each([
    ['days, from within one', `startofday(Timestamp) > ago(1d)`, `11-25T00:00 ${now}`],
    ['days, from their beginning', `startofday(Timestamp) >= startofday(now())`, `11-25T00:00 ${now}`],
    ['days, up to within one', `endofday(Timestamp) >= ago(1d)`, `11-24T00:00 ${now}`],
    ['hours', `bin(Timestamp, 1h) > ago(4h)`, `11-25T07:00 ${now}`],
    ['hours, moved', `bin(Timestamp + 30m, 1h) >= bin(now(), 1h)`, `11-25T09:30 ${now}`],
    ['days between', `datetime_diff('day', now(), Timestamp) < 1`, `11-25T00:00 ${now}`],
    ['one of them', `datetime_diff('day', now(), Timestamp) == 1`, '11-24T00:00 11-25T00:00'],
    ['hours between', `datetime_diff('hour', now(), Timestamp) < 4`, `11-25T07:00 ${now}`],
  ])('when they are %s, then only what lies in whole ones counts', (_, condition, expected) => {
    expect(coversOf(`${T} | where ${condition} ${rows}`)).toBe(expected);
  });

  test('when rows are summarized by hours and those bounded after it, then only whole hours count', () => {
    expect(coversOf(`${T} ${rows}, bin(Timestamp, 1h) | where Timestamp > ago(3h)`)).toBe(
      `11-25T08:00 ${now}`,
    );
  });
});

test.each([
  ['in a column', `extend Recent = Timestamp > ago(1h) | where Recent`],
  ['as a number', `extend Recent = iff(Timestamp > ago(1h), 1, 0) | where Recent == 1`],
  ['in a choice', `where iff(RemotePort == 1, Timestamp > ago(1h), Timestamp > ago(7d))`],
  ['as text', `where format_datetime(Timestamp, 'yyyy-MM-dd') == format_datetime(now(), 'yyyy-MM-dd')`],
  ['by the day of the week', `where dayofweek(Timestamp) == dayofweek(now())`],
  ['by months', `where datetime_diff('month', now(), Timestamp) < 1`],
  ['with a span of text', `where Timestamp > now() - totimespan(strcat('1', 'h'))`],
  ['with a time of text', `where Timestamp > todatetime(format_datetime(ago(1h), 'yyyy-MM-dd HH:mm'))`],
  ['with a number that is looked up', `where Timestamp > now() - toscalar(${T} | count) * 1h`],
  ["with a row's own span", `where Timestamp > now() - totimespan(AdditionalFields)`],
  ['with a property', `extend c = dynamic({"w": "1h"}) | where Timestamp > now() - totimespan(c.w)`],
  ['with both sides the wrong way round', `where Timestamp between (now() .. ago(1d))`],
  ['with a beginning that lies ahead', `where Timestamp > ago(-1h)`],
  ['with an end before the lookback begins', `where Timestamp < ago(3d)`],
])('when a query bounds its time %s, then it is refused until it says its lookback', (_, operators) => {
  const query = `${T} | ${operators} ${rows}`;
  expect(errorsOf(query)).toEqual([expect.stringContaining('say it with lookback: PT4H')]);
  expect(compile(query, { lookbackMs: HOUR_MS })).toMatchObject({ coversFrom: 'declared' });
});

test.each([
  ['an hour of the day', `where hourofday(Timestamp) between (0 .. 6)`],
  ['a day of the week', `where dayofweek(Timestamp) in (0d, 6d)`],
  ['how long something took', `where Timestamp - ProcessCreationTime < 5m`],
  ['what came before', `sort by Timestamp asc | extend p = prev(Timestamp) | where Timestamp - p < 5m`],
])('when a query asks for %s, then that bounds nothing', (_, operators) => {
  expect(coversOf(`DeviceProcessEvents | ${operators} | distinct DeviceId`)).toBe(`11-24T10:30 ${now}`);
});

test('when a hunt declares more than its own bounds let it look at, then those count', () => {
  expect(coversOf(`${T} | where Timestamp > ago(4h) ${rows}`, { lookbackMs: DAY_MS })).toBe(
    `11-25T06:30 ${now}`,
  );
  const yesterday = `${T} | where Timestamp between (startofday(ago(1d)) .. startofday(now())) ${rows}`;
  expect(coversOf(yesterday, { lookbackMs: DAY_MS })).toBe('11-24T10:30 11-25T00:00');
});

test('when a query counts by adding up what says when, and asks for some, then its lookback has to be declared', () => {
  const sum = (condition: string) =>
    `${T} | where Timestamp > ago(14d) | summarize R = sum(iff(Timestamp > ago(1h), 1, 0)), N = count() by DeviceId, RemoteUrl ${condition}`;
  expect(() => compile(sum('| where R > 0'))).toThrow(/lookback/);
  expect(() => compile(sum('| where N > 0'))).not.toThrow();
});

test.each<[string, string, true | undefined]>([
  [
    'joins events with events',
    `${T} | project t = Timestamp, DeviceId | join kind=inner (DeviceProcessEvents | project u = Timestamp, DeviceId) on DeviceId | where u > t | distinct DeviceId`,
    true,
  ],
  [
    'takes the events of devices with other events',
    `${T} | where DeviceId in ((DeviceProcessEvents | distinct DeviceId)) | distinct DeviceId`,
    true,
  ],
  [
    'leaves out what was there before',
    `${T} | join kind=leftanti (DeviceEvents) on DeviceId | distinct DeviceId`,
    undefined,
  ],
  ['looks devices up', `${T} | join kind=leftouter (DeviceInfo) on DeviceId | distinct DeviceId`, undefined],
  ['unites tables', `union ${T}, DeviceProcessEvents | distinct DeviceId`, undefined],
])('when a query %s, then events that lie apart make a row: %#', (_, query, pairs) => {
  expect(compile(query).pairs).toBe(pairs);
});

describe('whether it counts', () => {
  test.each([
    [
      'a list of those that are many',
      `let noisy = ${T} ${rows} | where Count > 10 | distinct DeviceId; ${T} | where DeviceId in (noisy) | distinct DeviceId`,
    ],
    ['a number that is looked up', `${T} | where toscalar(${T} | count) > 100 | distinct DeviceId`],
    [
      'how long it went on',
      `${T} | summarize F = min(Timestamp), L = max(Timestamp) by DeviceId | where L - F > 1h`,
    ],
    ['the first rows', `${T} | sort by Timestamp asc | where row_number() <= 5 | project DeviceId`],
  ])('when a query asks for %s, then it does', (_, query) => {
    expect(compile(query).counts).toBe(true);
  });
});

describe('text that is another at each run', () => {
  const names = (operators: string) => compile(`${T} | ${operators}`).identity.map(({ name }) => name);

  test.each([
    ['the last time', `summarize L = max(Timestamp) by DeviceId | extend Last = format_datetime(L, 'HH:mm')`],
    ["the run's time", `distinct DeviceId | extend RunAt = tostring(now())`],
    ['a new id', `distinct DeviceId | extend Id = new_guid()`],
    ['a place in the list', `distinct DeviceId | serialize N = strcat('#', row_number())`],
    ['what was so an hour ago', `project DeviceId, State = iff(Timestamp > ago(1h), 'new', 'old')`],
  ])('when a query returns %s, then that is no part of the identity', (_, operators) => {
    expect(names(operators)).toEqual(['DeviceId']);
  });

  test('when a query returns the day as text, then that is what makes its rows apart', () => {
    expect(names(`summarize count() by DeviceId, Day = format_datetime(Timestamp, 'yyyy-MM-dd')`)).toEqual([
      'DeviceId',
      'Day',
    ]);
  });

  test('when a hunt names such text, then it is refused', () => {
    const query = `${T} | distinct DeviceId | extend RunAt = tostring(now())`;
    expect(compileHunt({ ...example, query, identity: ['DeviceId', 'RunAt'] }).errors).toEqual([
      expect.stringContaining("RunAt is made of times that aren't the same at each run"),
    ]);
  });
});
