import { at, deployOffline, ofType, only } from './arm/deploy-offline.ts';
import { openTelemetry, type TelemetryRow } from './telemetry-workspace.ts';

/** The rules' own queries, run on telemetry as it would lie in the workspace: which of them fire, and what for. */
const now = new Date('2026-03-10T12:00:00Z');
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000).toISOString();

function run(hours: number, outcome: string, hunt = 'Addigy', dryRun = 'false'): TelemetryRow {
  return {
    TimeGenerated: hoursAgo(hours),
    Name: 'HuntRun',
    Properties: { huntName: hunt, workspaceName: 'soc', outcome, dryRun, problems: '[]' },
    Measurements: { durationMs: 1000 },
  };
}

function outbox(hours: number, waiting: number, deadLettered = 0): TelemetryRow {
  return {
    TimeGenerated: hoursAgo(hours),
    Name: 'Outbox',
    Properties: { problems: '[]' },
    Measurements: { waiting, deadLettered, problemCount: 0 },
  };
}

function call(hours: number, operation: string, success: boolean, code: string): TelemetryRow {
  return {
    TimeGenerated: hoursAgo(hours),
    OperationName: operation,
    Success: success,
    ResultCode: code,
  };
}

/** The app's identity, as the template's rules know it offline. */
const APP = `‹Microsoft.ManagedIdentity/userAssignedIdentities/${
  only(deployOffline(), 'Microsoft.ManagedIdentity/userAssignedIdentities').name
}.properties.principalId›`;

function write(hours: number, change: Record<string, string>): TelemetryRow {
  return {
    TimeGenerated: hoursAgo(hours),
    Category: 'StorageWrite',
    StatusCode: '204',
    AuthenticationType: 'OAuth',
    RequesterObjectId: APP,
    RequesterUpn: '',
    CallerIpAddress: '203.0.113.7:443',
    ...change,
  };
}
const person = { RequesterObjectId: 'aaaaaaaa', RequesterUpn: 'mallory@example.com' };

function muchHidden(hours: number, hunt = 'Addigy'): TelemetryRow {
  return {
    TimeGenerated: hoursAgo(hours),
    Name: 'MuchHidden',
    Properties: { huntName: hunt, workspaceName: 'soc', exclusions: '["one"]' },
    Measurements: { hidden: 40, sightings: 64, exclusionsApplied: 1 },
  };
}

const allIsWell = [1, 5, 9].flatMap((hours) => [run(hours, 'complete'), outbox(hours, 0)]);

let rules: { name: string; query: string }[];
beforeAll(() => {
  rules = ofType(deployOffline(), 'Microsoft.Insights/scheduledQueryRules').map((rule) => ({
    name: rule.name.replace('threat-hunter-', ''),
    query: String(at(rule, 'properties.criteria.allOf.0.query')),
  }));
});

/** Names of the rules that fire, with what they are split by. */
async function firing(telemetry: Parameters<typeof openTelemetry>[1]): Promise<string[]> {
  const workspace = await openTelemetry(now, telemetry);
  try {
    const fired: string[] = [];
    for (const { name, query } of rules) {
      const { columns, rows } = await workspace.run(query);
      const split = columns.findIndex((column) => column.name === 'hunt' || column.name === 'who');
      for (const row of rows) fired.push(split < 0 ? name : `${name}: ${row[split]}`);
    }
    return fired;
  } finally {
    await workspace.close();
  }
}

const stories: {
  when: string;
  fires: string[];
  events: TelemetryRow[];
  requests?: TelemetryRow[];
  writes?: TelemetryRow[];
}[] = [
  { when: 'all is well', fires: [], events: allIsWell },
  { when: 'a run failed, but one completed since', fires: [], events: [...allIsWell, run(6, 'failed')] },
  {
    when: 'a hunt last completed 13 hours ago',
    fires: ['hunt-overdue: Addigy'],
    events: [run(13, 'complete'), run(5, 'failed'), run(1, 'failed'), outbox(1, 0)],
  },
  {
    when: 'a hunt never completed',
    fires: ['hunt-overdue: Addigy'],
    events: [run(5, 'incomplete'), run(1, 'no-data'), outbox(1, 0)],
  },
  {
    when: 'one of two hunts is overdue',
    fires: ['hunt-overdue: Other'],
    events: [...allIsWell, run(14, 'complete', 'Other'), run(2, 'no-data', 'Other')],
  },
  {
    when: 'a dry run completed, which counts for nothing',
    fires: ['hunt-overdue: Addigy'],
    events: [run(20, 'failed'), run(1, 'complete', 'Addigy', 'true'), outbox(1, 0)],
  },
  {
    when: 'nothing has run for half a day',
    fires: ['hunt-overdue: Addigy', 'silence'],
    events: [run(13, 'complete')],
  },
  { when: 'a message was refused', fires: ['dead-letters'], events: [...allIsWell, outbox(0.5, 0, 1)] },
  { when: 'a refused message was dealt with', fires: [], events: [...allIsWell, outbox(6, 0, 1)] },
  {
    when: 'messages wait through every run',
    fires: ['undelivered'],
    events: [run(1, 'complete'), outbox(9, 2), outbox(5, 2), outbox(1, 3)],
  },
  {
    when: 'messages waited, and then went out',
    fires: [],
    events: [run(1, 'complete'), outbox(9, 2), outbox(5, 0), outbox(1, 1)],
  },
  {
    when: 'the timer function failed',
    fires: ['failures'],
    events: allIsWell,
    requests: [call(1, 'scheduled-hunt', false, '500')],
  },
  {
    when: 'the timer function failed some hours ago: the alert is over, so that the next failure is a new one',
    fires: [],
    events: allIsWell,
    requests: [call(3, 'scheduled-hunt', false, '500')],
  },
  {
    when: 'changes could not be told',
    fires: ['failures'],
    events: allIsWell,
    requests: [call(1, 'tell-changes', false, '500')],
  },
  {
    when: 'the app wrote its table, and somebody else was refused or wrote long ago',
    fires: [],
    events: allIsWell,
    writes: [write(1, {}), write(1, { ...person, StatusCode: '403' }), write(5, person)],
  },
  {
    when: 'a person and somebody with a key wrote the table, or deleted of it',
    fires: ['foreign-writes: mallory@example.com', 'foreign-writes: AccountKey'],
    events: allIsWell,
    writes: [
      write(1, { ...person, Category: 'StorageDelete' }),
      write(1, { RequesterObjectId: '', AuthenticationType: 'AccountKey' }),
    ],
  },
  {
    when: 'exclusions hide most of what a hunt sees',
    fires: ['much-hidden: Addigy'],
    events: [...allIsWell, muchHidden(1)],
  },
  {
    when: 'that was told some hours ago',
    fires: [],
    events: [...allIsWell, muchHidden(3)],
  },
  {
    when: 'somebody asked for a hunt that there is not',
    fires: [],
    events: allIsWell,
    requests: [call(1, 'on-demand-hunt', false, '404')],
  },
  {
    when: 'a channel was busy, and the message waits',
    fires: [],
    events: allIsWell,
    requests: [call(1, 'webhook', false, '503')],
  },
];

test.each(stories)('when $when: $fires', async ({ fires, ...telemetry }) => {
  expect(await firing(telemetry)).toEqual(fires);
});
