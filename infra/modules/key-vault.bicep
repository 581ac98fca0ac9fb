metadata description = 'The addresses and secrets of the webhooks. The function app reads them as Key Vault references; nothing else holds them.'

param name string
param location string
param tags object

@description('Of the identity that the function app acts as.')
param principalId string

@description('Reached through private endpoints alone.')
param private bool

param purgeProtection bool

@description('Log Analytics workspace that gets the vault\'s audit log.')
param auditWorkspaceId string

@secure()
param webhookFunctionSecret string

@description('Settings whose values are secrets.')
param secretNames string[]

@description('Their values, by setting.')
@secure()
param secrets object

var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6'

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
    // The service takes true or nothing.
    enablePurgeProtection: purgeProtection ? true : null
    publicNetworkAccess: private ? 'Disabled' : 'Enabled'
    networkAcls: { bypass: 'None', defaultAction: private ? 'Deny' : 'Allow' }
  }
}

// Every azd provision brings a new candidate. The first is kept, so that instances that run on through a deployment still understand each other; rotation
// is done in the vault. (The decorator works on top-level resources only: https://github.com/Azure/bicep/issues/18603)
@onlyIfNotExists()
resource signingSecret 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = if (!empty(webhookFunctionSecret)) {
  parent: vault
  name: 'webhook-function-secret'
  properties: { value: webhookFunctionSecret }
}

// Names of secrets are letters, digits and hyphens.
resource given 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = [
  for name in secretNames: {
    parent: vault
    name: toLower(replace(name, '_', '-'))
    properties: { value: secrets[name] }
  }
]

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, principalId, secretsUser)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
  }
}

resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'audit'
  properties: {
    workspaceId: auditWorkspaceId
    logs: [{ categoryGroup: 'audit', enabled: true }]
  }
}

output vaultId string = vault.id
output vaultName string = vault.name
output vaultUri string = vault.properties.vaultUri
