import { globSync } from 'node:fs';
import { join } from 'node:path';
import { at, deployOffline, ofType, only, secrets } from './bicep/deploy-offline.ts';
import type { Deployment } from './bicep/evaluate-bicep.ts';
import { type Node, parseBicep } from './bicep/parse-bicep.ts';
import { everyVariant } from './bicep/variants.ts';

const root = join(import.meta.dirname, '../..');

describe.each(everyVariant)('the template, %s', (_, params) => {
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

test('no file declares what it does not use', async () => {
  for (const file of globSync('infra/**/*.bicep', { cwd: root })) {
    const declarations = await parseBicep(join(root, file));
    for (const { name, kind } of declarations.filter((one) => ['param', 'var'].includes(one.kind))) {
      const users = declarations.filter(({ node, name: other }) => other !== name && uses(node, name));
      expect([file, kind, name, users.length > 0]).toEqual([file, kind, name, true]);
    }
  }
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

/** As a value: the key of a property is no use. */
function uses(node: Node, name: string): boolean {
  return node
    .descendantsOfType('identifier')
    .some(
      (one) =>
        one?.text === name &&
        !(one.parent?.type === 'object_property' && one.parent.namedChild(0)?.id === one.id),
    );
}
