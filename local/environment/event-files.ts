import { statSync } from 'node:fs';
import type { WorkspaceOptions } from 'kql-workspace/start-workspace.ts';

/** What a person says of event files that they don't say themselves. */
export interface EventHints {
  /** The table of a file, or of those files in a folder that don't say theirs. */
  table?: string;
  /** The order of day and month where a file leaves it open. */
  dates?: 'dmy' | 'mdy';
}

/** The hunts that ship look for most in this table: it comes first where a file's columns fit several. */
const FIRST = 'DeviceNetworkEvents';

/** How the workspace is told of a path that a person gave: a folder of event files, or one of them. */
export function eventFiles(
  path: string,
  { table, dates }: EventHints = {},
): Pick<WorkspaceOptions, 'events' | 'table' | 'tables' | 'dates' | 'preferred'> {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return {
    ...(table !== undefined && !isFolder ? { tables: { [table]: path } } : { events: path }),
    ...(table !== undefined && isFolder && { table }),
    ...(dates && { dates }),
    preferred: [FIRST],
  };
}
