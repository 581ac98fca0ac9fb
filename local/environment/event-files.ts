import { statSync } from 'node:fs';
import type { WorkspaceOptions } from 'kql-workspace/start-workspace.ts';

/** How the workspace is told of a path that a person gave: a folder of tables, or one file of `DeviceNetworkEvents`. */
export function eventFiles(path: string): Pick<WorkspaceOptions, 'eventsDir' | 'tables'> {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isFolder ? { eventsDir: path } : { tables: { DeviceNetworkEvents: path } };
}
