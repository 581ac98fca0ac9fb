import { randomBytes } from 'node:crypto';
import { startWorkspace, type Workspace } from 'kql-workspace/start-workspace.ts';
import type { HuntResult } from '../../functions/flows/run-hunts.ts';
import { buildApp } from '../building/build-app.ts';
import { startTableService } from './azurite.ts';
import { eventFiles } from './event-files.ts';
import { type FunctionsHost, type LogEntry, startFunctionsHost } from './functions-host.ts';
import { type Receiver, startReceiver } from './receiver/start-receiver.ts';
import { appendSample } from './sample-events/append-sample.ts';
import { sampleServerIps } from './sample-events/stories.ts';
import { localStandIns } from './stand-ins.ts';

export interface LocalOptions {
  /** Keeps what was seen, found and delivered; without it all of that is gone at the end. */
  dataDir?: string;
  /** Of the functions; the receiver and the workspace take the next two. 0: free ones. */
  port: number;
  /** A file of `DeviceNetworkEvents` or a folder of tables; without it, sample events of the last days. */
  events?: string;
  /** Of it, the settings in `passedOn` reach the functions and nothing else. */
  env: Record<string, string | undefined>;
  onLog: (entry: LogEntry) => void;
}

export interface LocalEnvironment {
  host: FunctionsHost;
  receiver: Receiver;
  workspace: Workspace;
  /** Address of the table service. */
  tablesUrl: string;
  /** Opens the on-demand hunt. */
  key: string;
  events: { rows: number; sample: boolean; warnings: string[] };
  /** Runs the scheduled hunt now. @throws Error with the function's own words when a hunt failed */
  hunt(): Promise<HuntResult>;
  /** Ends everything that was started, in the opposite order. */
  close(): Promise<void>;
}

/** A port is taken; `message` says which and whose, in one line. */
export class PortTaken extends Error {}

const passedOn = [
  'HUNTS',
  'HUNT_SCHEDULE',
  'HUNT_LOOKBACK',
  'RETURN_AFTER',
  'FORGET_AFTER',
  'WEEKLY_SCHEDULE',
  'ALARM_AFTER_RUNS',
  ...Object.keys(sampleServerIps),
];

/**
 * Builds the functions and starts all they need on 127.0.0.1: tables, workspace, receiver, host. What was started is closed again
 * when something fails.
 * @throws PortTaken, EventFileError
 */
export async function startLocally(options: LocalOptions): Promise<LocalEnvironment> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return await start(options, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(
  { dataDir, port, events, env, onLog }: LocalOptions,
  closers: (() => Promise<unknown>)[],
  close: () => Promise<void>,
): Promise<LocalEnvironment> {
  const webhookSecret = newSecret();
  const [{ entry: bundle, warnings }, tables, receiver, workspace] = await settleAll([
    buildApp(),
    keep(closers, startTableService(dataDir ? { dataDir } : {})),
    keep(
      closers,
      onPort('receiver', port && port + 1, (port) => startReceiver({ port, webhookSecret })),
    ),
    keep(
      closers,
      onPort('workspace', port && port + 2, (port) =>
        startWorkspace({ port, ...localStandIns(), ...(events !== undefined && eventFiles(events)) }),
      ),
    ),
  ]);
  const rows =
    events === undefined
      ? await appendSample(workspace, new Date())
      : workspace.loaded.reduce((sum, file) => sum + file.rows, 0);
  for (const message of warnings) onLog({ level: 'warning', category: 'system', message });

  const key = randomBytes(18).toString('base64url');
  const given = Object.fromEntries(
    passedOn.flatMap((name): [string, string][] => (env[name] ? [[name, env[name]]] : [])),
  );
  const host = await keep(
    closers,
    onPort('functions', port, (port) =>
      startFunctionsHost({
        bundle,
        key,
        port,
        onLog,
        settings: (url) => ({
          HUNT_SCHEDULE: '0 0 */4 * * *',
          ...(events === undefined && sampleServerIps),
          ...given,
          AzureWebJobsStorage: tables.connectionString,
          LOG_ANALYTICS_WORKSPACE_ID: 'local=00000000-0000-0000-0000-000000000000',
          LOG_ANALYTICS_ENDPOINT: workspace.url,
          WEBHOOK_FUNCTION_URL: `${url}/api/webhook`,
          WEBHOOK_FUNCTION_SECRET: newSecret(),
          TEAMS_WEBHOOK_URL: receiver.teamsUrl,
          SLACK_WEBHOOK_URL: receiver.slackUrl,
          WEBHOOK_URL: receiver.webhookUrl,
          WEBHOOK_SECRET: webhookSecret,
        }),
      }),
    ),
  );
  return {
    host,
    receiver,
    workspace,
    tablesUrl: tables.url,
    key,
    events: {
      rows,
      sample: events === undefined,
      warnings: [
        ...workspace.loaded.flatMap(({ file, warnings }) => warnings.map((warning) => `${file}: ${warning}`)),
        ...workspace.notRead.map(({ file, why }) => `${file} is not read: it ${why}`),
      ],
    },
    // Our own function's return value, passed on as it is.
    hunt: async () => (await host.runTimer('scheduled-hunt')) as HuntResult,
    close,
  };
}

async function onPort<T>(whose: string, port: number, listen: (port: number) => Promise<T>): Promise<T> {
  try {
    return await listen(port);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    throw new PortTaken(`Port ${port} on 127.0.0.1, for the ${whose}, is taken. Choose another with --port.`);
  }
}

async function keep<T extends { close(): Promise<unknown> }>(
  closers: (() => Promise<unknown>)[],
  starting: Promise<T>,
): Promise<T> {
  const started = await starting;
  closers.push(() => started.close());
  return started;
}

/** Like `Promise.all`, but only once each has ended, so that what did start can be closed. */
async function settleAll<T extends readonly unknown[]>(
  all: readonly [...{ [K in keyof T]: Promise<T[K]> }],
): Promise<T> {
  await Promise.allSettled(all);
  return Promise.all(all) as unknown as Promise<T>;
}

const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;
