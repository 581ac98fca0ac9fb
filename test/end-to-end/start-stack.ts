import { join } from 'node:path';
import { startWorkspace, type Workspace } from 'kql-workspace/start-workspace.ts';
import { type App, compose } from '../../functions/composition.ts';
import type { RunReport } from '../../functions/domain/hunting/report.ts';
import type { HuntRequest, HuntResult } from '../../functions/flows/run-hunts.ts';
import { compileHunts } from '../../local/compiler/compile-hunts.ts';
import { startTableService } from '../../local/environment/azurite.ts';
import {
  type FunctionsHost,
  type LogEntry,
  startFunctionsHost,
} from '../../local/environment/functions-host.ts';
import { type Receiver, startReceiver } from '../../local/environment/receiver/start-receiver.ts';
import { sampleServerIps } from '../../local/environment/sample-events/stories.ts';
import { bundleOnce } from './bundle-once.ts';

export const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
export const functionKey = 'the key';
const repository = join(import.meta.dirname, '..', '..');

/** Everything but Azure, for real: storage, workspace, the bundled functions in a process of their own, and a receiver of cards and posts. */
export interface Stack {
  workspace: Workspace;
  receiver: Receiver;
  /** The clock of `app` and of the workspace; a test moves it. */
  time: { now: Date };
  settings: Record<string, string>;
  host: FunctionsHost;
  /** The product in this process, so that its clock can be moved; it posts to the webhook function in the host. `root` has other `hunts/` and `exclusions/`. */
  compose(change?: Record<string, string>, root?: string): App;
  /** Another process with the same functions and settings, changed as told. */
  startHost(change?: Record<string, string>, onLog?: (entry: LogEntry) => void): Promise<FunctionsHost>;
  close(): Promise<void>;
}

/** Starts the parts; when one does not start, the others end, so that no test run hangs on them. */
export async function startStack(now: Date): Promise<Stack> {
  const started: { close(): Promise<unknown> }[] = [];
  const close = async () => {
    for (const part of started.splice(0).reverse()) await part.close();
  };
  try {
    return await startParts(now, close, (part) => {
      started.push(part);
      return part;
    });
  } catch (error) {
    await close();
    throw error;
  }
}

async function startParts(
  now: Date,
  close: () => Promise<void>,
  keep: <T extends { close(): Promise<unknown> }>(part: T) => T,
): Promise<Stack> {
  const time = { now };
  const clock = () => time.now;
  const [workspace, azurite, receiver, bundle] = await Promise.all([
    startWorkspace({ now: clock }).then(keep),
    startTableService().then(keep),
    startReceiver({ webhookSecret: secret }).then(keep),
    bundleOnce(),
  ]);

  const settings = {
    AzureWebJobsStorage: azurite.connectionString,
    LOG_ANALYTICS_WORKSPACE_ID: '99999999-8888-4777-8666-555555555555',
    LOG_ANALYTICS_ENDPOINT: workspace.url,
    WEBHOOK_FUNCTION_SECRET: secret,
    TEAMS_WEBHOOK_URL: `${receiver.teamsUrl}?sig=hush`,
    WEBHOOK_URL: receiver.webhookUrl,
    WEBHOOK_SECRET: secret,
    ...sampleServerIps,
  };
  const startHost: Stack['startHost'] = async (change = {}, onLog = () => {}) =>
    keep(
      await startFunctionsHost({
        bundle,
        key: functionKey,
        onLog,
        settings: (url) => ({ ...settings, WEBHOOK_FUNCTION_URL: `${url}/api/webhook`, ...change }),
      }),
    );
  const host = await startHost();
  const own = { ...settings, WEBHOOK_FUNCTION_URL: `${host.url}/api/webhook` };
  return {
    workspace,
    receiver,
    time,
    settings: own,
    host,
    compose: (change = {}, root = repository) =>
      compose({ ...own, ...change }, { clock, root, compile: compileHunts }),
    startHost,
    close,
  };
}

/** The id of a hunt that ships with the product. */
export const addigy = '4f0b3b8d-bde4-4cce-9ff7-1f0c0a7085af';

/**
 * A stack for the tests of a file; before each test its clock stands at `start` and its receiver is empty. Gives what
 * composes the product with a memory of its own.
 */
export function useStack(start: Date, ready: (stack: Stack) => void | Promise<void>): Stack['compose'] {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack(start);
    await ready(stack);
  });
  afterAll(() => stack.close());
  beforeEach(() => {
    stack.time.now = start;
    stack.receiver.clear();
  });
  return (change = {}, root) => stack.compose({ ...newTable(), ...change }, root);
}

let tables = 0;
/** The setting of a memory of its own. */
export const newTable = () => ({ STATE_TABLE: `memory${tables++}` });

/** A connection as the Addigy hunt finds it, of a process that no shipped exclusion names. */
export function agentConnection(DeviceId: string, at: Date, change: Record<string, unknown> = {}) {
  return {
    TimeGenerated: at.toISOString(),
    DeviceId,
    DeviceName: `mac-${DeviceId}`,
    RemoteUrl: 'prod.addigy.com',
    InitiatingProcessFileName: 'go-agent',
    InitiatingProcessVersionInfoCompanyName: '',
    RemoteIP: '192.0.2.7',
    ReportId: 7,
    ActionType: 'ConnectionSuccess',
    ...change,
  };
}

/** One hunt that gives one report. */
export async function huntOnce(app: App, request: Partial<HuntRequest> = {}): Promise<RunReport> {
  const { reports } = await hunt(app, request);
  const [report] = reports;
  if (!report || reports.length !== 1) throw new Error(`${reports.length} reports`);
  return report;
}

/** One hunt, with time enough and no waiting for busy receivers. */
export function hunt(app: App, request: Partial<HuntRequest> = {}): Promise<HuntResult> {
  return app.hunt({
    hunts: ['addigy'],
    limits: { queriesMs: 30_000, deliveryMs: 60_000, patienceMs: 0 },
    ...request,
  });
}
