/**
 * Columns of the Application Insights tables and of the storage's log in a Log Analytics workspace, as documented on 2026-07-27:
 * https://learn.microsoft.com/azure/azure-monitor/reference/tables/appevents and …/apprequests, …/storagetablelogs (those that nothing here uses are left out).
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
  StorageTableLogs: {
    TimeGenerated: 'datetime',
    Category: 'string',
    StatusCode: 'string',
    AuthenticationType: 'string',
    RequesterObjectId: 'string',
    RequesterUpn: 'string',
    CallerIpAddress: 'string',
  },
};
