import { z } from 'zod';
import { durationSchema } from './domain/duration.ts';

/** Where findings go, from settings alone. Every URL and secret in it is to be kept out of logs, reports and errors. */
export type ChannelConfig =
  | { kind: 'teams'; name: string; url: string }
  | { kind: 'webhook'; name: string; url: string; secrets: string[] };

/** The account that holds the table: by identity in Azure, by a connection string in development. */
export type TableLocation =
  | { kind: 'identity'; serviceUri: string }
  | { kind: 'connection-string'; connectionString: string };

export interface Config {
  /** Ids, names or file names of the hunts to run; absent: all in `hunts/`. */
  hunts?: string[];
  workspaces: { id: string; name?: string }[];
  logs: { endpoint: string; audience?: string };
  /** For hunts whose query says nothing of time. */
  lookbackMs: number;
  returnAfterMs: number;
  storage: TableLocation;
  /** Of the user-assigned identities, where there is more than one: for the storage, and for the workspaces. */
  storageClientId?: string;
  clientId?: string;
  table: string;
  webhookFunction: { url: string; secrets: string[] };
  channels: ChannelConfig[];
  /** Application Insights, where it is set up; `identity`: send as the app's identity instead of by the connection string's key. */
  telemetry?: { connectionString: string; roleName: string; identity?: { clientId?: string } };
}

/** Settings are missing or wrong: `message` names each, and never a value, since a value can be a secret. */
export class ConfigError extends Error {
  readonly problems: string[];
  constructor(problems: string[]) {
    super(`settings are missing or wrong:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const onThisMachine = (url: URL) =>
  url.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);

const safeUrl = z.string().refine((text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && (url.protocol === 'https:' || onThisMachine(url));
}, 'must be an https:// address (http:// for this machine only)');

/** Standard Webhooks: `whsec_` and base64 of 24 to 64 random bytes. While rotating, both secrets, separated by a space. */
const secrets = z
  .string()
  .transform((text) => text.split(/\s+/).filter((secret) => secret !== ''))
  .refine(
    (list) => list.length > 0 && list.every((secret) => isSecret(secret)),
    "must be whsec_ and the base64 of 24 to 64 random bytes (make one with: node -p \"'whsec_'+crypto.randomBytes(32).toString('base64')\")",
  );

function isSecret(text: string): boolean {
  const base64 = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1];
  const bytes = Buffer.from(base64 ?? '', 'base64').length;
  return bytes >= 24 && bytes <= 64;
}

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
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
  .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'names a workspace twice');

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
  // Six fields, as the Functions host reads them; the host itself checks the rest.
  HUNT_SCHEDULE: z
    .string()
    .regex(/^\S+(\s+\S+){5}$/, 'must be an NCRONTAB expression of six fields, for example 0 0 */4 * * *')
    .optional(),
  HUNTS: list.optional(),
  HUNT_LOOKBACK: durationSchema.default(24 * 60 * 60 * 1000),
  RETURN_AFTER: durationSchema.default(30 * 24 * 60 * 60 * 1000),
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
  WEBHOOK_FUNCTION_SECRET: secrets,
  TEAMS_WEBHOOK_URL: safeUrl.optional(),
  WEBHOOK_URL: safeUrl.optional(),
  WEBHOOK_SECRET: secrets.optional(),
  APPLICATIONINSIGHTS_CONNECTION_STRING: z.string().optional(),
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: telemetryIdentity.optional(),
  WEBSITE_SITE_NAME: z.string().optional(),
});

/**
 * The settings as the product uses them.
 * @throws ConfigError that names every setting that is missing or wrong
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const parsed = settings.safeParse(given);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map(
        ({ path, code, message }) => `${path.join('.')}: ${code === 'invalid_type' ? 'is not set' : message}`,
      );

  if (!given.AzureWebJobsStorage && !given.AzureWebJobsStorage__tableServiceUri) {
    problems.push(
      'AzureWebJobsStorage__tableServiceUri: is not set (or AzureWebJobsStorage, a connection string, for development)',
    );
  }
  if (!given.WEBHOOK_FUNCTION_URL && !given.WEBSITE_HOSTNAME) {
    problems.push('WEBHOOK_FUNCTION_URL: is not set, and there is no WEBSITE_HOSTNAME to make it from');
  }
  if (!given.TEAMS_WEBHOOK_URL && !given.WEBHOOK_URL) {
    problems.push('TEAMS_WEBHOOK_URL or WEBHOOK_URL: neither is set, so findings would reach nobody');
  }
  if (given.WEBHOOK_URL && !given.WEBHOOK_SECRET)
    problems.push('WEBHOOK_SECRET: is not set, and what goes to WEBHOOK_URL is signed with it');
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);

  const value = parsed.data;
  const storageClientId = value.AzureWebJobsStorage__clientId ?? value.AZURE_CLIENT_ID;
  return {
    ...(value.HUNTS && value.HUNTS.length > 0 && { hunts: value.HUNTS }),
    workspaces: value.LOG_ANALYTICS_WORKSPACE_ID,
    logs: {
      endpoint: value.LOG_ANALYTICS_ENDPOINT,
      ...(value.LOG_ANALYTICS_AUDIENCE && { audience: value.LOG_ANALYTICS_AUDIENCE }),
    },
    lookbackMs: value.HUNT_LOOKBACK,
    returnAfterMs: value.RETURN_AFTER,
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
    channels: [
      ...(value.TEAMS_WEBHOOK_URL
        ? [{ kind: 'teams' as const, name: 'teams', url: value.TEAMS_WEBHOOK_URL }]
        : []),
      ...(value.WEBHOOK_URL
        ? [
            {
              kind: 'webhook' as const,
              name: 'webhook',
              url: value.WEBHOOK_URL,
              secrets: value.WEBHOOK_SECRET ?? [],
            },
          ]
        : []),
    ],
    ...(value.APPLICATIONINSIGHTS_CONNECTION_STRING && {
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
