import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import type { Finding } from '../../../functions/domain/hunting/finding.ts';
import type { OutboxReport, RunReport } from '../../../functions/domain/hunting/report.ts';
import { hostileDeviceNames } from '../../../local/environment/sample-events/hostile-text.ts';
import { printReport } from '../../../local/printing/print-report.ts';

const report: RunReport = {
  runId: '20260605T120000Z-ab12cd34',
  hunt: { id: 'h', name: 'Addigy', tactics: ['CommandAndControl'], techniques: ['T1219'] },
  workspace: { id: 'w', name: 'local' },
  outcome: 'complete',
  dryRun: false,
  baseline: false,
  startedAt: '2026-06-05T12:00:00Z',
  finishedAt: '2026-06-05T12:00:01Z',
  window: { from: '2026-05-31T12:00:00Z', to: '2026-06-05T12:00:00Z' },
  coverage: { rows: 12_402, newest: '2026-06-05T11:58:00Z' },
  counts: { sightings: 25, hidden: 3, known: 21, new: 1 },
  owed: [],
  gaps: [],
  exclusions: {
    applied: ['a', 'b'],
    leftOut: [
      { id: 'b', reason: 'a setting is not set' },
      { id: 'c', reason: 'has expired' },
    ],
  },
  findings: [],
  problems: [],
};
const finding: Finding = {
  id: 'f',
  kind: 'new-device',
  device: { id: 'd1', name: 'mbp-anna' },
  identity: { DeviceId: 'd1', RemoteUrl: 'prod.addigy.com' },
  firstSeen: '2026-06-01T01:02:03Z',
  lastSeen: '2026-06-05T11:00:00Z',
  count: 1_234,
  row: {},
};
const outbox: OutboxReport = { deliveries: [], waiting: 0, deadLettered: 0, problems: [] };
const delivery = (
  channel: string,
  outcome: 'delivered' | 'retry-later' | 'not-needed',
  part = 1,
  reason?: string,
) => ({
  messageId: `${report.runId}.findings.${part}`,
  channel,
  outcome,
  ...(reason && { reason }),
});

test('it tells hunt, window, rows, sightings, hidden, known, new, each finding and where it went', () => {
  const text = printReport({
    reports: [{ ...report, findings: [finding] }],
    outbox: { ...outbox, deliveries: [delivery('teams', 'delivered'), delivery('webhook', 'delivered')] },
  });

  expect(text).toBe(
    [
      'Addigy',
      '  T1219 · CommandAndControl · workspace local · run 20260605T120000Z-ab12cd34',
      '  outcome     complete',
      '  window      2026-05-31 12:00 to 2026-06-05 12:00 UTC (5 days)',
      '  rows        12,402, the newest of 2026-06-05 11:58 UTC',
      '  sightings   25: 3 hidden by exclusions, 21 known, 1 new',
      '  exclusions  2 applied, 1 of them in part, 1 left out',
      '              b: a setting is not set',
      '',
      '  KIND          DEVICE               WHAT                          FIRST SEEN   LAST SEEN      COUNT',
      '  new-device    mbp-anna             prod.addigy.com               06-01 01:02  06-05 11:00    1,234',
      '',
      '  delivered   teams: delivered, 1 message',
      '              webhook: delivered, 1 message',
      '',
    ].join('\n'),
  );
});

test.each<[string, Partial<RunReport>, OutboxReport | undefined, string]>([
  ['nothing is new', {}, outbox, 'Nothing new.'],
  [
    'it is the first run',
    { baseline: true },
    outbox,
    'first run: what is there now is the baseline, told in one digest',
  ],
  [
    'it is a dry run',
    { dryRun: true, findings: [finding] },
    undefined,
    'dry run: nothing is remembered or sent',
  ],
  ['the tables are empty', { outcome: 'no-data' }, outbox, 'no data: the tables are empty in this window'],
  [
    'it failed',
    { outcome: 'failed', window: null, problems: ['The query failed: no such table'] },
    outbox,
    '! The query failed: no such table',
  ],
  [
    'another run is in progress',
    { outcome: 'lease-held', window: null },
    outbox,
    'not run: another run is in progress',
  ],
  ['findings reached nobody', { findings: [finding] }, outbox, 'delivered   not yet'],
  [
    'a channel will get it later',
    { findings: [finding] },
    { ...outbox, deliveries: [delivery('teams', 'retry-later', 1, 'teams answered 503')] },
    'teams: retry-later: teams answered 503',
  ],
  [
    'a channel got it on the second try',
    { findings: [finding] },
    { ...outbox, deliveries: [delivery('teams', 'retry-later'), delivery('teams', 'delivered')] },
    'teams: delivered, 1 message',
  ],
  [
    'a channel posts the first part only',
    { findings: [finding] },
    { ...outbox, deliveries: [delivery('teams', 'delivered', 1), delivery('teams', 'not-needed', 2)] },
    'teams: delivered, 1 message',
  ],
  [
    'it is known which exclusion hid what',
    {
      exclusions: {
        ...report.exclusions,
        reckoned: {
          each: [
            { exclusion: 'a', hidden: 2, devices: 1 },
            { exclusion: 'b', hidden: 0, devices: 0 },
          ],
          together: 1,
          left: 20,
        },
      },
    },
    outbox,
    'a hides 2 on 1 device\n              several between them hide 1\n              of 20 more the next run finds out what they hide\n',
  ],
  ['messages wait', {}, { ...outbox, waiting: 2 }, 'Waiting for a later run: 2'],
  ['messages were given up', {}, { ...outbox, deadLettered: 1 }, 'Given up, in the dead letters: 1'],
  [
    'delivery had a problem',
    {},
    { ...outbox, problems: ['message m: waits: 503'] },
    '! message m: waits: 503',
  ],
  [
    "an earlier run's message arrived",
    {},
    { ...outbox, deliveries: [{ messageId: 'earlier.findings.1', channel: 'teams', outcome: 'delivered' }] },
    'Of an earlier run: earlier.findings.1 delivered to teams',
  ],
])('when %s, it says so', (_, change, box, expected) => {
  const text = printReport({ reports: [{ ...report, ...change }], ...(box && { outbox: box }) });

  expect(text).toContain(expected);
});

test('of very many findings it shows fifty and says how many more there are', () => {
  const findings = Array.from({ length: 1_060 }, (_, i) => ({ ...finding, id: `f${i}` }));
  const text = printReport({ reports: [{ ...report, findings }], outbox });

  expect(text.match(/new-device/g)).toHaveLength(50);
  expect(text).toContain('and 1,010 more');
});

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom(...Object.values(hostileDeviceNames)),
);
/** Only these may be in what is printed without colour: no escape sequence, and nothing that reorders text beyond its own cell. */
const harmful = /[^\P{C}\n\u2068\u2069]/u;

test('whatever data holds, no control character or override reaches the terminal, and the table keeps its width', () => {
  fc.assert(
    fc.property(
      hostile,
      hostile,
      hostile,
      fc.integer({ min: 72, max: 160 }),
      (name, url, problem, columns) => {
        const text = printReport(
          {
            reports: [
              {
                ...report,
                hunt: { ...report.hunt, name },
                problems: [problem],
                findings: [
                  { ...finding, device: { id: 'd1', name }, identity: { DeviceId: 'd1', RemoteUrl: url } },
                ],
              },
            ],
            outbox: {
              ...outbox,
              problems: [problem],
              deliveries: [delivery('teams', 'retry-later', 1, problem)],
            },
          },
          { columns },
        );
        expect(text).not.toMatch(harmful);
        const table = text.slice(text.indexOf('  KIND'), text.indexOf('\n\n  delivered'));
        // A wide character takes two columns and is one here, so this can only be too lenient.
        for (const line of table.split('\n')) expect([...line].length).toBeLessThanOrEqual(columns);
      },
    ),
    { numRuns: 200 },
  );
});

test('colour changes nothing but the colours, and there is none unless it is asked for', () => {
  const result = { reports: [{ ...report, findings: [finding], problems: ['careful'] }], outbox };
  const plain = printReport(result);
  const coloured = printReport(result, { colour: true });

  expect(plain).not.toContain('\u001b');
  expect(coloured).toContain('\u001b[');
  expect(stripVTControlCharacters(coloured)).toBe(plain);
});
