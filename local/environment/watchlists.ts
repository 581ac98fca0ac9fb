import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkspaceOptions } from 'kql-workspace/start-workspace.ts';
import { checkout } from './checkout.ts';

/** Stand-ins for the team's watchlists: `watchlists/ALIAS.csv`, where there is such a folder. */
export function localWatchlists(): Pick<WorkspaceOptions, 'watchlists'> {
  const folder = join(checkout, 'watchlists');
  return existsSync(folder) ? { watchlists: folder } : {};
}
