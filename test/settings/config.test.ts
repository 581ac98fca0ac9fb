import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../../functions/domain/config-error.ts';
import { type Config, readConfig } from '../../functions/settings/config.ts';
import { UNRESOLVED } from '../../functions/settings/setting-schemas.ts';
import { settings } from '../../functions/settings/settings.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const good = {
  LOG_ANALYTICS_WORKSPACE_ID: '99999999-8888-4777-8666-555555555555',
  AzureWebJobsStorage__tableServiceUri: 'https://example.table.core.windows.net',
  WEBSITE_HOSTNAME: 'hunter.azurewebsites.net',
  WEBHOOK_FUNCTION_SECRET: secret,
  TEAMS_WEBHOOK_URL: 'https://example.logic.azure.com/workflows/1/triggers/manual/paths/invoke?sig=hush',
};

const place = '/subscriptions/1/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/law';

function problemsOf(env: Record<string, string | undefined>): string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

test('when only what is needed is set, then the rest has defaults', () => {
  expect(readConfig(good)).toEqual<Config>({
    workspaces: [{ id: '99999999-8888-4777-8666-555555555555' }],
    logs: { endpoint: 'https://api.loganalytics.azure.com' },
    lookbackMs: 86_400_000,
    intervalMs: 4 * 3_600_000,
    returnAfterMs: 30 * 86_400_000,
    forgetAfterMs: 365 * 86_400_000,
    exclusionWarnShare: 0.5,
    exclusionQueriesPerDay: 100,
    exclusionPlaceholders: [],
    storage: { kind: 'identity', serviceUri: 'https://example.table.core.windows.net' },
    table: 'threathunter',
    webhookFunction: { url: 'https://hunter.azurewebsites.net/api/webhook', secrets: [secret] },
    channels: [{ kind: 'teams', name: 'teams', url: good.TEAMS_WEBHOOK_URL, card: 'message' }],
    portal: { workspaces: new Map() },
    alarmAfterRuns: 3,
    unresolved: [],
  });
});

test('when nothing is set, then every missing setting is named at once', () => {
  expect(problemsOf({}).map((problem) => problem.split(':')[0])).toEqual([
    'LOG_ANALYTICS_WORKSPACE_ID',
    'WEBHOOK_FUNCTION_SECRET',
    'AzureWebJobsStorage__tableServiceUri',
    'WEBHOOK_FUNCTION_URL',
  ]);
});

test.each<[string, Record<string, string>, string[]]>([
  ['a workspace id is not a GUID', { LOG_ANALYTICS_WORKSPACE_ID: 'soc' }, ['LOG_ANALYTICS_WORKSPACE_ID']],
  [
    'a workspace comes twice, in other letters',
    {
      LOG_ANALYTICS_WORKSPACE_ID: 'aaaaaaaa-8888-4777-8666-555555555555,AAAAAAAA-8888-4777-8666-555555555555',
    },
    ['LOG_ANALYTICS_WORKSPACE_ID'],
  ],
  [
    'a URL is plain http to elsewhere',
    { TEAMS_WEBHOOK_URL: 'http://example.com/?sig=hush' },
    ['TEAMS_WEBHOOK_URL'],
  ],
  [
    'a URL carries a user name and password',
    { TEAMS_WEBHOOK_URL: 'https://user:hush@example.com/' },
    ['TEAMS_WEBHOOK_URL'],
  ],
  [
    'the address of the query API carries a user name',
    { LOG_ANALYTICS_ENDPOINT: 'https://hush@example.com/' },
    ['LOG_ANALYTICS_ENDPOINT'],
  ],
  ['a secret is too short', { WEBHOOK_FUNCTION_SECRET: 'whsec_aHVzaA==' }, ['WEBHOOK_FUNCTION_SECRET']],
  ['a generic webhook has no secret', { WEBHOOK_URL: 'https://soar.example/hook' }, ['WEBHOOK_SECRET']],
  ['a duration is beyond all time', { HUNT_LOOKBACK: 'P99999999999W' }, ['HUNT_LOOKBACK']],
  ['a duration is in months', { RETURN_AFTER: 'P1M' }, ['RETURN_AFTER']],
  ['there is no query for exclusions', { EXCLUSION_QUERIES_PER_DAY: '0' }, ['EXCLUSION_QUERIES_PER_DAY']],
  ['a share is above 1', { EXCLUSION_WARN_SHARE: '50' }, ['EXCLUSION_WARN_SHARE']],
  ['a schedule has five fields', { HUNT_SCHEDULE: '5 5 5 5 5' }, ['HUNT_SCHEDULE']],
  ['a weekly schedule has five fields', { WEEKLY_SCHEDULE: '6 6 6 6 6' }, ['WEEKLY_SCHEDULE']],
  ['an alarm comes after no runs', { ALARM_AFTER_RUNS: '0' }, ['ALARM_AFTER_RUNS']],
  ['a card is of no form', { TEAMS_CARD: 'fancy' }, ['TEAMS_CARD']],
  [
    'a resource id is something else',
    { LOG_ANALYTICS_WORKSPACE_RESOURCE_ID: '/subscriptions/1/hush' },
    ['LOG_ANALYTICS_WORKSPACE_RESOURCE_ID'],
  ],
  [
    'there are more resource ids than workspaces',
    {
      LOG_ANALYTICS_WORKSPACE_RESOURCE_ID: `${place},${place}`,
    },
    ['LOG_ANALYTICS_WORKSPACE_RESOURCE_ID'],
  ],
  [
    'no channel is for findings',
    {
      TEAMS_WEBHOOK_URL: '',
      CHANNELS: '[{"name":"a","kind":"slack","urlSetting":"AWAY","when":{"kinds":["weekly"]}}]',
      AWAY: 'https://away.example/hush',
    },
    ['CHANNELS'],
  ],
  [
    'a secret stands where its name belongs',
    {
      CHANNELS:
        '[{"name":"a","kind":"webhook","urlSetting":"https://a.example/hush","secretSetting":"whsec_hush="}]',
    },
    ['CHANNELS[0].urlSetting', 'CHANNELS[0].secretSetting'],
  ],
  ['a list of channels is no JSON', { CHANNELS: 'hush' }, ['CHANNELS']],
  ['a table name has a hyphen', { STATE_TABLE: 'my-table' }, ['STATE_TABLE']],
  [
    'telemetry is to be sent as nobody known',
    { APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=hush' },
    ['APPLICATIONINSIGHTS_AUTHENTICATION_STRING'],
  ],
  [
    'several are wrong',
    { HUNT_LOOKBACK: 'five days', LOG_ANALYTICS_ENDPOINT: 'ftp://hush', STATE_TABLE: '1x' },
    ['LOG_ANALYTICS_ENDPOINT', 'HUNT_LOOKBACK', 'STATE_TABLE'],
  ],
])('when %s, then it is named and its value is not', (_, change, names) => {
  const problems = problemsOf({ ...good, ...change });
  expect(problems.map((problem) => problem.split(':')[0])).toEqual(names);
  for (const value of Object.values(change).filter(Boolean)) expect(problems.join('\n')).not.toContain(value);
});

/** What an app sees while Azure cannot read the vault. */
const unread = '@Microsoft.KeyVault(SecretUri=https://vault.example/secrets/hush)';
const listed = JSON.stringify([
  { name: 'soar', kind: 'webhook', urlSetting: 'SOAR_URL', secretSetting: 'SOAR_SECRET' },
]);

test.each<[string, Record<string, string>, unknown[]]>([
  ['TEAMS_WEBHOOK_URL', {}, [{ name: 'teams', setting: 'TEAMS_WEBHOOK_URL' }]],
  ['SLACK_WEBHOOK_URL', {}, ['teams', { name: 'slack', setting: 'SLACK_WEBHOOK_URL' }]],
  ['WEBHOOK_URL', { WEBHOOK_SECRET: secret }, ['teams', { name: 'webhook', setting: 'WEBHOOK_URL' }]],
  ['WEBHOOK_SECRET', { WEBHOOK_URL: 'https://soar.example' }, ['teams', { name: 'webhook' }]],
  ['SOAR_URL', { CHANNELS: listed, SOAR_SECRET: secret }, ['teams', { name: 'soar', setting: 'SOAR_URL' }]],
  ['SOAR_SECRET', { CHANNELS: listed, SOAR_URL: 'https://soar.example' }, ['teams', { name: 'soar' }]],
  ['CHANNELS', {}, ['teams', { name: 'CHANNELS', setting: 'CHANNELS' }]],
])('when Azure has not read %s, then its channel waits and the others do not', (name, change, expected) => {
  const config = readConfig({ ...good, ...change, [name]: unread });
  expect(config.unresolved).toEqual([name]);
  expect(config.channels).toEqual(
    expected.map((one) =>
      one === 'teams'
        ? expect.objectContaining({ kind: 'teams' })
        : expect.objectContaining({ kind: 'unresolved', ...Object(one) }),
    ),
  );
});

test('when Azure has not read the secret of the hunter’s own webhook, then nobody is let in, and the hunter starts', () => {
  const config = readConfig({ ...good, WEBHOOK_FUNCTION_SECRET: unread });
  expect(config.webhookFunction.secrets).toBe(UNRESOLVED);
  expect(config.unresolved).toEqual(['WEBHOOK_FUNCTION_SECRET']);
});

test('when Azure has not read where telemetry goes, then none is sent, and it is named', () => {
  const config = readConfig({ ...good, APPLICATIONINSIGHTS_CONNECTION_STRING: unread });
  expect(config.telemetry).toBeUndefined();
  expect(config.unresolved).toEqual(['APPLICATIONINSIGHTS_CONNECTION_STRING']);
});

test.each([
  'LOG_ANALYTICS_WORKSPACE_ID',
  'HUNTS',
  'STATE_TABLE',
  'RETURN_AFTER',
  'AzureWebJobsStorage__tableServiceUri',
])(
  'when Azure has not read %s, without which it would hunt otherwise than told, then it stops and says why',
  (name) => {
    expect(problemsOf({ ...good, [name]: unread })).toEqual([
      `${name}: Azure has not read it from Key Vault`,
    ]);
  },
);

test.each([
  [{}, {}],
  [{ APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD' }, { identity: {} }],
  [
    {
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING:
        'Authorization=AAD;ClientId=99999999-8888-4777-8666-555555555555',
    },
    { identity: { clientId: '99999999-8888-4777-8666-555555555555' } },
  ],
  [{ WEBSITE_SITE_NAME: 'hunter' }, { roleName: 'hunter' }],
])('when Application Insights is set up with %j, then telemetry goes there as told', (change, expected) => {
  const APPLICATIONINSIGHTS_CONNECTION_STRING = 'InstrumentationKey=1';
  expect(readConfig({ ...good, APPLICATIONINSIGHTS_CONNECTION_STRING, ...change }).telemetry).toEqual({
    connectionString: 'InstrumentationKey=1',
    roleName: 'sentinel-threat-hunter',
    ...expected,
  });
});

test('when only a list of channels is set, then that is enough; resource ids lead to the portal; off is a schedule', () => {
  const { TEAMS_WEBHOOK_URL: FLOW, ...rest } = good;
  const config = readConfig({
    ...rest,
    FLOW,
    CHANNELS: '[{"name":"soc","kind":"teams","urlSetting":"FLOW"}]',
    LOG_ANALYTICS_WORKSPACE_RESOURCE_ID: place,
    PORTAL_TENANT: 'contoso.com',
    WEEKLY_SCHEDULE: 'off',
    ALARM_AFTER_RUNS: '12',
  });
  expect(config.channels).toEqual([{ name: 'soc', kind: 'teams', url: FLOW, card: 'message' }]);
  expect(config.portal.workspaces).toEqual(
    new Map([[good.LOG_ANALYTICS_WORKSPACE_ID, { resourceId: place, tenant: 'contoso.com' }]]),
  );
  expect(config.alarmAfterRuns).toBe(12);
});

test('when lists and names are given, then they are read; empty values count as unset', () => {
  const config = readConfig({
    ...good,
    HUNTS: 'addigy, addigy-footprint',
    LOG_ANALYTICS_WORKSPACE_ID:
      'emea=99999999-8888-4777-8666-555555555555, 99999999-8888-4777-8666-555555555556',
    WEBHOOK_FUNCTION_SECRET: `${secret} ${secret}`,
    WEBHOOK_URL: ' ',
    RETURN_AFTER: 'P2W',
    FORGET_AFTER: 'P1W',
  });
  expect(config).toMatchObject({
    hunts: ['addigy', 'addigy-footprint'],
    workspaces: [
      { id: '99999999-8888-4777-8666-555555555555', name: 'emea' },
      { id: '99999999-8888-4777-8666-555555555556' },
    ],
    webhookFunction: { secrets: [secret, secret] },
    returnAfterMs: 14 * 86_400_000,
    forgetAfterMs: 14 * 86_400_000,
  });
});

test('when a newcomer copies the sample of local settings, then they are good as they are', () => {
  const sample = JSON.parse(
    readFileSync(join(import.meta.dirname, '../..', 'local.settings.sample.json'), 'utf8'),
  );
  expect(problemsOf({ ...sample.Values, WEBSITE_HOSTNAME: 'localhost:7071' })).toEqual([]);
});

test('when a setting is read, then the README and the sample of local settings name it', () => {
  const root = join(import.meta.dirname, '../..');
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const sample = JSON.parse(readFileSync(join(root, 'local.settings.sample.json'), 'utf8')).Values;
  // Azure sets the first two; identities are there in Azure only.
  const azures = ['WEBSITE_HOSTNAME', 'WEBSITE_SITE_NAME'];
  const inAzureOnly = [
    ...azures,
    'AZURE_CLIENT_ID',
    'AzureWebJobsStorage__clientId',
    'AzureWebJobsStorage__tableServiceUri',
    'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
  ];
  const names = Object.keys(settings.shape);
  expect(names.filter((name) => !azures.includes(name) && !readme.includes(`\`${name}\``))).toEqual([]);
  expect(names.filter((name) => !inAzureOnly.includes(name) && !(name in sample))).toEqual([]);
});
