import type { CompiledHunt } from '../../../functions/domain/hunting/compiled-hunt.ts';
import { momentAt } from '../../../functions/domain/hunting/compiled-hunt.ts';
import type { Hunt } from '../../../functions/domain/hunting/hunt.ts';
import { compileHunt } from '../../../local/compiler/compile-hunt.ts';
import { hunt as example } from '../../examples.ts';

const hunt = (query: string, change: Partial<Hunt> = {}): Hunt => ({ ...example, query, ...change });

function compile(query: string, change: Partial<Hunt> = {}): CompiledHunt {
  const { compiled, errors } = compileHunt(hunt(query, change));
  if (!compiled) throw new Error(errors.join('\n'));
  return compiled;
}
const errorsOf = (query: string, change: Partial<Hunt> = {}) => compileHunt(hunt(query, change)).errors;

/** A Wednesday. */
const run = new Date('2026-11-25T10:30:00Z');
const HOUR_MS = 3_600_000;
/** The sides of what a run looks at, as ISO to the minute; the lookback is a day. */
function spanOf(reach: CompiledHunt['covers']): string {
  const side = (moment: NonNullable<CompiledHunt['covers']>['from'] | undefined) =>
    moment
      ? momentAt(moment, run, 24 * HOUR_MS)
          .toISOString()
          .slice(5, 16)
      : 'open';
  return `${side(reach?.from)} ${side(reach?.to)}`;
}
const rows = '| summarize Count = count() by DeviceId, RemoteUrl';
const T = 'DeviceNetworkEvents';

describe('what a run looks at', () => {
  const now = '11-25T10:30';
  test.each([
    ['nothing of time: the lookback', `${T} ${rows}`, `11-24T10:30 ${now}`],
    ['ago', `${T} | where Timestamp > ago(4h) ${rows}`, `11-25T06:30 ${now}`],
    ['TimeGenerated', `${T} | where TimeGenerated >= ago(90m) ${rows}`, `11-25T09:00 ${now}`],
    ['a product', `let t = 2*1h; ${T} | where Timestamp > ago(t) ${rows}`, `11-25T08:30 ${now}`],
    ['a quotient', `${T} | where Timestamp > ago(1d / 2) ${rows}`, `11-24T22:30 ${now}`],
    ['timespan()', `${T} | where Timestamp > ago(timespan(2h)) ${rows}`, `11-25T08:30 ${now}`],
    [
      'timespan() of days',
      `${T} | where Timestamp > ago(timespan(1.00:00:00)) ${rows}`,
      `11-24T10:30 ${now}`,
    ],
    ['time() of days', `${T} | where Timestamp > ago(time(7)) ${rows}`, `11-18T10:30 ${now}`],
    ['totimespan of text', `${T} | where Timestamp > ago(totimespan('3h')) ${rows}`, `11-25T07:30 ${now}`],
    ['now less a span', `${T} | where Timestamp > now() - 6h ${rows}`, `11-25T04:30 ${now}`],
    [
      'now with an offset',
      `${T} | where Timestamp between (now(-5d) .. now()) ${rows}`,
      `11-20T10:30 ${now}`,
    ],
    [
      'datetime_add',
      `${T} | where Timestamp > datetime_add('hour', -3, now()) ${rows}`,
      `11-25T07:30 ${now}`,
    ],
    ['months', `${T} | where Timestamp > datetime_add('month', -1, now()) ${rows}`, `10-25T10:30 ${now}`],
    ['startofday', `${T} | where Timestamp > startofday(now()) ${rows}`, `11-25T00:00 ${now}`],
    [
      'startofday with an offset',
      `${T} | where Timestamp > startofday(now(), -1) ${rows}`,
      `11-24T00:00 ${now}`,
    ],
    ['startofweek', `${T} | where Timestamp > startofweek(now()) ${rows}`, `11-22T00:00 ${now}`],
    ['bin', `${T} | where Timestamp > bin(now(), 4h) ${rows}`, `11-25T08:00 ${now}`],
    [
      'yesterday',
      `${T} | where Timestamp between (startofday(ago(1d)) .. startofday(now())) ${rows}`,
      '11-24T00:00 11-25T00:00',
    ],
    [
      'between with a span',
      `${T} | where Timestamp between (ago(2d) .. 1d) ${rows}`,
      '11-23T10:30 11-24T10:30',
    ],
    ['an absolute time', `${T} | where Timestamp > datetime(2026-11-01) ${rows}`, `11-01T00:00 ${now}`],
    ['sides swapped', `${T} | where ago(4h) < Timestamp ${rows}`, `11-25T06:30 ${now}`],
    ['not()', `${T} | where not(Timestamp < ago(4h)) ${rows}`, `11-25T06:30 ${now}`],
    ['now less the column', `${T} | where now() - Timestamp < 4h ${rows}`, `11-25T06:30 ${now}`],
    [
      'datetime_diff',
      `${T} | where datetime_diff('hour', now(), Timestamp) <= 4 ${rows}`,
      `11-25T06:00 ${now}`,
    ],
    [
      'datetime_diff the other way',
      `${T} | where datetime_diff('hour', Timestamp, now()) > -4 ${rows}`,
      `11-25T07:00 ${now}`,
    ],
    ['a shifted column', `${T} | where Timestamp + 1h > ago(4h) ${rows}`, `11-25T05:30 ${now}`],
    [
      'a renamed column',
      `${T} | project-rename When = Timestamp | where When > ago(4h) ${rows}`,
      `11-25T06:30 ${now}`,
    ],
    [
      'an extended column',
      `${T} | extend Since = ago(4h) | where Timestamp > Since ${rows}`,
      `11-25T06:30 ${now}`,
    ],
    [
      'both of two bounds',
      `${T} | where Timestamp > ago(4h) and Timestamp > ago(2h) ${rows}`,
      `11-25T08:30 ${now}`,
    ],
    [
      'either of two bounds',
      `${T} | where Timestamp > ago(4h) or Timestamp > ago(2h) ${rows}`,
      `11-25T06:30 ${now}`,
    ],
    [
      'a bound or something else',
      `${T} | where Timestamp > ago(4h) or RemotePort == 1 ${rows}`,
      `11-25T06:30 ${now}`,
    ],
    [
      'a function',
      `let since = (d: timespan) { ago(d) }; ${T} | where Timestamp > since(4h) ${rows}`,
      `11-25T06:30 ${now}`,
    ],
    [
      'a function of a table',
      `let recent = (d: timespan = 4h) { ${T} | where Timestamp > ago(d) }; recent() ${rows}`,
      `11-25T06:30 ${now}`,
    ],
    [
      'a function that is given a table',
      `let recent = (X: (*), d: timespan) { X | where Timestamp > ago(d) }; recent(${T}, 4h) ${rows}`,
      `11-25T06:30 ${now}`,
    ],
    [
      'invoke',
      `let recent = (X: (*)) { X | where Timestamp > ago(4h) }; ${T} | invoke recent() ${rows}`,
      `11-25T06:30 ${now}`,
    ],
    ['materialize', `let R = materialize(${T} | where Timestamp > ago(4h)); R ${rows}`, `11-25T06:30 ${now}`],
    ['the later of two', `${T} | where Timestamp > max_of(ago(4h), ago(2h)) ${rows}`, `11-25T08:30 ${now}`],
    [
      'the shortest in a union',
      `union (${T} | where Timestamp > ago(7d)), (DeviceEvents | where Timestamp > ago(4h)) ${rows}`,
      `11-25T06:30 ${now}`,
    ],
    [
      'a bound behind a union',
      `union ${T}, DeviceEvents | where Timestamp > ago(4h) ${rows}`,
      `11-25T06:30 ${now}`,
    ],
    [
      'the shortest in a join',
      `${T} | where Timestamp > ago(4h) | join kind=inner (DeviceEvents | where Timestamp > ago(14d)) on DeviceId ${rows}`,
      `11-25T06:30 ${now}`,
    ],
    [
      'an anti-join with what was before',
      `${T} | where Timestamp > ago(1d) | join kind=leftanti (${T} | where Timestamp between (ago(14d) .. ago(1d))) on DeviceId ${rows}`,
      `11-24T10:30 ${now}`,
    ],
    [
      'a right anti-join',
      `${T} | where Timestamp between (ago(14d) .. ago(1d)) | join kind=rightanti (${T} | where Timestamp > ago(1d)) on DeviceId ${rows}`,
      `11-24T10:30 ${now}`,
    ],
    [
      '!in',
      `let known = ${T} | where Timestamp between (ago(14d) .. ago(1d)) | distinct DeviceId; ${T} | where Timestamp > ago(1d) | where DeviceId !in (known) ${rows}`,
      `11-24T10:30 ${now}`,
    ],
    [
      'a baseline that is joined',
      `let usual = ${T} | where Timestamp between (ago(14d) .. ago(1d)) | summarize Usual = count() by DeviceId; ${T} | where Timestamp > ago(1d) | join kind=inner usual on DeviceId ${rows}`,
      `11-24T10:30 ${now}`,
    ],
    [
      'an inventory that is joined',
      `${T} | where Timestamp > ago(4h) | join kind=inner (DeviceInfo | where Timestamp > ago(30d) | summarize arg_max(Timestamp, *) by DeviceId) on DeviceId ${rows}`,
      `11-25T06:30 ${now}`,
    ],
    [
      'a bound on the last of several rows',
      `${T} | where Timestamp > ago(14d) | summarize LastSeen = max(Timestamp) by DeviceId, RemoteUrl | where LastSeen > ago(1d)`,
      `11-24T10:30 ${now}`,
    ],
    [
      'a series',
      `${T} | make-series n = count() on Timestamp from ago(14d) to now() step 1h by DeviceId`,
      `11-11T10:30 ${now}`,
    ],
    [
      'a series as it was written once',
      `${T} | make-series n = count() on Timestamp in range(ago(14d), now(), 1h) by DeviceId`,
      `11-11T10:30 ${now}`,
    ],
    [
      'dead code',
      `let old = ${T} | where Timestamp > ago(30d); ${T} | where Timestamp > ago(4h) ${rows}`,
      `11-25T06:30 ${now}`,
    ],
    [
      'times that bound nothing',
      `${T} | summarize Recent = countif(Timestamp > ago(1h)), Gap = max(iff(Timestamp > ago(2h), 1, 0)) by DeviceId, RemoteUrl, bin(Timestamp, 1h)`,
      `11-24T10:30 ${now}`,
    ],
    [
      'column against column',
      `${T} | where Timestamp > InitiatingProcessCreationTime ${rows}`,
      `11-24T10:30 ${now}`,
    ],
    [
      "a process's creation",
      `${T} | where InitiatingProcessCreationTime > ago(2h) ${rows}`,
      `11-25T08:30 ${now}`,
    ],
    [
      'placeholders in text',
      `let s = todatetime('{{StartTimeISO}}'); let e = todatetime('{{EndTimeISO}}'); ${T} | where Timestamp between (s .. e) ${rows}`,
      `11-24T10:30 ${now}`,
    ],
    [
      'placeholders in datetime()',
      `${T} | where Timestamp between (datetime({{StartTimeISO}}) .. datetime({{EndTimeISO}})) ${rows}`,
      `11-24T10:30 ${now}`,
    ],
    [
      'bare placeholders',
      `${T} | where Timestamp between ({{StartTime}} .. {{EndTime}}) ${rows}`,
      `11-24T10:30 ${now}`,
    ],
  ])('when a query has %s, then that is found', (_, query, expected) => {
    expect(spanOf(compile(query).covers)).toBe(expected);
  });

  test.each([
    [
      'a time that is looked up',
      `let newest = toscalar(${T} | summarize max(Timestamp)); ${T} | where Timestamp > newest - 1h ${rows}`,
    ],
    ['a time against a bare span', `${T} | where Timestamp > 4h ${rows}`],
    [
      'a choice that is made when it runs',
      `${T} | where Timestamp > iff(rand() > 0.5, ago(1h), ago(2h)) ${rows}`,
    ],
  ])('when it is %s, then the hunt is refused until it says its lookback', (_, query) => {
    expect(errorsOf(query)).toEqual([expect.stringContaining('say it with lookback: PT4H')]);
    const declared = compile(query, { lookbackMs: 2 * HOUR_MS });
    expect(declared).toMatchObject({ coversFrom: 'declared', lookbackMs: 2 * HOUR_MS });
    expect(spanOf(declared.covers)).toBe('11-25T08:30 11-25T10:30');
  });

  test('when a query leaves its time open and the hunt says a lookback, then that is the lookback', () => {
    expect(compile(`${T} ${rows}`, { lookbackMs: 2 * HOUR_MS })).toMatchObject({
      coversFrom: 'prelude',
      covers: { from: { op: 'lookback' }, to: { op: 'run' } },
    });
  });
});

test('when a baseline is needed, then what a run needs is longer than what it covers', () => {
  const compiled = compile(
    `let usual = ${T} | where Timestamp between (ago(14d) .. ago(1d)) | distinct DeviceId; ${T} | where Timestamp > ago(1d) | where DeviceId !in (usual) ${rows}`,
  );
  expect(compiled.tables).toHaveLength(1);
  expect(spanOf(compiled.tables[0]?.needs ?? null)).toBe('11-11T10:30 11-25T10:30');
});

test('when an inventory is looked up without a bound, then all that is known of it is needed', () => {
  const { tables } = compile(`${T} | join kind=inner DeviceInfo on DeviceId ${rows}`);
  expect(tables.map(({ name, needs }) => [name, spanOf(needs)])).toEqual([
    [T, '11-24T10:30 11-25T10:30'],
    ['DeviceInfo', 'open 11-25T10:30'],
  ]);
});

test.each([['union Device* | project DeviceId'], ['search "addigy" | project DeviceId']])(
  'when a query names its tables by a wildcard (%s), then the hunt is refused',
  (query) => {
    const typed = { identity: ['DeviceId'], identityTypes: { DeviceId: 'string' as const } };
    expect(errorsOf(query, typed)).toEqual([expect.stringContaining('by a wildcard')]);
  },
);

test('when every use of a table is of a fuzzy union, then the hunt can do without it', () => {
  const optional = (query: string) =>
    compile(query)
      .tables.filter((table) => table.optional)
      .map(({ name }) => name);
  const fuzzy = `union isfuzzy=true ${T}, (DeviceEvents | where RemoteUrl has 'x') ${rows}`;
  expect(optional(fuzzy)).toEqual([T, 'DeviceEvents']);
  expect(
    optional(`let known = DeviceEvents | distinct DeviceId; ${fuzzy} | where DeviceId !in (known)`),
  ).toEqual([T]);
  expect(optional(`union ${T}, DeviceEvents ${rows}`)).toEqual([]);
});

describe('whether it counts', () => {
  test.each([
    [false, `${T} ${rows}`],
    [false, `${T} | summarize LastSeen = max(Timestamp) by DeviceId | where LastSeen > ago(1h)`],
    [false, `${T} | summarize arg_max(Timestamp, *) by DeviceId | where RemotePort == 443`],
    [true, `${T} ${rows} | where Count <= 5`],
    [true, `${T} ${rows} | extend Many = Count * 2 | where Many > 10 and RemoteUrl has 'x'`],
    [true, `${T} | summarize Urls = make_set(RemoteUrl) by DeviceId | where array_length(Urls) > 3`],
    [true, `${T} | take 10 | project DeviceId`],
    [true, `${T} | top 5 by Timestamp | project DeviceId`],
    [true, `${T} | make-series n = count() on Timestamp from ago(1d) to now() step 1h by DeviceId`],
  ])('it is %s of %s', (counts, query) => {
    expect(compile(query).counts).toBe(counts);
  });
});

describe('what can be replayed', () => {
  test('when a query takes a file or a watchlist, then those are as of today, and said so', () => {
    const query = `let bad = externaldata(u: string)[@"https://lists.example/a.csv?key=hush"] with (format="csv"); let ok = _GetWatchlist('corp') | project SearchKey; ${T} | where RemoteUrl in (bad) and RemoteIP !in (ok) ${rows}`;
    const { asOfToday, notReplayable } = compile(query);
    expect(asOfToday).toEqual([
      'externaldata: the file of lists.example as it is today',
      'the watchlist corp as it is today',
    ]);
    expect(notReplayable).toEqual([]);
  });

  test('when a table is read behind the back of the prelude, then only a bound of its own lets it be replayed', () => {
    expect(compile(`table('${T}') | where Timestamp > ago(1d) ${rows}`).notReplayable).toEqual([
      `${T} is read in a way that can't be bounded to an earlier time`,
    ]);
    expect(
      compile(`table('${T}') | where Timestamp between (ago(1d) .. now()) ${rows}`).notReplayable,
    ).toEqual([]);
  });
});

describe('where times stand', () => {
  test('when now, ago and placeholders stand in a query, then each is found where it stands', () => {
    const query = `set notruncation; // ago(9d)
let s = todatetime('{{StartTimeISO}}'); let e = {{EndTimeISO}};
${T} | where Timestamp between (s .. e) or Timestamp > ago( 2*1h ) or Timestamp > now(-1d) or Timestamp > now() ${rows} ; // end`;
    const compiled = compile(query);
    const text = ({ start, end }: { start: number; end: number }) => query.slice(start, end);
    expect(
      compiled.times.map(({ kind, argument, quoted, ...span }) => [
        kind,
        text(span),
        argument && text(argument),
        quoted,
      ]),
    ).toEqual([
      ['start', '{{StartTimeISO}}', undefined, true],
      ['end', '{{EndTimeISO}}', undefined, undefined],
      ['ago', 'ago( 2*1h )', '2*1h', undefined],
      ['now', 'now(-1d)', '-1d', undefined],
      ['now', 'now()', undefined, undefined],
    ]);
    expect(compiled.sets.map(text)).toEqual(['set notruncation;']);
    expect(query.slice(compiled.end)).toBe(' ; // end');
  });

  test('when a query ends in render, then its rows end before that', () => {
    const query = `${T} ${rows} | order by DeviceId | render table; // shown`;
    expect(query.slice(compile(query).end)).toBe(' | render table; // shown');
  });

  test('when a placeholder is one that nothing fills, then the hunt is refused with its line', () => {
    expect(errorsOf(`${T}\n| where DeviceName == '{{Host_Name}}' ${rows}`)).toEqual([
      'hunts/example.yaml: line 2 of the query: nothing fills the placeholder {{Host_Name}}; write a value in its place',
    ]);
  });
});

describe('identity', () => {
  const names = (query: string, change: Partial<Hunt> = {}) =>
    compile(query, change).identity.map(({ name, type }) => `${name}:${type}`);

  test('when a hunt names none, then it is the text columns without labels', () => {
    const compiled = compile(`${T} | summarize count() by DeviceId, DeviceName, RemoteUrl, RemotePort`);
    expect(compiled.identity).toEqual([
      { name: 'DeviceId', type: 'string' },
      { name: 'RemoteUrl', type: 'string' },
    ]);
    expect(compiled.labels).toEqual([{ name: 'DeviceName', of: 'DeviceId' }]);
  });

  test('when text comes from whichever row was last, then it is no part of the identity', () => {
    expect(names(`${T} | summarize arg_max(Timestamp, *) by DeviceId, RemoteUrl`)).toEqual([
      'DeviceId:string',
      'RemoteUrl:string',
    ]);
    expect(names(`${T} | summarize Urls = tostring(make_set(RemoteUrl)) by DeviceId`)).toEqual([
      'DeviceId:string',
    ]);
  });

  test('when a hunt names its own, then each has its type', () => {
    expect(
      names(`${T} | summarize count() by DeviceId, ReportId`, { identity: ['DeviceId', 'ReportId'] }),
    ).toEqual(['DeviceId:string', 'ReportId:long']);
  });

  test.each([
    ['a missing column', ['Nope'], 'returns no column Nope'],
    ['a time', ['LastSeen'], 'LastSeen is a time'],
    ['a count', ['DeviceId', 'Count'], 'Count counts or collects rows'],
    ['a set', ['Ports'], 'Ports is dynamic'],
    ['ReportId alone', ['ReportId'], 'ReportId is a counter that repeats'],
  ])('when it names %s, then the hunt is refused', (_, identity, reason) => {
    const query = `${T} | summarize LastSeen = max(Timestamp), Count = count(), Ports = make_set(RemotePort) by DeviceId, RemoteUrl, ReportId`;
    expect(errorsOf(query, { identity })).toEqual([expect.stringContaining(reason)]);
  });

  test('when a table is in no list, then the identity must be named with types', () => {
    const query = 'Mine_CL | where TimeGenerated > ago(1h)';
    const tables = ['Mine_CL'];
    expect(errorsOf(query, { tables })).toEqual([expect.stringContaining('each with its type')]);
    expect(names(query, { tables, identity: ['Host'], identityTypes: { Host: 'string' } })).toEqual([
      'Host:string',
    ]);
    expect(
      spanOf(compile(query, { tables, identity: ['Host'], identityTypes: { Host: 'string' } }).covers),
    ).toBe('11-25T09:30 11-25T10:30');
  });
});

test('when tables are made of tables without end, then the hunt is refused and not looked at for ever', () => {
  const lets = Array.from({ length: 13 }, (_, n) => `let t${n + 1} = union t${n}, t${n};`).join('\n');
  expect(errorsOf(`let t0 = ${T};\n${lets}\nt13 | project DeviceId`)).toEqual([
    expect.stringContaining('it calls too many functions'),
  ]);
});
