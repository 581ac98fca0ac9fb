import type { Workspace } from 'kql-workspace/start-workspace.ts';
import type { HuntResult } from '../../functions/flows/run-hunts.ts';
import { appOnEvents, type OnEvents } from './app-on-events.ts';

export interface HuntFileRequest extends OnEvents {
  events: string;
  /** Ids, names or file names; all hunts without it. */
  hunts?: string[];
}

export interface HuntFileResult extends HuntResult {
  /** What the files brought, and what was odd about them. */
  loaded: { table: string; file: string; rows: number; warnings: string[] }[];
  /** Of the events in the files, or null where there are none. */
  newestEvent: string | null;
}

const LIMITS = { queriesMs: 10 * 60_000, deliveryMs: 11 * 60_000, patienceMs: 0 };

/**
 * Hunts once through exported events, in the embedded workspace and with an empty memory; nothing is kept and nothing sent.
 * @throws EventFileError for events that can't be used, UnknownHunt for a hunt that there is not; both fit for one line
 */
export async function huntFile({ hunts, ...request }: HuntFileRequest): Promise<HuntFileResult> {
  const { app, workspace, close } = await appOnEvents(request);
  try {
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
    await close();
  }
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
