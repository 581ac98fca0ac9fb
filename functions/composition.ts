import { join } from 'node:path';
import { azureCredential } from './adapters/azure-credential.ts';
import { readVersion } from './adapters/files/app-version.ts';
import { BUILT_HUNTS, builtHunts } from './adapters/files/built-hunts.ts';
import { readExclusions } from './adapters/files/exclusion-files.ts';
import { readHunts } from './adapters/files/hunt-files.ts';
import { genericWebhookChannel } from './adapters/generic-webhook.ts';
import { heedPauses } from './adapters/heed-pauses.ts';
import { verifySignature } from './adapters/http/verify-signature.ts';
import { logAnalytics } from './adapters/log-analytics/log-analytics.ts';
import { slackChannel } from './adapters/slack.ts';
import { tableChangeNotices } from './adapters/table/change-notices.ts';
import { tableDeadLetters } from './adapters/table/dead-letters.ts';
import { tableDeliveries } from './adapters/table/deliveries.ts';
import { tableDeviceHistory } from './adapters/table/device-history.ts';
import { tableExclusionLedger } from './adapters/table/exclusion-ledger.ts';
import { tableExclusionStore } from './adapters/table/exclusion-store.ts';
import { tableHuntState } from './adapters/table/hunt-state.ts';
import { tableOutbox } from './adapters/table/outbox.ts';
import { tableRetention } from './adapters/table/retention.ts';
import { tableRunHistory } from './adapters/table/run-history.ts';
import type { TableLimits } from './adapters/table/sound-requests.ts';
import { isThere, lazyTable } from './adapters/table/table.ts';
import { teamsChannel } from './adapters/teams.ts';
import { applicationInsights } from './adapters/telemetry.ts';
import { unresolvedChannel, unresolvedPost } from './adapters/unresolved.ts';
import { webhookFunction } from './adapters/webhook-function.ts';
import type { ChannelAnswer, OutboxReport } from './domain/hunting/report.ts';
import type { Message } from './domain/messages/message.ts';
import { deliverMessage } from './flows/deliver-message.ts';
import { deliverOutbox } from './flows/deliver-outbox.ts';
import {
  type DeviceExplanation,
  type EntityExplanation,
  explainDevice,
  explainEntity,
} from './flows/explain-device.ts';
import { type PreviewOutcome, type PreviewRequest, previewExclusion } from './flows/preview-exclusion.ts';
import { type PutOutcome, putExclusion } from './flows/put-exclusion.ts';
import {
  type ExclusionAccounts,
  type ExclusionDetail,
  readAccounts,
  readDetail,
} from './flows/read-accounts.ts';
import { readCatalogue, type ShippedFiles } from './flows/read-catalogue.ts';
import { type Health, readHealth } from './flows/read-health.ts';
import { type HuntRequest, type HuntResult, runHunts } from './flows/run-hunts.ts';
import { type TellChangesRequest, type TellChangesResult, tellChanges } from './flows/tell-changes.ts';
import { tellWeekly, type WeeklyRequest, type WeeklyResult } from './flows/tell-weekly.ts';
import type { Channel } from './ports/channel.ts';
import type { DeadLetters } from './ports/dead-letters.ts';
import type { Expected, RemoveOutcome } from './ports/exclusion-store.ts';
import type { HuntCompiler } from './ports/hunt-compiler.ts';
import type { RunHistory } from './ports/run-history.ts';
import type { Telemetry } from './ports/telemetry.ts';
import { type ChannelConfig, checkRoutes } from './settings/channels.ts';
import { type Config, readConfig } from './settings/config.ts';
import { isUnresolved, UNRESOLVED } from './settings/setting-schemas.ts';

/** What people do with exclusions. Methods throw when the storage cannot be reached. */
export interface ExclusionDesk {
  /** All that are in force, and what each did. */
  accounts(): Promise<ExclusionAccounts>;
  /** One with its history and what it hides; undefined when there is none and was none. */
  detail(id: string): Promise<ExclusionDetail | undefined>;
  put(id: string, entry: Readonly<Record<string, unknown>>, expected: Expected): Promise<PutOutcome>;
  remove(id: string, by: string, expected: Expected): Promise<RemoveOutcome>;
  preview(request: PreviewRequest): Promise<PreviewOutcome>;
}

/** The product, put together: what triggers and the local tools call. */
export interface App {
  hunt(request: HuntRequest): Promise<HuntResult>;
  deliver(message: Message, signal: AbortSignal): Promise<ChannelAnswer[]>;
  /** Tells what people changed since the last call. */
  tellChanges(request: TellChangesRequest): Promise<TellChangesResult>;
  /** Makes the summary of this week, if it is not there yet, and delivers what waits. */
  tellWeekly(request: WeeklyRequest): Promise<WeeklyResult>;
  deadLetters: {
    list: DeadLetters['list'];
    /** Puts one back and delivers what waits; undefined when there is none. */
    retry(messageId: string, signal: AbortSignal): Promise<OutboxReport | undefined>;
    discard(messageId: string, by: string): Promise<boolean>;
    discarded: DeadLetters['discarded'];
  };
  runs: {
    /** Reports of so many days, the latest run first, at most `most`. */
    recent(days: number, most: number): ReturnType<RunHistory['recent']>;
    read: RunHistory['run'];
  };
  exclusions: ExclusionDesk;
  /** Whether the storage answers. */
  isUp(): Promise<boolean>;
  /** How each hunt is. Throws when the storage or a file cannot be read. */
  health(): Promise<Health>;
  /** By name or id. Throws when the storage cannot be reached. */
  explain(device: string): Promise<DeviceExplanation>;
  explainEntity(entity: string): Promise<EntityExplanation>;
  /** Whether a body was signed by whoever knows the webhook function's secret. */
  isSigned(body: string, headers: { get(name: string): string | null }): boolean;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** A catch-up after an outage goes back no further: Defender's tables keep 30 days in Advanced Hunting, and a Sentinel workspace 30 to 90 unless told otherwise. */
const MAX_LOOKBACK_MS = 30 * DAY_MS;

/** Azure ends an HTTP call after 230 s; the entry is written after the queries. */
const PUT_QUERIES_MS = 180_000;

/** `hunts/` and `exclusions/` lie beside the folder of this code, in the sources as in what is deployed. */
const appRoot = join(import.meta.dirname, '..');

/**
 * Builds the adapters. Nothing is read or connected before it is needed.
 * @throws ConfigError that names every setting that is missing or wrong
 */
export function compose(
  env: Record<string, string | undefined>,
  {
    clock = () => new Date(),
    root = appRoot,
    compile = builtHunts(join(import.meta.dirname, BUILT_HUNTS)),
    tableLimits,
  }: { clock?: () => Date; root?: string; compile?: HuntCompiler; tableLimits?: TableLimits } = {},
): App {
  const config = readConfig(env);
  const table = lazyTable(
    config.storage,
    config.table,
    () => azureCredential(config.storageClientId),
    tableLimits,
  );
  const deviceHistory = tableDeviceHistory(table);
  // A reference in the place of its value is an unset placeholder, not something to compare with.
  const filledIn = Object.fromEntries(Object.entries(env).filter(([, value]) => !isUnresolved(value)));
  const signingSecrets = config.webhookFunction.secrets;
  const exclusionDeps = {
    files: () => readFiles(root, filledIn, compile),
    store: tableExclusionStore(table),
    ledger: tableExclusionLedger(table),
    settings: filledIn,
    placeholders: config.exclusionPlaceholders,
    ...(config.hunts && { switchedOn: config.hunts }),
    clock,
  };
  const deps = {
    clock,
    catalogue: async (signal?: AbortSignal) => {
      const catalogue = await readCatalogue(exclusionDeps, signal);
      checkRoutes(config.channels, catalogue.hunts);
      return catalogue;
    },
    workspaces: config.workspaces,
    portal: config.portal,
    policy: {
      defaultLookbackMs: config.lookbackMs,
      maxLookbackMs: MAX_LOOKBACK_MS,
      intervalMs: config.intervalMs,
      returnAfterMs: config.returnAfterMs,
      forgetAfterMs: config.forgetAfterMs,
      exclusionWarnShare: config.exclusionWarnShare,
      exclusionQueriesPerDay: config.exclusionQueriesPerDay,
      alarmAfterRuns: config.alarmAfterRuns,
    },
    logs: logAnalytics({ ...config.logs, credential: () => azureCredential(config.clientId) }),
    state: tableHuntState(table),
    outbox: tableOutbox(table),
    retention: tableRetention(table),
    post:
      signingSecrets === UNRESOLVED
        ? unresolvedPost('WEBHOOK_FUNCTION_SECRET')
        : webhookFunction({ url: config.webhookFunction.url, secrets: signingSecrets }),
    ...(config.telemetry && { telemetry: toTelemetryPort(config.telemetry) }),
  };
  const channels = config.channels.map(toChannel);
  const deliveries = tableDeliveries(table);
  const history = tableRunHistory(table);
  const deadLetters = tableDeadLetters(table);
  const changes = tableChangeNotices(table, clock);
  const previewDeps = { ...deps, ...exclusionDeps, history: deviceHistory };
  const preview = (request: PreviewRequest) => previewExclusion(request, previewDeps);
  const accounts = () => readAccounts(exclusionDeps);
  return {
    hunt: (request) => runHunts(request, deps),
    deliver: (message, signal) => deliverMessage(message, { channels, deliveries, clock }, signal),
    tellChanges: (request) => tellChanges(request, { ...deps, changes, preview: previewDeps }),
    tellWeekly: (request) => tellWeekly(request, { ...deps, accounts, history }),
    deadLetters: {
      list: deadLetters.list,
      discard: (messageId, by) => deadLetters.discard(messageId, { by, claimed: true, at: clock() }),
      discarded: deadLetters.discarded,
      retry: async (messageId, signal) =>
        (await deadLetters.revive(messageId, clock()))
          ? deliverOutbox(deps, { patienceMs: 0, signal })
          : undefined,
    },
    runs: {
      recent: (days, most) => history.recent(new Date(clock().getTime() - days * DAY_MS), most),
      read: history.run,
    },
    exclusions: {
      accounts,
      detail: (id) => readDetail(id, exclusionDeps),
      remove: (id, by, expected) =>
        exclusionDeps.store.remove(id, { by, claimed: true, at: clock() }, expected),
      preview,
      put: (id, entry, expected) =>
        putExclusion(id, entry, expected, {
          ...exclusionDeps,
          preview: (given) => preview({ subject: { entry: given }, queriesMs: PUT_QUERIES_MS }),
        }),
    },
    isUp: async () => await isThere(await table()),
    health: async () => readHealth({ ...deps, version: await readVersion(root) }),
    explain: (device) => explainDevice(device, { history: deviceHistory, clock }),
    explainEntity: (entity) => explainEntity(entity, { history: deviceHistory, clock }),
    isSigned: (body, headers) =>
      signingSecrets !== UNRESOLVED && verifySignature(body, headers, signingSecrets),
  };
}

async function readFiles(
  root: string,
  env: Record<string, string | undefined>,
  compile: HuntCompiler,
): Promise<ShippedFiles> {
  const hunts = await compile(await readHunts(join(root, 'hunts')));
  return { hunts, lists: await readExclusions(join(root, 'exclusions'), env, hunts) };
}

/** The wire's clock, not the hunt's. */
const now = () => new Date();

function toChannel({ when, ...config }: ChannelConfig): Channel {
  const channel = heedPauses(openChannel(config), now);
  return when ? { ...channel, when } : channel;
}

function openChannel(config: ChannelConfig): Channel {
  switch (config.kind) {
    case 'teams':
      return teamsChannel({ ...config, now });
    case 'slack':
      return slackChannel({ ...config, now });
    case 'webhook':
      return genericWebhookChannel({ ...config, now });
    case 'unresolved':
      return unresolvedChannel(config);
  }
}

function toTelemetryPort({ identity, ...target }: NonNullable<Config['telemetry']>): Telemetry {
  return applicationInsights({
    ...target,
    ...(identity && { credential: () => azureCredential(identity.clientId) }),
  });
}
