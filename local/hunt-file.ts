import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { compose } from '../functions/composition.ts';
import type { HuntResult } from '../functions/run-hunts.ts';
import { startTableService } from './azurite.ts';
import { eventFiles } from './event-files.ts';
import { startWorkspace, type Workspace } from './workspace/start-workspace.ts';

export interface HuntFileRequest {
  /** A file of `DeviceNetworkEvents`, or a folder with a file or folder for each table. */
  events: string;
  /** The clock for the hunt; without it the real one. */
  now?: Date;
  /** Ids, names or file names; all hunts without it. */
  hunts?: string[];
  /** A folder to use in the place of `exclusions/`. */
  exclusions?: string;
  /** Settings that exclusions refer to and `HUNTS`; everything else of it is not used. */
  env?: Record<string, string | undefined>;
}

export interface HuntFileResult extends HuntResult {
  /** What the files brought, and what was odd about them. */
  loaded: { table: string; file: string; rows: number; warnings: string[] }[];
  /** Of the events in the files, or null where there are none. */
  newestEvent: string | null;
}

const root = dirname(import.meta.dirname);
const LIMITS = { queriesMs: 10 * 60_000, deliveryMs: 11 * 60_000, patienceMs: 0 };

/**
 * Hunts once through exported events, in the embedded workspace and with an empty memory; nothing is kept and nothing sent.
 * @throws EventFileError for events that can't be used, UnknownHunt for a hunt that there is not; both fit for one line
 */
export async function huntFile({
  events,
  now,
  hunts,
  exclusions,
  env = {},
}: HuntFileRequest): Promise<HuntFileResult> {
  const clock = now ? () => now : () => new Date();
  const scratch = await mkdtemp(join(tmpdir(), 'hunt-'));
  const closers: (() => Promise<void>)[] = [() => rm(scratch, { recursive: true, force: true })];
  try {
    const workspace = await startWorkspace({ now: clock, ...eventFiles(events) });
    closers.push(workspace.close);
    const tables = await startTableService();
    closers.push(tables.close);

    const app = compose(settings(env, workspace.url, tables.connectionString), {
      clock,
      ...(exclusions && { root: await withExclusions(scratch, exclusions) }),
    });
    const result = await app.hunt({ dryRun: true, limits: LIMITS, ...(hunts && { hunts }) });
    return {
      ...result,
      loaded: workspace.loaded.map(({ table, file, rows, warnings }) => ({
        table,
        file,
        rows,
        warnings: [...warnings],
      })),
      newestEvent: await newestEvent(workspace),
    };
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

/** What the product's settings must hold; a dry run calls neither the webhook function nor a channel. */
function settings(
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
  };
}

/** The product reads `hunts/` and `exclusions/` of one folder. */
async function withExclusions(scratch: string, exclusions: string): Promise<string> {
  const folder = join(scratch, 'root');
  await mkdir(folder);
  await cp(join(root, 'hunts'), join(folder, 'hunts'), { recursive: true });
  await cp(exclusions, join(folder, 'exclusions'), { recursive: true });
  return folder;
}

async function newestEvent(workspace: Workspace): Promise<string | null> {
  const times: string[] = [];
  for (const table of new Set(workspace.loaded.map(({ table }) => table))) {
    const { rows } = await workspace.run(
      `${table} | summarize Newest = max(TimeGenerated) | project tostring(Newest)`,
    );
    const [[newest] = []] = rows;
    if (typeof newest === 'string' && newest !== '') times.push(newest);
  }
  return times.sort().at(-1) ?? null;
}
