import { z } from 'zod';
import { durationSchema } from '../domain/duration.ts';
import { teamsCardForms } from './channels.ts';
import { list, orUnresolved, safeUrl, secrets } from './setting-schemas.ts';

const share = z
  .string()
  .refine(
    (text) => Number(text) > 0 && Number(text) <= 1,
    'must be a share above 0, up to 1, for example 0.5',
  )
  .transform(Number);

const settingNames = list.refine(
  (names) => names.every((name) => /^[A-Z][A-Z0-9_]*$/.test(name)),
  'must be names of settings in capitals, separated by commas',
);

const workspaces = list
  .transform((items) =>
    items.map((item) => {
      const [name, id] = item.includes('=') ? item.split('=', 2) : [undefined, item];
      return { id: id?.trim() ?? '', ...(name && { name: name.trim() }) };
    }),
  )
  .refine(
    (all) => all.every(({ id }) => z.guid().safeParse(id).success),
    'must be workspace ids (GUIDs), separated by commas, each optionally as name=id',
  )
  .refine(
    (all) => new Set(all.map(({ id }) => id.toLowerCase())).size === all.length,
    'names a workspace twice',
  );

const isWorkspace = (text: string) =>
  /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.OperationalInsights\/workspaces\/[^/]+$/i.test(
    text,
  );

const resourceId = z
  .string()
  .refine(isWorkspace, 'must be the resource id of a workspace (/subscriptions/…/workspaces/…)');

const resourceIds = list.refine(
  (items) => items.every(isWorkspace),
  'must be resource ids of workspaces (/subscriptions/…/workspaces/…), in the order of LOG_ANALYTICS_WORKSPACE_ID',
);

// Six fields, as the Functions host reads them; the host itself checks the rest.
const schedule = z
  .string()
  .regex(/^\S+(\s+\S+){5}$/, 'must be an NCRONTAB expression of six fields, for example 0 0 */4 * * *');

const runs = z
  .string()
  .regex(/^[1-9]\d{0,2}$/, 'must be a number of runs, 1 to 999')
  .transform(Number);

const queries = z
  .string()
  .regex(/^[1-9]\d{0,4}$/, 'must be a number of queries, 1 to 99999')
  .transform(Number);

/** As the Functions host reads it: `Authorization=AAD`, and `ClientId=…` for a user-assigned identity. */
const telemetryIdentity = z
  .string()
  .regex(
    /^Authorization=AAD(;\s*ClientId=[^;\s]+)?;?$/i,
    'must be Authorization=AAD or Authorization=AAD;ClientId=<client id>',
  )
  .transform((text) => {
    const clientId = /ClientId=([^;\s]+)/i.exec(text)?.[1];
    return clientId === undefined ? {} : { clientId };
  });

/** Every setting that the code reads, by name. An empty value is an unset one. */
export const settings = z.object({
  LOG_ANALYTICS_WORKSPACE_ID: workspaces,
  LOG_ANALYTICS_ENDPOINT: safeUrl.default('https://api.loganalytics.azure.com'),
  LOG_ANALYTICS_AUDIENCE: safeUrl.optional(),
  LOG_ANALYTICS_WORKSPACE_RESOURCE_ID: resourceIds.optional(),
  TELEMETRY_WORKSPACE_RESOURCE_ID: resourceId.optional(),
  PORTAL_TENANT: z
    .string()
    .regex(/^[A-Za-z0-9.-]{1,100}$/, 'must be the id or a domain of the tenant')
    .optional(),
  HUNT_SCHEDULE: schedule.optional(),
  WEEKLY_SCHEDULE: z
    .union([z.literal('off'), schedule], 'must be off, or an NCRONTAB expression of six fields')
    .optional(),
  ALARM_AFTER_RUNS: runs.default(3),
  HUNTS: list.optional(),
  HUNT_LOOKBACK: durationSchema.default(24 * 60 * 60 * 1000),
  RETURN_AFTER: durationSchema.default(30 * 24 * 60 * 60 * 1000),
  FORGET_AFTER: durationSchema.default(365 * 24 * 60 * 60 * 1000),
  EXCLUSION_WARN_SHARE: share.default(0.5),
  EXCLUSION_QUERIES_PER_DAY: queries.default(100),
  EXCLUSION_PLACEHOLDERS: settingNames.optional(),
  STATE_TABLE: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9]{2,62}$/, 'must be 3 to 63 letters and digits, beginning with a letter')
    .default('threathunter'),
  AzureWebJobsStorage: z.string().optional(),
  AzureWebJobsStorage__tableServiceUri: safeUrl.optional(),
  AzureWebJobsStorage__clientId: z.string().optional(),
  AZURE_CLIENT_ID: z.string().optional(),
  WEBHOOK_FUNCTION_URL: safeUrl.optional(),
  WEBSITE_HOSTNAME: z.string().optional(),
  WEBHOOK_FUNCTION_SECRET: orUnresolved(secrets),
  TEAMS_WEBHOOK_URL: orUnresolved(safeUrl).optional(),
  TEAMS_CARD: z.enum(teamsCardForms).default('message'),
  SLACK_WEBHOOK_URL: orUnresolved(safeUrl).optional(),
  WEBHOOK_URL: orUnresolved(safeUrl).optional(),
  WEBHOOK_SECRET: orUnresolved(secrets).optional(),
  CHANNELS: z.string().optional(),
  APPLICATIONINSIGHTS_CONNECTION_STRING: z.string().optional(),
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: telemetryIdentity.optional(),
  WEBSITE_SITE_NAME: z.string().optional(),
});
