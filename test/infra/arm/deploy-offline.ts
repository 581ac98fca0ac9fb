import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Deployment, evaluateTemplate, type Resource } from './evaluate-template.ts';
import type { Value } from './template-values.ts';

export const SUBSCRIPTION = '11111111-1111-1111-1111-111111111111';
export const SOC_SUBSCRIPTION = '22222222-2222-2222-2222-222222222222';

/** The workspace of another subscription: what a SOC has. */
export const WORKSPACE = `/subscriptions/${SOC_SUBSCRIPTION}/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/sentinel-eu`;

/** Each secret is a text of its own, so that a test can find where it went. */
export const secrets = {
  webhookFunctionSecret: 'SECRET-webhook-function',
  teamsWebhookUrl: 'SECRET-teams-url',
  slackWebhookUrl: 'SECRET-slack-url',
  webhookUrl: 'SECRET-webhook-url',
  webhookSecret: 'SECRET-webhook-secret',
};

/** The template as the compiler makes it of infra/main.bicep. */
export const template: Record<string, Value> = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../infra/compiled/main.json'), 'utf8'),
);

/** What `azd up` deploys with these parameters beside the three that it asks for. */
export function deployOffline(params: Record<string, Value> = {}): Deployment {
  return evaluateTemplate(
    template,
    {
      environmentName: 'prod',
      location: 'westeurope',
      sentinelWorkspaceResourceIds: WORKSPACE,
      teamsWebhookUrl: secrets.teamsWebhookUrl,
      webhookFunctionSecret: secrets.webhookFunctionSecret,
      ...params,
    },
    { subscriptionId: SUBSCRIPTION },
  );
}

export function ofType({ resources }: Deployment, type: string): Resource[] {
  return resources.filter((resource) => resource.type === type);
}

/** The only resource of a type. */
export function only(deployment: Deployment, type: string): Resource {
  const [resource, ...more] = ofType(deployment, type);
  if (!resource || more.length > 0) throw new Error(`${more.length + (resource ? 1 : 0)} of ${type}`);
  return resource;
}

/** The value at a path of a resource's body, for example `properties.siteConfig.minTlsVersion`; undefined where there is none. */
export function at({ body }: Resource, path: string): Value | undefined {
  let value: Value | undefined = body;
  for (const name of path.split('.')) {
    if (value === null || typeof value !== 'object') return undefined;
    value = Array.isArray(value) ? value[Number(name)] : value[name];
  }
  return value;
}

/** The settings of the function app, by name. */
export function appSettings(deployment: Deployment): Record<string, string> {
  const list = at(only(deployment, 'Microsoft.Web/sites'), 'properties.siteConfig.appSettings');
  if (!Array.isArray(list)) throw new Error('there are no settings');
  const pairs = list.map((entry) => {
    if (entry === null || typeof entry !== 'object' || Array.isArray(entry)) throw new Error('not a setting');
    return [String(entry.name), String(entry.value)] as const;
  });
  if (new Set(pairs.map(([name]) => name)).size < pairs.length) throw new Error('a setting is there twice');
  return Object.fromEntries(pairs);
}
