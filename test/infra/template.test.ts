import { at, deployOffline, ofType, only, secrets, template } from './arm/deploy-offline.ts';
import type { Deployment } from './arm/evaluate-template.ts';
import { toObject } from './arm/template-values.ts';
import { everyVariant } from './arm/variants.ts';

describe.each(everyVariant)('the template, %s', (_, params) => {
  let made: Deployment;
  beforeAll(() => {
    made = deployOffline(params);
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
    expect(secret && at(secret, '@options')).toHaveProperty('onlyIfNotExists');
  });

  test('starts the app only when its roles, secrets and network are there', () => {
    const { functionApp } = toObject(template.resources ?? null);
    expect(toObject(functionApp ?? null).dependsOn).toEqual(
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
});

describe('the network', () => {
  test('when asked for, leaves storage and vault reachable through private endpoints alone', async () => {
    const made = deployOffline({ vnetEnabled: true });
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
    const made = deployOffline();
    expect(made.resources.filter(({ type }) => type.startsWith('Microsoft.Network/'))).toEqual([]);
    expect(at(only(made, 'Microsoft.Web/sites'), 'properties.virtualNetworkSubnetId')).toBeNull();
  });
});

describe('a deployment that could not work is refused', () => {
  test.each([
    ['a webhook without a secret', { webhookUrl: 'https://soar.example' }, 'azd env set WEBHOOK_SECRET'],
  ])('%s', (_, params, message) => {
    expect(() => deployOffline(params)).toThrow(message);
  });
});

test('the app runs on a Node version that this code is made for', async () => {
  const runtime = at(only(deployOffline(), 'Microsoft.Web/sites'), 'properties.functionAppConfig.runtime');
  expect(runtime).toEqual({ name: 'node', version: process.versions.node.split('.')[0] });
});

test('a parameter that holds a secret is declared as one, in every template', () => {
  for (const { path, parameters } of templatesIn(template))
    for (const [name, { type }] of Object.entries(parameters))
      if (name in secrets || ['secrets', 'channelSecrets'].includes(name))
        expect([path, name, type]).toEqual([path, name, expect.stringMatching(/^secure(string|Object)$/)]);
});

type Declared = { path: string; parameters: Record<string, { type: string }> };

/** The template and those that are nested in it. */
function templatesIn(value: unknown, path = 'main'): Declared[] {
  if (value === null || typeof value !== 'object') return [];
  const own =
    '$schema' in value && 'parameters' in value ? [{ path, parameters: value.parameters } as Declared] : [];
  return [...own, ...Object.entries(value).flatMap(([name, inner]) => templatesIn(inner, `${path}.${name}`))];
}
