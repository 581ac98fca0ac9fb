import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { queryLink } from '../../../functions/domain/messages/query-link.ts';
import { daysAgo, now } from '../../examples.ts';

const resourceId =
  '/subscriptions/1/resourceGroups/rg soc/providers/Microsoft.OperationalInsights/workspaces/law';
const window = { timespan: { from: daysAgo(7), to: now }, to: now };

test('the link opens the query on the workspace, with the time of the run', () => {
  const query = 'DeviceNetworkEvents\n| where Timestamp > ago(5d) and RemoteUrl has "a/b?c#d"';
  const url = queryLink({ resourceId, tenant: 'contoso.com' }, query, window) ?? '';
  const [, resource, packed, span] =
    /^https:\/\/portal\.azure\.com\/#@contoso\.com\/blade\/Microsoft_OperationsManagementSuite_Workspace\/Logs\.ReactView\/resourceId\/([^/]+)\/source\/LogsBlade\.AnalyticsShareLinkToQuery\/q\/([^/]+)\/timespan\/([^/]+)$/.exec(
      url,
    ) ?? [];
  expect(decodeURIComponent(resource ?? '')).toBe(resourceId);
  expect(gunzipSync(Buffer.from(decodeURIComponent(packed ?? ''), 'base64')).toString()).toBe(
    `set query_now = datetime(2026-11-24T12:00:00.000Z);\n${query}`,
  );
  expect(decodeURIComponent(span ?? '')).toBe('2026-11-17T12:00:00.000Z/2026-11-24T12:00:00.000Z');
});

test('without a tenant it opens in the one that the reader is in', () => {
  expect(queryLink({ resourceId }, 'T', window)).toMatch(/^https:\/\/portal\.azure\.com\/#blade\//);
});

test('a query that is too long for an address has no link', () => {
  expect(queryLink({ resourceId }, randomBytes(3_000).toString('hex'), window)).toBeUndefined();
});
