targetScope = 'subscription'

metadata description = 'A scheduled threat hunter beside an existing Microsoft Sentinel workspace. No keys: everything is reached by one user-assigned identity.'

@description('Names the resource group and, hashed, everything in it.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('A region that offers Flex Consumption (az functionapp list-flexconsumption-locations).')
@metadata({ azd: { type: 'location' } })
param location string

@description('Resource id of the Sentinel (Log Analytics) workspace to hunt in; several are separated by commas. They may lie in other resource groups and subscriptions of the tenant.')
@minLength(1)
param sentinelWorkspaceResourceIds string

@description('Tables that the hunts read. The identity can query these and no others.')
param huntTables string[] = [
  'DeviceNetworkEvents'
  'DeviceProcessEvents'
]

@description('condition: the built-in role Log Analytics Data Reader, with a condition that names the tables. customRole: a custom role per workspace that names them, for clouds without conditions on tables.')
@allowed(['condition', 'customRole'])
param workspaceAccess string = 'condition'

@description('Settings of docs/configuration.md by name; empty ones are left at their default.')
param settings object = {}

@description('Settings that exclusion lists name, for example { ADDIGY_MANAGEMENT_SERVER_IPS: \'203.0.113.7\' }.')
param exclusionSettings object = {}

@description('The Teams Workflows webhook. Its address is a secret, like the others.')
@secure()
param teamsWebhookUrl string = ''

@secure()
param slackWebhookUrl string = ''

@description('A webhook of another system, which gets OCSF findings.')
@secure()
param webhookUrl string = ''

@description('Signs what goes to webhookUrl: whsec_ and the base64 of 24 to 64 random bytes.')
@secure()
param webhookSecret string = ''

@description('Further channels, as the setting CHANNELS lists them: each names the settings that hold its address and secret.')
param channels array = []

@description('Setting that a channel names → its value.')
@secure()
param channelSecrets object = {}

@description('Signs what the hunter posts to its own webhook function: whsec_ and the base64 of 32 random bytes. The vault keeps the first that it gets; later ones are ignored.')
@secure()
param webhookFunctionSecret string = ''

@description('A virtual network: storage and Key Vault are then reached through private endpoints alone.')
param vnetEnabled bool = false

@description('Memory of an instance. The price is per second and proportional to it.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Resource ids of action groups that the alert rules notify, separated by commas; empty: alerts show in the portal only.')
param actionGroupResourceIds string = ''

@description('Hours without a completed run, or with messages waiting, before an alert fires. The default suits a run every four hours.')
@minValue(2)
@maxValue(47)
param alertAfterHours int = 12

@description('The vault and what was deleted from it can be recovered, and not purged, for seven days.')
param purgeProtection bool = true

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var workspaceResourceIds = map(split(sentinelWorkspaceResourceIds, ','), id => trim(id))
var actionGroups = empty(actionGroupResourceIds) ? [] : map(split(actionGroupResourceIds, ','), id => trim(id))

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: { name: 'id-${token}', location: location, tags: tags }
}

module network 'modules/network.bicep' = if (vnetEnabled) {
  name: 'network'
  scope: group
  params: { name: 'vnet-${token}', location: location, tags: tags }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: 'log-${token}'
    appInsightsName: 'appi-${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    name: 'st${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    auditWorkspaceId: monitoring.outputs.workspaceId
    private: vnetEnabled
  }
}

// One channel of each kind has settings of its own; further ones name theirs in the list.
var single = union(
  empty(teamsWebhookUrl) ? {} : { TEAMS_WEBHOOK_URL: teamsWebhookUrl },
  empty(slackWebhookUrl) ? {} : { SLACK_WEBHOOK_URL: slackWebhookUrl },
  empty(webhookUrl) ? {} : { WEBHOOK_URL: webhookUrl, WEBHOOK_SECRET: webhookSecret }
)
var addresses = [for channel in channels: channel.urlSetting]
var keys = [for channel in filter(channels, one => contains(one, 'secretSetting')): channel.secretSetting]
var secretNames = union(objectKeys(single), addresses, keys)

module vault 'modules/key-vault.bicep' = {
  name: 'key-vault'
  scope: group
  params: {
    name: 'kv-${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    private: vnetEnabled
    purgeProtection: purgeProtection
    auditWorkspaceId: monitoring.outputs.workspaceId
    webhookFunctionSecret: webhookFunctionSecret
    secretNames: !empty(webhookUrl) && empty(webhookSecret)
      ? fail('What goes to WEBHOOK_URL is signed: azd env set WEBHOOK_SECRET, then azd up again.')
      : secretNames
    secrets: union(channelSecrets, single)
  }
}

module privateEndpoints 'modules/private-endpoints.bicep' = if (vnetEnabled) {
  name: 'private-endpoints'
  scope: group
  params: {
    location: location
    tags: tags
    networkId: network!.outputs.networkId
    subnetId: network!.outputs.endpointSubnetId
    storageAccountId: storage.outputs.accountId
    vaultId: vault.outputs.vaultId
  }
}

module workspaces 'modules/workspace-access.bicep' = [
  for (id, i) in workspaceResourceIds: {
    name: 'threat-hunter-${token}-${i}'
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    params: {
      workspaceName: last(split(id, '/'))
      principalId: identity.outputs.principalId
      tables: huntTables
      access: workspaceAccess
    }
  }
]

module functionApp 'modules/function-app.bicep' = {
  name: 'function-app'
  scope: group
  params: {
    name: 'func-${token}'
    planName: 'plan-${token}'
    location: location
    tags: tags
    identityId: identity.outputs.identityId
    identityClientId: identity.outputs.clientId
    storageAccountName: storage.outputs.accountName
    deploymentContainerUri: storage.outputs.deploymentContainerUri
    vaultUri: vault.outputs.vaultUri
    secretNames: concat(['WEBHOOK_FUNCTION_SECRET'], secretNames)
    appInsightsConnectionString: monitoring.outputs.connectionString
    workspaces: [for (id, i) in workspaceResourceIds: workspaces[i].outputs.setting]
    settings: union(exclusionSettings, { EXCLUSION_PLACEHOLDERS: join(objectKeys(exclusionSettings), ',') }, settings, empty(channels) ? {} : { CHANNELS: string(channels) }, {
      LOG_ANALYTICS_WORKSPACE_RESOURCE_ID: join(workspaceResourceIds, ',')
      PORTAL_TENANT: tenant().tenantId
      TELEMETRY_WORKSPACE_RESOURCE_ID: monitoring.outputs.workspaceId
    })
    subnetId: vnetEnabled ? network!.outputs.appSubnetId : ''
    instanceMemoryMB: instanceMemoryMB
  }
  // The app starts when it is made: by then the network must lead to its storage and vault.
  dependsOn: [privateEndpoints]
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    principalId: identity.outputs.principalId
    actionGroups: actionGroups
    allowedHours: alertAfterHours
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  scope: group
  params: { location: location, tags: tags, workspaceId: monitoring.outputs.workspaceId }
}

output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = group.name
output FUNCTION_APP_NAME string = functionApp.outputs.name
output FUNCTION_APP_URL string = functionApp.outputs.url
output KEY_VAULT_NAME string = vault.outputs.vaultName
output STORAGE_ACCOUNT_NAME string = storage.outputs.accountName
output APPLICATION_INSIGHTS_NAME string = monitoring.outputs.appInsightsName
