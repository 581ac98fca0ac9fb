import type { Workspace } from 'kql-workspace/start-workspace.ts';
import type { RunReport } from '../../functions/domain/hunting/report.ts';
import type { HuntResult } from '../../functions/flows/run-hunts.ts';
import { readCompiledHunts } from '../compiler/compile-hunts.ts';
import { appOnEvents, type OnEvents } from './app-on-events.ts';
import { checkout } from './checkout.ts';
import { filesInDoubt, rowsOutside, tablesUnread } from './unhunted-events.ts';

export interface HuntFileRequest extends OnEvents {
  events: string;
  /** Ids, names or file names; all hunts without it. */
  hunts?: string[];
}

export interface HuntFileResult extends HuntResult {
  /** What the files brought, and what was odd about them. */
  loaded: { table: string; file: string; rows: number; extraColumns: string[]; warnings: string[] }[];
  /** Files that were not read, and why. */
  notRead: { file: string; why: string }[];
  /** Tables of the files that no hunt reads, in a sentence each. */
  unused: string[];
  /** By run: what of the files lies outside of its window, in a sentence each. */
  unhunted: Record<string, string[]>;
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
    const all = await readCompiledHunts(checkout);
    const result = await app.hunt({ dryRun: true, limits: LIMITS, ...(hunts && { hunts }) });
    const ran = all.filter(({ id }) => result.reports.some(({ hunt }) => hunt.id === id));
    const unhunted: HuntFileResult['unhunted'] = {};
    const reports: RunReport[] = [];
    for (const report of result.reports) {
      const hunt = ran.find(({ id }) => id === report.hunt.id);
      const outside = hunt ? await rowsOutside(workspace, report, hunt) : [];
      if (outside.length > 0) unhunted[report.runId] = outside;
      reports.push(hunt ? withDoubts(report, filesInDoubt(workspace, hunt)) : report);
    }
    return {
      ...result,
      reports,
      loaded: workspace.loaded.map(({ table, file, rows, extraColumns, warnings }) => ({
        table,
        file,
        rows,
        extraColumns: [...extraColumns],
        warnings: [...warnings],
      })),
      notRead: workspace.notRead.map(({ file, why }) => ({ file, why })),
      unused: tablesUnread(workspace, ran),
      unhunted,
      newestEvent: await newestEvent(workspace),
    };
  } finally {
    await close();
  }
}

/** What could not be read may be what the hunt looks for: nothing is complete then. */
function withDoubts(report: RunReport, doubts: string[]): RunReport {
  if (doubts.length === 0) return report;
  return {
    ...report,
    outcome: report.outcome === 'complete' ? 'incomplete' : report.outcome,
    problems: [...doubts, ...report.problems],
  };
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
