import type { z } from 'zod';
import { ConfigError } from '../domain/config-error.ts';
import type { PortalPlace } from '../domain/messages/query-link.ts';
import { type ChannelConfig, readChannels, singleChannels } from './channels.ts';
import { scheduleInterval } from './schedule-interval.ts';
import { isUnresolved, UNRESOLVED } from './setting-schemas.ts';
import { settings } from './settings.ts';

/** The account that holds the table: by identity in Azure, by a connection string in development. */
export type TableLocation =
  | { kind: 'identity'; serviceUri: string }
  | { kind: 'connection-string'; connectionString: string };

export interface Config {
  /** Ids, names or file names of the hunts to run; absent: all in `hunts/`. */
  hunts?: string[];
  workspaces: { id: string; name?: string }[];
  /** Where the Azure portal has the workspaces, by id, and the telemetry; as far as that is set. */
  portal: { workspaces: Map<string, PortalPlace>; telemetry?: PortalPlace };
  logs: { endpoint: string; audience?: string };
  /** For hunts whose query says nothing of time. */
  lookbackMs: number;
  /** Between two runs of the schedule. */
  intervalMs: number;
  returnAfterMs: number;
  /** Never shorter than `returnAfterMs`. */
  forgetAfterMs: number;
  /** Exclusions that hide this share of a hunt's sightings (0 to 1), one alone or all together, are told. */
  exclusionWarnShare: number;
  /** For each hunt and workspace: queries that finding out which exclusion hides what may take. */
  exclusionQueriesPerDay: number;
  /** Settings that exclusions of the table may name. */
  exclusionPlaceholders: string[];
  storage: TableLocation;
  /** Of the user-assigned identities, where there is more than one: for the storage, and for the workspaces. */
  storageClientId?: string;
  clientId?: string;
  table: string;
  webhookFunction: { url: string; secrets: string[] | typeof UNRESOLVED };
  /** Where findings go; while there is none, they wait. */
  channels: ChannelConfig[];
  /** So many runs in a row that were not completed are told. */
  alarmAfterRuns: number;
  /** Settings that Azure has not read from Key Vault yet; what needs them waits. */
  unresolved: string[];
  /** Application Insights, where it is set up; `identity`: send as the app's identity instead of by the connection string's key. */
  telemetry?: { connectionString: string; roleName: string; identity?: { clientId?: string } };
}

/** While Azure cannot read one of these, what needs it waits. Without any other the hunter would not do what it was told, so it stops. */
const awaited = [
  'WEBHOOK_FUNCTION_SECRET',
  'TEAMS_WEBHOOK_URL',
  'SLACK_WEBHOOK_URL',
  'WEBHOOK_URL',
  'WEBHOOK_SECRET',
  'CHANNELS',
  'APPLICATIONINSIGHTS_CONNECTION_STRING',
];

/**
 * The settings as the product uses them.
 * @throws ConfigError that names every setting that is missing or wrong
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const parsed = settings.safeParse(given);
  const unreadable = Object.keys(settings.shape).filter(
    (name) => isUnresolved(given[name]) && !awaited.includes(name),
  );
  const problems = (parsed.error?.issues ?? [])
    .filter(({ path }) => !unreadable.includes(path.join('.')))
    .map(
      ({ path, code, message }) => `${path.join('.')}: ${code === 'invalid_type' ? 'is not set' : message}`,
    );
  problems.push(...unreadable.map((name) => `${name}: Azure has not read it from Key Vault`));

  if (!given.AzureWebJobsStorage && !given.AzureWebJobsStorage__tableServiceUri) {
    problems.push(
      'AzureWebJobsStorage__tableServiceUri: is not set (or AzureWebJobsStorage, a connection string, for development)',
    );
  }
  if (!given.WEBHOOK_FUNCTION_URL && !given.WEBSITE_HOSTNAME) {
    problems.push('WEBHOOK_FUNCTION_URL: is not set, and there is no WEBSITE_HOSTNAME to make it from');
  }
  if (given.WEBHOOK_URL && !given.WEBHOOK_SECRET)
    problems.push('WEBHOOK_SECRET: is not set, and what goes to WEBHOOK_URL is signed with it');
  const single = parsed.success ? singleChannels(parsed.data) : [];
  const listed = given.CHANNELS
    ? readChannels(
        given.CHANNELS,
        env,
        single.map(({ name }) => name),
      )
    : { channels: [], problems: [] };
  problems.push(...listed.problems);
  const channels = [...single, ...listed.channels];
  if (given.CHANNELS && listed.problems.length === 0 && !channels.some(takesFindings))
    problems.push('CHANNELS: no channel is for findings, so they would reach nobody');
  const places = parsed.success ? parsed.data.LOG_ANALYTICS_WORKSPACE_RESOURCE_ID : undefined;
  if (parsed.success && places && places.length !== parsed.data.LOG_ANALYTICS_WORKSPACE_ID.length)
    problems.push(
      'LOG_ANALYTICS_WORKSPACE_RESOURCE_ID: must have as many ids as LOG_ANALYTICS_WORKSPACE_ID, in the same order',
    );
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);

  const value = parsed.data;
  const telemetryIsUnresolved = isUnresolved(value.APPLICATIONINSIGHTS_CONNECTION_STRING);
  const storageClientId = value.AzureWebJobsStorage__clientId ?? value.AZURE_CLIENT_ID;
  return {
    ...(value.HUNTS && value.HUNTS.length > 0 && { hunts: value.HUNTS }),
    workspaces: value.LOG_ANALYTICS_WORKSPACE_ID,
    portal: portalPlaces(value),
    logs: {
      endpoint: value.LOG_ANALYTICS_ENDPOINT,
      ...(value.LOG_ANALYTICS_AUDIENCE && { audience: value.LOG_ANALYTICS_AUDIENCE }),
    },
    lookbackMs: value.HUNT_LOOKBACK,
    intervalMs: scheduleInterval(value.HUNT_SCHEDULE),
    returnAfterMs: value.RETURN_AFTER,
    forgetAfterMs: Math.max(value.FORGET_AFTER, value.RETURN_AFTER),
    exclusionWarnShare: value.EXCLUSION_WARN_SHARE,
    exclusionQueriesPerDay: value.EXCLUSION_QUERIES_PER_DAY,
    exclusionPlaceholders: value.EXCLUSION_PLACEHOLDERS ?? [],
    storage: value.AzureWebJobsStorage__tableServiceUri
      ? {
          kind: 'identity',
          serviceUri: value.AzureWebJobsStorage__tableServiceUri,
        }
      : { kind: 'connection-string', connectionString: value.AzureWebJobsStorage ?? '' },
    ...(storageClientId && { storageClientId }),
    ...(value.AZURE_CLIENT_ID && { clientId: value.AZURE_CLIENT_ID }),
    table: value.STATE_TABLE,
    webhookFunction: {
      url: value.WEBHOOK_FUNCTION_URL ?? `https://${value.WEBSITE_HOSTNAME}/api/webhook`,
      secrets: value.WEBHOOK_FUNCTION_SECRET,
    },
    channels,
    alarmAfterRuns: value.ALARM_AFTER_RUNS,
    unresolved: [
      ...(value.WEBHOOK_FUNCTION_SECRET === UNRESOLVED ? ['WEBHOOK_FUNCTION_SECRET'] : []),
      ...channels.flatMap((channel) => (channel.kind === 'unresolved' ? [channel.setting] : [])),
      ...(telemetryIsUnresolved ? ['APPLICATIONINSIGHTS_CONNECTION_STRING'] : []),
    ],
    ...(value.APPLICATIONINSIGHTS_CONNECTION_STRING &&
      !telemetryIsUnresolved && {
        telemetry: {
          connectionString: value.APPLICATIONINSIGHTS_CONNECTION_STRING,
          // Azure's name of the app, which the host reports too.
          roleName: value.WEBSITE_SITE_NAME ?? 'sentinel-threat-hunter',
          ...(value.APPLICATIONINSIGHTS_AUTHENTICATION_STRING && {
            identity: value.APPLICATIONINSIGHTS_AUTHENTICATION_STRING,
          }),
        },
      }),
  };
}

function takesFindings({ when }: ChannelConfig): boolean {
  return when?.kinds?.includes('findings') ?? true;
}

function portalPlaces({
  LOG_ANALYTICS_WORKSPACE_ID: workspaces,
  LOG_ANALYTICS_WORKSPACE_RESOURCE_ID: places = [],
  TELEMETRY_WORKSPACE_RESOURCE_ID: telemetry,
  PORTAL_TENANT: tenant,
}: z.infer<typeof settings>): Config['portal'] {
  const toPlace = (resourceId: string) => ({ resourceId, ...(tenant !== undefined && { tenant }) });
  return {
    workspaces: new Map(
      workspaces.flatMap(({ id }, index) => {
        const resourceId = places[index];
        return resourceId === undefined ? [] : [[id, toPlace(resourceId)]];
      }),
    ),
    ...(telemetry !== undefined && { telemetry: toPlace(telemetry) }),
  };
}
