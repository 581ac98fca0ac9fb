metadata description = 'The function app on Flex Consumption: no instances while nothing runs, no keys to storage, secrets from Key Vault.'

param name string
param planName string
param location string
param tags object
param identityId string
param identityClientId string
param storageAccountName string
param deploymentContainerUri string
param vaultUri string

@description('Settings whose values are secrets of the vault.')
param secretNames string[]

param appInsightsConnectionString string

@description('Each as name=id.')
param workspaces string[]

@description('Further settings; empty ones are left out.')
param settings object

@description('Subnet for outgoing traffic; empty: none.')
param subnetId string

param instanceMemoryMB int

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName
}

var plainSettings = union(settings, {
  LOG_ANALYTICS_WORKSPACE_ID: join(workspaces, ',')
  AZURE_CLIENT_ID: identityClientId
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  AzureWebJobsStorage__blobServiceUri: account.properties.primaryEndpoints.blob
  AzureWebJobsStorage__queueServiceUri: account.properties.primaryEndpoints.queue
  AzureWebJobsStorage__tableServiceUri: account.properties.primaryEndpoints.table
  APPLICATIONINSIGHTS_CONNECTION_STRING: appInsightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD;ClientId=${identityClientId}'
})

var appSettings = concat(
  map(filter(items(plainSettings), setting => !empty(setting.value)), setting => {
    name: setting.key
    value: setting.value
  }),
  // Without a version: a secret that is rotated in the vault is taken up within a day, or at once by a refresh.
  map(secretNames, name => {
    name: name
    value: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/${toLower(replace(name, '_', '-'))})'
  })
)

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'hunter' })
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainerUri
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      runtime: { name: 'node', version: '24' }
      // The least that the plan takes. A run is one instance; the webhook is called by runs alone.
      scaleAndConcurrency: { instanceMemoryMB: instanceMemoryMB, maximumInstanceCount: 40 }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      appSettings: appSettings
    }
  }
}

// Deployment is by Entra ID alone.
resource noFtpPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource noScmPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

output name string = app.name
output url string = 'https://${app.properties.defaultHostName}'
