import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Workspace } from 'kql-workspace/start-workspace.ts';
import { historyQuery, runQuery } from '../../functions/domain/messages/run-links.ts';
import { openTelemetry, sentOfOneRun, toRow } from './telemetry-workspace.ts';

/** What workbook and runbook answer, from what the product sends of one run: the queries' own text, in the embedded workspace. */
const root = join(import.meta.dirname, '../..');
const now = new Date('2026-03-10T12:00:00Z');
const at = '2026-03-10T11:00:00.000Z';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await openTelemetry(now, {
    events: sentOfOneRun(at).map(toRow(at)),
    requests: [
      {
        TimeGenerated: at,
        Name: 'scheduled-hunt',
        OperationName: 'scheduled-hunt',
        OperationId: 'operation',
        Success: true,
        ResultCode: '0',
        DurationMs: 1500,
      },
    ],
  });
});
afterAll(() => workspace?.close());

/** Rows by column, of the last two days. */
async function answer(query: string): Promise<Record<string, unknown>[]> {
  const { columns, rows } = await workspace.run(
    query.replaceAll('AppEvents\n', 'AppEvents\n| where TimeGenerated > ago(2d)\n'),
  );
  return rows.map((row) =>
    Object.fromEntries(
      columns.map(({ name }, i) => [name, typeof row[i] === 'bigint' ? Number(row[i]) : row[i]]),
    ),
  );
}

const workbook = (name: string) =>
  answer(readFileSync(join(root, `infra/queries/workbook-${name}.kql`), 'utf8'));

test.each<[string, Record<string, unknown>[]]>([
  [
    'runs',
    [
      {
        hunt: 'Addigy',
        workspace: 'soc',
        runs: 1,
        completed: 1,
        noData: 0,
        incomplete: 0,
        failed: 0,
        findings: 2,
      },
    ],
  ],
  [
    'findings',
    [
      { findingKind: 'new-activity', findings: 1 },
      { findingKind: 'new-device', findings: 1 },
    ],
  ],
  ['devices', [{ hunt: 'Addigy', devices: 1 }]],
  ['exclusions', [{ hunt: 'Addigy', hiddenPercent: 40 }]],
  ['left-out', [{ exclusion: 'expired', hunt: 'Addigy', runs: 1 }]],
  ['durations', [{ median: 1.5, longest: 1.5 }]],
  ['outbox', [{ waiting: 1, deadLettered: 0 }]],
  [
    'deliveries',
    [
      { channel: 'soar', outcome: 'retry-later', messages: 1, latestReason: 'HTTP 429' },
      { channel: 'teams', outcome: 'delivered', messages: 1, latestReason: '' },
    ],
  ],
])('the workbook shows %s', async (name, expected) => {
  const rows = (await workbook(name)).map(withoutTimes).toSorted(byJson);
  expect(rows).toEqual(expected.map((row) => expect.objectContaining(row)));
});

const byJson = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
const withoutTimes = ({ TimeGenerated: _, ...row }: Record<string, unknown>) => row;

describe('the runbook answers', () => {
  const markdown = readFileSync(join(root, 'docs/operations.md'), 'utf8');
  const [didItRun = '', itDidNot = '', whatItFound = '', whyNoCard = '', whatWaits = '', ...more] = [
    ...markdown.matchAll(/^```kql\n([\s\S]*?)^```$/gm),
  ].map(([, query = '']) => query);

  test.each<[string, string, Record<string, unknown>[]]>([
    [
      'did it run',
      didItRun,
      [
        {
          hunt: 'Addigy',
          workspace: 'soc',
          outcome: 'complete',
          rows: 100,
          sightings: 10,
          hidden: 4,
          findings: 2,
          seconds: 1.5,
        },
      ],
    ],
    ['how did it end', itDidNot, [{ OperationName: 'scheduled-hunt', Success: true, seconds: 1.5 }]],
    [
      'what did it find',
      whatItFound,
      [
        { hunt: 'Addigy', findingKind: 'new-activity', run: 'run-1', findings: 1, devices: 1 },
        { hunt: 'Addigy', findingKind: 'new-device', run: 'run-1', findings: 1, devices: 1 },
      ],
    ],
    [
      'why no card',
      whyNoCard,
      [
        { message: 'run-1.findings.1', channel: 'soar', outcome: 'retry-later', reason: 'HTTP 429' },
        { message: 'run-1.findings.1', channel: 'teams', outcome: 'delivered' },
      ],
    ],
    ['what waits', whatWaits, [{ waiting: 1, deadLettered: 0 }]],
  ])('%s', async (_, query, expected) => {
    const rows = (await answer(query)).map(withoutTimes).toSorted(byJson);
    expect(rows).toEqual(expected.map((row) => expect.objectContaining(row)));
  });

  test('these questions and no others', () => expect(more).toEqual([]));
});

test('what the card’s button "This run" opens has the run, its findings and its deliveries', async () => {
  const names = (await answer(runQuery('run-1'))).map(({ Name }) => Name);
  expect(names.sort()).toEqual(['Delivery', 'Delivery', 'Finding', 'Finding', 'HuntRun', 'MuchHidden']);
  expect(await answer(runQuery('run-2'))).toEqual([]);
});

test('what the card’s button "Why?" opens has all that was told of the devices', async () => {
  expect((await answer(historyQuery('run-1'))).map(({ Kind, Hunt }) => `${Kind} ${Hunt}`).sort()).toEqual([
    'new-activity Addigy',
    'new-device Addigy',
  ]);
});
