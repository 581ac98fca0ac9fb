import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWorkspace, type Workspace } from 'kql-workspace/start-workspace.ts';
import { type App, compose } from '../../functions/composition.ts';
import { compileHunts } from '../compiler/compile-hunts.ts';
import { startTableService } from './azurite.ts';
import { checkout } from './checkout.ts';
import { type EventHints, eventFiles } from './event-files.ts';
import { appendSample } from './sample-events/append-sample.ts';
import { sampleServerIps } from './sample-events/stories.ts';
import { localStandIns } from './stand-ins.ts';

export interface OnEvents extends EventHints {
  /** A file of events, or a folder of them; without it, sample events of the last days. */
  events?: string;
  /** The clock; without it the real one. */
  now?: Date;
  /** A folder to use in the place of `exclusions/`. */
  exclusions?: string;
  /** Settings that exclusions refer to and `HUNTS`; everything else of it is not used. */
  env?: Record<string, string | undefined>;
}

/** The product in this process over events in the embedded workspace, with an empty memory. It reaches no channel. */
export interface AppOnEvents {
  app: App;
  workspace: Workspace;
  close(): Promise<void>;
}

/** @throws EventFileError for events that can't be used; it fits for one line */
export async function appOnEvents({
  events,
  now,
  exclusions,
  env = {},
  ...hints
}: OnEvents): Promise<AppOnEvents> {
  const clock = now ? () => now : () => new Date();
  const scratch = await mkdtemp(join(tmpdir(), 'hunt-'));
  const closers: (() => Promise<void>)[] = [() => rm(scratch, { recursive: true, force: true })];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const workspace = await startWorkspace({
      now: clock,
      ...localStandIns(),
      ...(events !== undefined && eventFiles(events, hints)),
    });
    closers.push(workspace.close);
    if (events === undefined) await appendSample(workspace, clock());
    const tables = await startTableService();
    closers.push(tables.close);
    const settings = { ...(events === undefined && sampleServerIps), ...env };
    const app = compose(offline(settings, workspace.url, tables.connectionString), {
      clock,
      compile: compileHunts,
      ...(exclusions && { root: await withExclusions(scratch, exclusions) }),
    });
    return { app, workspace, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What the product's settings must hold; nobody listens at the addresses of its channels. */
export function offline(
  env: Record<string, string | undefined>,
  workspaceUrl: string,
  storage: string,
): Record<string, string | undefined> {
  const secret = `whsec_${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64')}`;
  return {
    ...env,
    LOG_ANALYTICS_WORKSPACE_ID: 'local=00000000-0000-0000-0000-000000000000',
    LOG_ANALYTICS_ENDPOINT: workspaceUrl,
    AzureWebJobsStorage: storage,
    AzureWebJobsStorage__tableServiceUri: undefined,
    WEBHOOK_FUNCTION_URL: 'http://127.0.0.1/nobody',
    WEBHOOK_FUNCTION_SECRET: secret,
    WEBHOOK_URL: 'http://127.0.0.1/nobody',
    WEBHOOK_SECRET: secret,
    TEAMS_WEBHOOK_URL: undefined,
    SLACK_WEBHOOK_URL: undefined,
    CHANNELS: undefined,
    APPLICATIONINSIGHTS_CONNECTION_STRING: undefined,
  };
}

/** The product reads `hunts/` and `exclusions/` of one folder. */
async function withExclusions(scratch: string, exclusions: string): Promise<string> {
  const folder = join(scratch, 'root');
  await mkdir(folder);
  await cp(join(checkout, 'hunts'), join(folder, 'hunts'), { recursive: true });
  await cp(exclusions, join(folder, 'exclusions'), { recursive: true });
  return folder;
}
