/**
 * Columns of the Application Insights tables in a Log Analytics workspace, as documented on 2026-07-27:
 * https://learn.microsoft.com/azure/azure-monitor/reference/tables/appevents and …/apprequests (those that nothing here uses are left out).
 */
const common = {
  TimeGenerated: 'datetime',
  Name: 'string',
  Properties: 'dynamic',
  Measurements: 'dynamic',
  OperationId: 'string',
  OperationName: 'string',
  ParentId: 'string',
  AppRoleName: 'string',
  AppRoleInstance: 'string',
  ItemCount: 'int',
  Type: 'string',
  _BilledSize: 'real',
  _IsBillable: 'string',
  _ResourceId: 'string',
};

export const telemetryTables = {
  AppEvents: common,
  AppRequests: {
    ...common,
    Id: 'string',
    Url: 'string',
    Success: 'bool',
    ResultCode: 'string',
    DurationMs: 'real',
  },
};
