import { join } from 'node:path';
import { readHunts } from '../../functions/adapters/files/hunt-files.ts';
import {
  appSettings,
  at,
  deployOffline,
  ofType,
  only,
  SOC_SUBSCRIPTION,
  SUBSCRIPTION,
  WORKSPACE,
} from './arm/deploy-offline.ts';
import type { Deployment, Resource } from './arm/evaluate-template.ts';
import { everyVariant } from './arm/variants.ts';

const root = join(import.meta.dirname, '../..');

describe.each(everyVariant)('the template, %s', (_, params) => {
  let made: Deployment;
  beforeAll(() => {
    made = deployOffline(params);
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
    const made = deployOffline();
    const roles = ofType(made, 'Microsoft.Authorization/roleAssignments');
    const holders = roles.filter((role) => String(at(role, 'properties.roleDefinitionId')).endsWith(guid));
    expect(holders.map(({ scope }) => scope)).toEqual([expect.stringContaining(`/providers/${type}/`)]);
    expect(roles).toHaveLength(6);
  });

  test('on the workspace: only queries of the tables that the shipped hunts read', async () => {
    const made = deployOffline();
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
    const made = deployOffline({ sentinelWorkspaceResourceIds: `${WORKSPACE},${other}` });
    expect(workspaceRoles(made).map(({ scope }) => scope)).toEqual([WORKSPACE, other]);
    expect(workspaceRoles(made).map((role) => at(role, 'properties.roleDefinitionId'))).toEqual([
      expect.stringContaining(`/subscriptions/${SOC_SUBSCRIPTION}/`),
      expect.stringContaining(`/subscriptions/${SUBSCRIPTION}/`),
    ]);
    expect(appSettings(made).LOG_ANALYTICS_WORKSPACE_ID).toMatch(
      /^sentinel-eu=‹.*customerId›,lab=‹.*customerId›$/,
    );
  });

  test('as a custom role that reads a custom table: all custom tables, since that role can name none', () => {
    const made = deployOffline({
      workspaceAccess: 'customRole',
      huntTables: ['SigninLogs', 'Mine_CL', 'Yours_CL'],
    });
    const definition = only(made, 'Microsoft.Authorization/roleDefinitions');
    expect(at(definition, 'properties.permissions.0.actions')).toEqual([
      'Microsoft.OperationalInsights/workspaces/read',
      'Microsoft.OperationalInsights/workspaces/query/read',
      'Microsoft.OperationalInsights/workspaces/query/SigninLogs/read',
      'Microsoft.OperationalInsights/workspaces/query/Tables.Custom/read',
    ]);
  });

  test('under the condition: a custom table by its name', () => {
    const made = deployOffline({ huntTables: ['Mine_CL'] });
    expect(String(at(workspaceRoles(made)[0] as Resource, 'properties.condition'))).toContain("{'Mine_CL'}");
  });

  test('as a custom role: nothing but running queries and reading these tables', async () => {
    const made = deployOffline({ workspaceAccess: 'customRole', huntTables: ['SigninLogs'] });
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

function workspaceRoles(made: Deployment): Resource[] {
  return ofType(made, 'Microsoft.Authorization/roleAssignments').filter(
    ({ module }) => module === 'workspaces',
  );
}
