import { join } from 'node:path';
import type { TokenCredential } from '@azure/identity';
import { readExclusions } from './adapters/files/exclusion-files.ts';
import { readHunts } from './adapters/files/hunt-files.ts';
import { genericWebhookChannel } from './adapters/generic-webhook.ts';
import { verifySignature } from './adapters/http/verify-signature.ts';
import { logAnalytics } from './adapters/log-analytics.ts';
import { tableDeliveries } from './adapters/table/deliveries.ts';
import { tableHuntState } from './adapters/table/hunt-state.ts';
import { tableOutbox } from './adapters/table/outbox.ts';
import { lazyTable } from './adapters/table/table.ts';
import { teamsChannel } from './adapters/teams.ts';
import { applicationInsights } from './adapters/telemetry.ts';
import { webhookFunction } from './adapters/webhook-function.ts';
import { type ChannelConfig, type Config, ConfigError, readConfig } from './config.ts';
import { deliverMessage } from './deliver-message.ts';
import type { Message } from './domain/message.ts';
import type { ChannelAnswer } from './domain/report.ts';
import type { Channel } from './ports/channel.ts';
import type { Telemetry } from './ports/telemetry.ts';
import { answersTo, type Catalogue, type HuntRequest, type HuntResult, runHunts } from './run-hunts.ts';

/** The product, put together: what triggers and the local tools call. */
export interface App {
  hunt(request: HuntRequest): Promise<HuntResult>;
  deliver(message: Message, signal: AbortSignal): Promise<ChannelAnswer[]>;
  /** Whether a body was signed by whoever knows the webhook function's secret. */
  isSigned(body: string, headers: { get(name: string): string | null }): boolean;
}

/** A catch-up after an outage goes back no further: Defender's tables keep 30 days in Advanced Hunting, and a Sentinel workspace 30 to 90 unless told otherwise. */
const MAX_LOOKBACK_MS = 30 * 24 * 60 * 60 * 1000;

/** `hunts/` and `exclusions/` lie beside the folder of this code, in the sources as in what is deployed. */
const appRoot = join(import.meta.dirname, '..');

/**
 * Builds the adapters. Nothing is read or connected before it is needed.
 * @throws ConfigError that names every setting that is missing or wrong
 */
export function compose(
  env: Record<string, string | undefined>,
  { clock = () => new Date(), root = appRoot }: { clock?: () => Date; root?: string } = {},
): App {
  const config = readConfig(env);
  const table = lazyTable(config.storage, config.table, () => azureCredential(config.storageClientId));
  const deps = {
    clock,
    catalogue: () => readCatalogue(root, config, env),
    workspaces: config.workspaces,
    policy: {
      defaultLookbackMs: config.lookbackMs,
      maxLookbackMs: MAX_LOOKBACK_MS,
      returnAfterMs: config.returnAfterMs,
    },
    logs: logAnalytics({ ...config.logs, credential: () => azureCredential(config.clientId) }),
    state: tableHuntState(table),
    outbox: tableOutbox(table),
    post: webhookFunction(config.webhookFunction),
    ...(config.telemetry && { telemetry: toTelemetryPort(config.telemetry) }),
  };
  const channels = config.channels.map(toChannel);
  const deliveries = tableDeliveries(table);
  return {
    hunt: (request) => runHunts(request, deps),
    deliver: (message, signal) => deliverMessage(message, { channels, deliveries, clock }, signal),
    isSigned: (body, headers) => verifySignature(body, headers, config.webhookFunction.secrets),
  };
}

/** Every hunt that is there is read, so that an exclusion may name one that is switched off; those that are on are run. */
async function readCatalogue(
  root: string,
  config: Config,
  env: Record<string, string | undefined>,
): Promise<Catalogue> {
  const all = await readHunts(join(root, 'hunts'));
  const { exclusions, leftOut } = await readExclusions(join(root, 'exclusions'), env, all);
  const unknown = config.hunts?.filter((name) => !all.some((hunt) => answersTo(hunt, name))) ?? [];
  if (unknown.length > 0)
    throw new ConfigError([
      `HUNTS: there is no hunt ${unknown.join(', ')}; there are: ${all.map(({ name }) => name).join(', ')}`,
    ]);
  const hunts = config.hunts
    ? all.filter((hunt) => config.hunts?.some((name) => answersTo(hunt, name)))
    : all;
  return { hunts, exclusions: { entries: exclusions, leftOut } };
}

function toChannel(channel: ChannelConfig): Channel {
  const now = () => new Date();
  switch (channel.kind) {
    case 'teams':
      return teamsChannel({ ...channel, now });
    case 'webhook':
      return genericWebhookChannel({ ...channel, now });
  }
}

function toTelemetryPort({ identity, ...target }: NonNullable<Config['telemetry']>): Telemetry {
  return applicationInsights({
    ...target,
    ...(identity && { credential: () => azureCredential(identity.clientId) }),
  });
}

/** Managed identity in Azure, a developer's login elsewhere. Loaded on first use: it is a large package. */
async function azureCredential(clientId: string | undefined): Promise<TokenCredential> {
  const { DefaultAzureCredential } = await import('@azure/identity');
  return new DefaultAzureCredential(clientId ? { managedIdentityClientId: clientId } : {});
}
