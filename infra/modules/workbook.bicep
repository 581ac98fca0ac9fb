metadata description = 'A workbook over the telemetry: runs, findings, devices, exclusions, durations, delivery.'

param location string
param tags object

@description('Log Analytics workspace that holds the telemetry.')
param workspaceId string

// How each panel is drawn: the names are those of Azure Workbooks.
var panels = [
  { title: 'Runs', query: loadTextContent('../queries/workbook-runs.kql'), visualization: 'table', width: '100' }
  { title: 'Findings a day, by kind', query: loadTextContent('../queries/workbook-findings.kql'), visualization: 'barchart', width: '50' }
  { title: 'Devices with findings a day', query: loadTextContent('../queries/workbook-devices.kql'), visualization: 'timechart', width: '50' }
  { title: 'Share of sightings hidden by exclusions, in percent', query: loadTextContent('../queries/workbook-exclusions.kql'), visualization: 'timechart', width: '50' }
  { title: 'Exclusions that were left out (unset, expired or wrong)', query: loadTextContent('../queries/workbook-left-out.kql'), visualization: 'table', width: '50' }
  { title: 'Duration of runs, in seconds', query: loadTextContent('../queries/workbook-durations.kql'), visualization: 'timechart', width: '50' }
  { title: 'Messages waiting and refused', query: loadTextContent('../queries/workbook-outbox.kql'), visualization: 'timechart', width: '50' }
  { title: 'Deliveries by channel and outcome', query: loadTextContent('../queries/workbook-deliveries.kql'), visualization: 'table', width: '100' }
]

var timeRange = {
  type: 9
  name: 'parameters'
  content: {
    version: 'KqlParameterItem/1.0'
    style: 'pills'
    parameters: [
      {
        version: 'KqlParameterItem/1.0'
        id: guid('threat hunter', 'TimeRange')
        name: 'TimeRange'
        label: 'Time range'
        type: 4
        isRequired: true
        value: { durationMs: 2592000000 }
        typeSettings: {
          selectableValues: [{ durationMs: 86400000 }, { durationMs: 604800000 }, { durationMs: 2592000000 }]
          allowCustom: true
        }
      }
    ]
  }
}

var queries = map(panels, panel => {
  type: 3
  name: panel.title
  customWidth: panel.width
  content: {
    version: 'KqlItem/1.0'
    title: panel.title
    query: panel.query
    size: 0
    timeContextFromParameter: 'TimeRange'
    queryType: 0
    resourceType: 'microsoft.operationalinsights/workspaces'
    visualization: panel.visualization
  }
})

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(workspaceId, 'threat hunter')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Threat hunter'
    category: 'workbook'
    version: 'Notebook/1.0'
    sourceId: workspaceId
    serializedData: string({
      version: 'Notebook/1.0'
      items: concat([timeRange], queries)
      fallbackResourceIds: [workspaceId]
    })
  }
}
