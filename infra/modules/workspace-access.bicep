metadata description = 'Lets the identity query the hunts\' tables, and no others, in a workspace that exists already.'

param workspaceName string

@description('Of the identity that the function app acts as.')
param principalId string

param tables string[]

@allowed(['condition', 'customRole'])
param access string

// Log Analytics Data Reader: may run queries, and read data as far as the condition allows. The condition is Microsoft's recommended way to table-level
// access: https://learn.microsoft.com/azure/azure-monitor/logs/granular-rbac-log-analytics
var dataReader = '3b03c2da-16b3-4a49-8834-0f8130efdd3b'
var quotedTables = join(map(tables, table => '\'${table}\''), ', ')
var theseTablesOnly = '((!(ActionMatches{\'Microsoft.OperationalInsights/workspaces/tables/data/read\'})) OR (@Resource[Microsoft.OperationalInsights/workspaces/tables:name] ForAllOfAnyValues:StringEquals {${quotedTables}}))'

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: workspaceName
}

resource conditional 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (access == 'condition') {
  scope: workspace
  name: guid(workspace.id, principalId, dataReader)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataReader)
    condition: theseTablesOnly
    conditionVersion: '2.0'
  }
}

// The older way, which needs the right to write role definitions too:
// https://learn.microsoft.com/azure/azure-monitor/logs/manage-table-access#configure-table-level-access-legacy-method
var customTables = filter(tables, table => endsWith(table, '_CL'))
var assignableScope = resourceGroup().id

resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (access == 'customRole') {
  name: guid(workspace.id, principalId, 'threat hunter')
  properties: {
    roleName: 'Threat hunter: tables of ${workspaceName} (${uniqueString(workspace.id, principalId)})'
    description: 'Queries the tables that its hunts name, and no others.'
    type: 'CustomRole'
    assignableScopes: [assignableScope]
    permissions: [
      {
        actions: concat(
          [
            'Microsoft.OperationalInsights/workspaces/read'
            'Microsoft.OperationalInsights/workspaces/query/read'
          ],
          map(
            filter(tables, table => !endsWith(table, '_CL')),
            table => 'Microsoft.OperationalInsights/workspaces/query/${table}/read'
          ),
          // This way cannot name a single custom table.
          empty(customTables) ? [] : ['Microsoft.OperationalInsights/workspaces/query/Tables.Custom/read']
        )
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

resource customised 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (access == 'customRole') {
  scope: workspace
  name: guid(workspace.id, principalId, 'threat hunter')
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: role.id
  }
}

@description('name=id, as the setting LOG_ANALYTICS_WORKSPACE_ID lists them.')
output setting string = '${workspace.name}=${workspace.properties.customerId}'
