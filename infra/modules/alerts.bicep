metadata description = 'Rules that say when the hunter does not do its work, or may be kept from it. Each fires when its query has a row, and resolves by itself when it has none.'

param location string
param tags object

@description('Log Analytics workspace that holds the telemetry.')
param workspaceId string

@description('Of the identity that the function app acts as: nobody else writes its table.')
param principalId string

@description('Resource ids; none: alerts show in the portal only.')
param actionGroups string[]

@description('Hours without a completed run, or with messages waiting, before a rule fires: three of the default schedule.')
param allowedHours int

var allowed = 'let allowed = ${allowedHours}h;'
var writtenInFile = 'let allowed = 12h;'

var rules = [
  {
    name: 'hunt-overdue'
    title: 'Threat hunter: a hunt has not completed'
    severity: 2
    query: replace(loadTextContent('../queries/alert-hunt-overdue.kql'), writtenInFile, allowed)
    splitBy: ['hunt', 'workspace']
  }
  {
    name: 'silence'
    title: 'Threat hunter: nothing has run'
    severity: 1
    query: replace(loadTextContent('../queries/alert-silence.kql'), writtenInFile, allowed)
    splitBy: []
  }
  {
    name: 'dead-letters'
    title: 'Threat hunter: a channel refused messages'
    severity: 2
    query: loadTextContent('../queries/alert-dead-letters.kql')
    splitBy: []
  }
  {
    name: 'undelivered'
    title: 'Threat hunter: messages are not being delivered'
    severity: 2
    query: replace(loadTextContent('../queries/alert-undelivered.kql'), writtenInFile, allowed)
    splitBy: []
  }
  {
    name: 'failures'
    title: 'Threat hunter: a function failed'
    severity: 3
    query: loadTextContent('../queries/alert-failures.kql')
    splitBy: ['OperationName']
  }
  {
    name: 'foreign-writes'
    title: 'Threat hunter: somebody else wrote its table'
    severity: 1
    query: replace(loadTextContent('../queries/alert-foreign-writes.kql'), 'OBJECT-ID-OF-THE-APP', principalId)
    splitBy: ['who']
  }
  {
    name: 'much-hidden'
    title: 'Threat hunter: exclusions hide much of what a hunt sees'
    severity: 2
    query: loadTextContent('../queries/alert-much-hidden.kql')
    splitBy: ['hunt', 'workspace']
  }
]

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: 'threat-hunter-${rule.name}'
    location: location
    tags: tags
    properties: {
      displayName: rule.title
      description: 'What to do: docs/operations.md, section "Alerts".'
      severity: rule.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: 'PT1H'
      windowSize: 'PT1H'
      // The queries say themselves how far they look back.
      overrideQueryTimeRange: 'P2D'
      autoMitigate: true
      // In a workspace that is new its tables are not there yet.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            dimensions: map(rule.splitBy, column => { name: column, operator: 'Include', values: ['*'] })
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: actionGroups }
    }
  }
]
