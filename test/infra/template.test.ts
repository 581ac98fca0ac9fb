import { globSync } from 'node:fs';
import { join } from 'node:path';
import { readHunts } from '../../functions/adapters/files/hunt-files.ts';
import { readConfig, settings } from '../../functions/config.ts';
import { parameters } from '../../infra/main.parameters.json';
import {
  appSettings,
  at,
  deployOffline,
  ofType,
  only,
  SOC_SUBSCRIPTION,
  SUBSCRIPTION,
  secrets,
  WORKSPACE,
} from './bicep/deploy-offline.ts';
import type { Deployment, Resource } from './bicep/evaluate-bicep.ts';
import { parseBicep } from './bicep/parse-bicep.ts';

const root = join(import.meta.dirname, '../..');
const variants = {
  'as azd up deploys it': {},
  'with everything': {
    slackWebhookUrl: secrets.slackWebhookUrl,
    webhookUrl: secrets.webhookUrl,
    webhookSecret: secrets.webhookSecret,
    channels: [
      { name: 'tier-2', kind: 'teams', urlSetting: 'TIER2_URL', when: { kinds: ['findings'] } },
      { name: 'soar', kind: 'webhook', urlSetting: 'SOAR_URL', secretSetting: 'SOAR_SECRET' },
      { name: 'lab', kind: 'webhook', urlSetting: 'LAB_URL', secretSetting: 'SOAR_SECRET' },
    ],
    channelSecrets: {
      TIER2_URL: 'SECRET-tier2-url',
      SOAR_URL: 'SECRET-soar-url',
      LAB_URL: 'SECRET-lab-url',
      SOAR_SECRET: 'SECRET-soar-secret',
    },
    settings: {
      HUNT_SCHEDULE: '0 0 6 * * *',
      WEEKLY_SCHEDULE: 'off',
      HUNTS: 'addigy',
      HUNT_LOOKBACK: 'P2D',
      RETURN_AFTER: 'P60D',
      ALARM_AFTER_RUNS: '2',
      EXCLUSION_WARN_SHARE: '0.8',
      STATE_TABLE: 'hunts',
      TEAMS_CARD: 'bare',
      LOG_ANALYTICS_ENDPOINT: 'https://api.loganalytics.us',
      LOG_ANALYTICS_AUDIENCE: 'https://api.loganalytics.us',
    },
    exclusionSettings: { ADDIGY_MANAGEMENT_SERVER_IPS: '203.0.113.7' },
    vnetEnabled: true,
    actionGroupResourceIds: '/a/1, /a/2',
    sentinelWorkspaceResourceIds: `${WORKSPACE}, ${WORKSPACE.replace('sentinel-eu', 'sentinel-us')}`,
  },
  'with a custom role': { workspaceAccess: 'customRole', purgeProtection: false },
};
const deployments = Object.entries(variants).map(([name, params]) => [name, params] as const);

describe.each(deployments)('the template, %s', (_, params) => {
  let made: Deployment;
  beforeAll(async () => {
    made = await deployOffline(params);
  });

  test('lets nothing be reached without TLS 1.2 or by plain http', () => {
    const storage = only(made, 'Microsoft.Storage/storageAccounts');
    expect(at(storage, 'properties.minimumTlsVersion')).toBe('TLS1_2');
    expect(at(storage, 'properties.supportsHttpsTrafficOnly')).toBe(true);
    const app = only(made, 'Microsoft.Web/sites');
    expect(at(app, 'properties.httpsOnly')).toBe(true);
    expect(at(app, 'properties.siteConfig.minTlsVersion')).toBe('1.2');
    expect(at(app, 'properties.siteConfig.scmMinTlsVersion')).toBe('1.2');
    expect(at(app, 'properties.siteConfig.ftpsState')).toBe('Disabled');
  });

  test('has no door that opens with a key or password', () => {
    const storage = only(made, 'Microsoft.Storage/storageAccounts');
    expect(at(storage, 'properties.allowSharedKeyAccess')).toBe(false);
    expect(at(storage, 'properties.allowBlobPublicAccess')).toBe(false);
    expect(at(only(made, 'Microsoft.Insights/components'), 'properties.DisableLocalAuth')).toBe(true);
    expect(
      at(only(made, 'Microsoft.OperationalInsights/workspaces'), 'properties.features.disableLocalAuth'),
    ).toBe(true);
    expect(at(only(made, 'Microsoft.KeyVault/vaults'), 'properties.enableRbacAuthorization')).toBe(true);
    const doors = ofType(made, 'Microsoft.Web/sites/basicPublishingCredentialsPolicies');
    expect(doors.map((door) => [door.name, at(door, 'properties.allow')])).toEqual([
      ['ftp', false],
      ['scm', false],
    ]);
    expect(JSON.stringify(made)).not.toMatch(/listKeys|AccountKey|SharedAccessKey/);
  });

  test('keeps secrets in the vault alone', () => {
    const inVault = ofType(made, 'Microsoft.KeyVault/vaults/secrets').map((secret) =>
      at(secret, 'properties.value'),
    );
    const elsewhere = made.resources.filter(({ type }) => type !== 'Microsoft.KeyVault/vaults/secrets');
    expect(inVault).toContain(secrets.webhookFunctionSecret);
    expect(JSON.stringify(elsewhere)).not.toContain('SECRET-');
    expect(JSON.stringify(made.outputs)).not.toContain('SECRET-');
  });

  test('writes the signing secret once, and never over one that is there', () => {
    const secret = ofType(made, 'Microsoft.KeyVault/vaults/secrets').find(
      ({ name }) => name === 'webhook-function-secret',
    );
    expect(secret?.decorators).toContain('onlyIfNotExists');
  });

  test('sets nothing that the code does not read, beside what the host reads', () => {
    const host = [
      'AzureWebJobsStorage__blobServiceUri',
      'AzureWebJobsStorage__queueServiceUri',
      'AzureWebJobsStorage__credential',
    ];
    const named = {
      ...('exclusionSettings' in params && params.exclusionSettings),
      ...('channelSecrets' in params && params.channelSecrets),
    };
    const known = [...Object.keys(settings.shape), ...host, ...Object.keys(named)];
    expect(Object.keys(appSettings(made)).filter((name) => !known.includes(name))).toEqual([]);
  });

  test('gives settings that the code accepts, once Azure has filled them in', () => {
    const config = readConfig({ ...filledIn(appSettings(made)), WEBSITE_HOSTNAME: 'func.azurewebsites.net' });
    expect(config.storage.kind).toBe('identity');
    expect(config.clientId).toBeDefined();
    expect(config.storageClientId).toBe(config.clientId);
    expect(config.telemetry).toBeDefined();
    expect(config.channels.map(({ kind }) => kind)).toContain('teams');
  });

  test('starts the app only when its roles, secrets and network are there', () => {
    expect([...(made.waitsFor.get('functionApp') ?? [])]).toEqual(
      expect.arrayContaining([
        'identity',
        'storage',
        'vault',
        'monitoring',
        'workspaces',
        'privateEndpoints',
      ]),
    );
  });

  test('assigns roles to its own identity alone, each on one resource', () => {
    const roles = ofType(made, 'Microsoft.Authorization/roleAssignments');
    const [{ name: identity }] = [only(made, 'Microsoft.ManagedIdentity/userAssignedIdentities')];
    for (const role of roles) {
      expect(at(role, 'properties.principalId')).toBe(
        `‹Microsoft.ManagedIdentity/userAssignedIdentities/${identity}.properties.principalId›`,
      );
      expect(at(role, 'properties.principalType')).toBe('ServicePrincipal');
      expect(role.scope).toMatch(/\/providers\/Microsoft\.\w+\/\w+\/[\w-]+$/);
    }
    expect(new Set(roles.map(({ name }) => name)).size).toBe(roles.length);
  });
});

describe('roles', () => {
  test.each([
    ['Storage Blob Data Owner', 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b', 'Microsoft.Storage/storageAccounts'],
    [
      'Storage Queue Data Contributor',
      '974c5e8b-45b9-4653-ba55-5f855dd0fb88',
      'Microsoft.Storage/storageAccounts',
    ],
    [
      'Storage Table Data Contributor',
      '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3',
      'Microsoft.Storage/storageAccounts',
    ],
    ['Key Vault Secrets User', '4633458b-17de-408a-b874-0445c86b69e6', 'Microsoft.KeyVault/vaults'],
    ['Monitoring Metrics Publisher', '3913510d-42f4-4e42-8a64-420c390055eb', 'Microsoft.Insights/components'],
    [
      'Log Analytics Data Reader',
      '3b03c2da-16b3-4a49-8834-0f8130efdd3b',
      'Microsoft.OperationalInsights/workspaces',
    ],
  ])('%s is given on one resource of its kind', async (_, guid, type) => {
    const made = await deployOffline();
    const roles = ofType(made, 'Microsoft.Authorization/roleAssignments');
    const holders = roles.filter((role) => String(at(role, 'properties.roleDefinitionId')).endsWith(guid));
    expect(holders.map(({ scope }) => scope)).toEqual([expect.stringContaining(`/providers/${type}/`)]);
    expect(roles).toHaveLength(6);
  });

  test('on the workspace: only queries of the tables that the shipped hunts read', async () => {
    const made = await deployOffline();
    const role = workspaceRoles(made)[0];
    const hunts = await readHunts(join(root, 'hunts'));
    const tables = [...new Set(hunts.flatMap((hunt) => hunt.tables))].toSorted();
    const quoted = tables.map((table) => `'${table}'`).join(', ');
    expect(role && at(role, 'properties.conditionVersion')).toBe('2.0');
    expect(role && at(role, 'properties.condition')).toBe(
      `((!(ActionMatches{'Microsoft.OperationalInsights/workspaces/tables/data/read'})) OR (@Resource[Microsoft.OperationalInsights/workspaces/tables:name] ForAllOfAnyValues:StringEquals {${quoted}}))`,
    );
  });

  test('on the workspace: in its own subscription and resource group, for each of several', async () => {
    const other = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-lab/providers/Microsoft.OperationalInsights/workspaces/lab`;
    const made = await deployOffline({ sentinelWorkspaceResourceIds: `${WORKSPACE},${other}` });
    expect(workspaceRoles(made).map(({ scope }) => scope)).toEqual([WORKSPACE, other]);
    expect(workspaceRoles(made).map((role) => at(role, 'properties.roleDefinitionId'))).toEqual([
      expect.stringContaining(`/subscriptions/${SOC_SUBSCRIPTION}/`),
      expect.stringContaining(`/subscriptions/${SUBSCRIPTION}/`),
    ]);
    expect(appSettings(made).LOG_ANALYTICS_WORKSPACE_ID).toMatch(
      /^sentinel-eu=‹.*customerId›,lab=‹.*customerId›$/,
    );
  });

  test('as a custom role: nothing but running queries and reading these tables', async () => {
    const made = await deployOffline({ workspaceAccess: 'customRole', huntTables: ['SigninLogs'] });
    const definition = only(made, 'Microsoft.Authorization/roleDefinitions');
    expect(at(definition, 'properties.permissions')).toEqual([
      {
        actions: [
          'Microsoft.OperationalInsights/workspaces/read',
          'Microsoft.OperationalInsights/workspaces/query/read',
          'Microsoft.OperationalInsights/workspaces/query/SigninLogs/read',
        ],
        notActions: [],
        dataActions: [],
        notDataActions: [],
      },
    ]);
    expect(workspaceRoles(made).map((role) => at(role, 'properties.roleDefinitionId'))).toEqual([
      definition.id,
    ]);
  });
});

describe('the network', () => {
  test('when asked for, leaves storage and vault reachable through private endpoints alone', async () => {
    const made = await deployOffline({ vnetEnabled: true });
    for (const type of ['Microsoft.Storage/storageAccounts', 'Microsoft.KeyVault/vaults']) {
      expect(at(only(made, type), 'properties.publicNetworkAccess')).toBe('Disabled');
      expect(at(only(made, type), 'properties.networkAcls.defaultAction')).toBe('Deny');
    }
    const endpoints = ofType(made, 'Microsoft.Network/privateEndpoints');
    expect(
      endpoints.map((one) => at(one, 'properties.privateLinkServiceConnections.0.properties.groupIds.0')),
    ).toEqual(['blob', 'queue', 'table', 'vault']);
    expect(ofType(made, 'Microsoft.Network/privateDnsZones').map(({ name }) => name)).toEqual([
      'privatelink.blob.core.windows.net',
      'privatelink.queue.core.windows.net',
      'privatelink.table.core.windows.net',
      'privatelink.vaultcore.azure.net',
    ]);
    expect(at(only(made, 'Microsoft.Web/sites'), 'properties.virtualNetworkSubnetId')).toMatch(
      /\/subnets\/app$/,
    );
  });

  test('when not asked for, is not there', async () => {
    const made = await deployOffline();
    expect(made.resources.filter(({ type }) => type.startsWith('Microsoft.Network/'))).toEqual([]);
    expect(at(only(made, 'Microsoft.Web/sites'), 'properties.virtualNetworkSubnetId')).toBeNull();
  });
});

describe('a deployment that could not work is refused', () => {
  test.each([
    ['no address for findings', { teamsWebhookUrl: '' }, 'Findings would reach nobody'],
    ['a webhook without a secret', { webhookUrl: 'https://soar.example' }, 'azd env set WEBHOOK_SECRET'],
  ])('%s', async (_, params, message) => {
    await expect(deployOffline(params)).rejects.toThrow(message);
  });
});

test('the app runs on a Node version that this code is made for', async () => {
  const runtime = at(
    only(await deployOffline(), 'Microsoft.Web/sites'),
    'properties.functionAppConfig.runtime',
  );
  expect(runtime).toEqual({ name: 'node', version: process.versions.node.split('.')[0] });
});

test('every setting that the code reads is set by the template, or by Azure, or is for development', async () => {
  const set = Object.keys(appSettings(await deployOffline(variants['with everything'])));
  const byAzure = ['WEBSITE_HOSTNAME', 'WEBSITE_SITE_NAME'];
  const forDevelopment = ['AzureWebJobsStorage', 'WEBHOOK_FUNCTION_URL'];
  expect(Object.keys(settings.shape).toSorted()).toEqual(
    [...new Set([...set.filter((name) => name in settings.shape), ...byAzure, ...forDevelopment])].toSorted(),
  );
});

test('every parameter can be set by azd, and azd sets no other', async () => {
  const declared = (await parseBicep(join(root, 'infra/main.bicep'))).filter(({ kind }) => kind === 'param');
  expect(Object.keys(parameters).toSorted()).toEqual(declared.map(({ name }) => name).toSorted());
  const { settings: ofTheApp, ...others } = parameters;
  for (const { value } of Object.values(others)) expect(value).toMatch(/^\$\{[A-Z_]+\}$/);
  // In azd a setting has the name that it has in the app.
  for (const [name, value] of Object.entries(ofTheApp.value)) expect(value).toBe(`\${${name}}`);
  expect(Object.keys(ofTheApp.value)).toEqual(Object.keys(variants['with everything'].settings));
});

test('a parameter that holds a secret is declared as one, in every file', async () => {
  for (const file of globSync('infra/**/*.bicep', { cwd: root })) {
    for (const { name, kind, decorators } of await parseBicep(join(root, file)))
      if (kind === 'param' && name in secrets)
        expect([file, name, [...decorators.keys()]]).toEqual([
          file,
          name,
          expect.arrayContaining(['secure']),
        ]);
  }
});

function workspaceRoles(made: Deployment): Resource[] {
  return ofType(made, 'Microsoft.Authorization/roleAssignments').filter(
    ({ file }) => file === 'workspace-access',
  );
}

/** Settings as an app sees them: endpoints and ids instead of `‹…›`, secrets instead of references. */
function filledIn(given: Record<string, string>): Record<string, string> {
  const guid = '33333333-3333-3333-3333-333333333333';
  const signing = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
  let workspaces = 0;
  const known: [RegExp, () => string][] = [
    [/^@Microsoft\.KeyVault\(SecretUri=‹[^›]*vaultUri›secrets\/[a-z0-9-]+-secret\)$/, () => signing],
    [
      /^@Microsoft\.KeyVault\(SecretUri=‹[^›]*vaultUri›secrets\/[a-z0-9-]+\)$/,
      () => 'https://hooks.example/x',
    ],
    [/‹[^›]*primaryEndpoints\.\w+›/g, () => 'https://account.table.core.windows.net/'],
    [/‹[^›]*clientId›/g, () => guid],
    [/‹[^›]*customerId›/g, () => guid.replace(/3$/, String(workspaces++))],
    [/‹[^›]*ConnectionString›/g, () => `InstrumentationKey=${guid}`],
  ];
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      known.reduce((text, [pattern, put]) => text.replace(pattern, put), value),
    ]),
  );
}
