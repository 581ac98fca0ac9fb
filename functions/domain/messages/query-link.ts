import { gzipSync } from 'node:zlib';
import { kql, reviewedQuery } from '../kql/kql.ts';

/** Where a workspace is found in the Azure portal. */
export interface PortalPlace {
  /** `/subscriptions/…/providers/Microsoft.OperationalInsights/workspaces/…` */
  resourceId: string;
  /** GUID or domain, for readers who work in several tenants. */
  tenant?: string;
}

/** Slack refuses longer addresses, and so do some browsers and proxies. */
const MAX_LINK_LENGTH = 3_000;

/**
 * The page of the Azure portal that runs this query on this workspace, as its own "Share, link to query" makes it: the text gzipped, in base64. The
 * format is not documented, but the portal has kept it for years. `query_now`, as Sentinel's own alerts have it, makes the query's `now()` and `ago()` mean the
 * run's, whenever it is opened.
 * Undefined when the query is too long for an address.
 */
export function queryLink(
  { resourceId, tenant }: PortalPlace,
  query: string,
  { timespan, to }: { timespan: { from: Date; to: Date }; to: Date },
): string | undefined {
  const { text } = kql`set query_now = ${to};\n${reviewedQuery(query)}`;
  const span = `${timespan.from.toISOString()}/${timespan.to.toISOString()}`;
  const url = [
    `https://portal.azure.com/#${tenant === undefined ? '' : `@${encodeURIComponent(tenant)}/`}blade`,
    'Microsoft_OperationsManagementSuite_Workspace/Logs.ReactView',
    `resourceId/${encodeURIComponent(resourceId)}`,
    'source/LogsBlade.AnalyticsShareLinkToQuery',
    `q/${encodeURIComponent(gzipSync(text, { level: 9 }).toString('base64'))}`,
    `timespan/${encodeURIComponent(span)}`,
  ].join('/');
  return url.length <= MAX_LINK_LENGTH ? url : undefined;
}
