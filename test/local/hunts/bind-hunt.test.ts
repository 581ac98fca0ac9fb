import { compileHunt } from '../../../local/compiler/compile-hunt.ts';
import { bindHunt } from '../../../local/hunts/bind-hunt.ts';
import { hunt } from '../../examples.ts';

function bind(query: string, tables: string[]) {
  const asked = { ...hunt, query, tables, identity: undefined };
  const { identity: _, ...plain } = asked;
  const { compiled } = compileHunt(plain);
  return bindHunt(compiled ? { ...plain, compiled } : plain);
}

test.each([
  ['SigninLogs', 'UserPrincipalName', 'UserPrincipalNam'],
  ['AuditLogs', 'OperationName', 'OperationNam'],
  ['SecurityEvent', 'TargetUserName', 'TargetUsername'],
  ['OfficeActivity', 'UserId', 'UserID'],
  ['CommonSecurityLog', 'DestinationIP', 'DestIP'],
  ['CloudAppEvents', 'AccountObjectId', 'AccountObjectID'],
])('when a hunt on %s misspells %s, then it is refused with line and column', (table, column, misspelt) => {
  const query = (name: string) => `${table}\n| where TimeGenerated > ago(1d)\n| where ${name} has 'x'`;
  expect(bind(query(column), [table]).errors).toEqual([]);
  expect(bind(query(misspelt), [table]).errors.join()).toMatch(
    new RegExp(`line 3, column 9 of the query: .*'${misspelt}'.*Did you mean ${column}\\?|line 3.*'DestIP'`),
  );
});

test('when one flavour lacks a column, then that is one remark, and no error', () => {
  const { errors, warnings } = bind(
    'DeviceNetworkEvents\n| where TimeGenerated > ago(1d)\n| summarize max(TimeGenerated) by DeviceId',
    ['DeviceNetworkEvents'],
  );
  expect(errors).toEqual([]);
  expect(warnings).toEqual([
    expect.stringMatching(/Defender XDR would refuse it: line 2, column 9 .*TimeGenerated.*\(and 1 more\)/),
  ]);
});

test.each([
  [
    'a custom table',
    "Mine_CL | where Host_s == 'x' | project Host_s",
    /line 1, column 1 .*Mine_CL is in no list/,
  ],
  ['a parser', '_Im_Dns(starttime=ago(1d)) | project SrcIpAddr', /_Im_Dns is in no list/],
  [
    'a saved function among tables',
    'union SigninLogs, (MyLogins | project UserId)',
    /MyLogins is in no list/,
  ],
  [
    'a function of rows',
    'DeviceFileEvents | invoke MyRatings(SHA1) | where Rating < 5',
    /MyRatings is in no list/,
  ],
])('when a query reads %s, then it is let through with a remark', (_, query, remark) => {
  const { errors, warnings } = bind(query, []);
  expect(errors).toEqual([]);
  expect(warnings.join('\n')).toMatch(remark);
});

test.each([
  [
    'a variable has the name of a keyword',
    'let to = ago(1d);\nSigninLogs | where TimeGenerated > to | project UserId',
    /line 1, .* to is a word of KQL itself/,
  ],
  [
    'a table is misspelt',
    'DeviceNetworkEvnets | project DeviceId',
    /no table DeviceNetworkEvnets; did you mean DeviceNetworkEvents/,
  ],
  [
    'a function of values is',
    'SigninLogs | where tolowr(UserId) == 1',
    /'tolowr' does not refer to any known function/,
  ],
])('when %s, then the hunt is refused', (_, query, error) => {
  expect(bind(query, []).errors.join('\n')).toMatch(error);
});

test('when no workspace has all of its tables by itself, then that is said', () => {
  const { errors, warnings } = bind('union ExposureGraphNodes, SigninLogs', []);
  expect(errors).toEqual([]);
  expect(warnings.join('\n')).toMatch(/only a workspace that is connected to Defender XDR has both/);
});

test('when a table has a standard column that its list leaves out, then it may be named', () => {
  expect(
    bind('AuditLogs | where TimeGenerated > ago(1d) | project TenantId, Id', ['AuditLogs']).errors,
  ).toEqual([]);
});
