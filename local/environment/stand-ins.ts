import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkspaceOptions } from 'kql-workspace/start-workspace.ts';
import { checkout } from './checkout.ts';

/**
 * What the checkout has in the place of things that lie elsewhere: `watchlists/ALIAS.csv` for the team's watchlists,
 * `external/map.json` for the URLs of `externaldata`.
 */
export function localStandIns(): Pick<WorkspaceOptions, 'watchlists' | 'external'> {
  const [watchlists, external] = [join(checkout, 'watchlists'), join(checkout, 'external')];
  return {
    ...(existsSync(watchlists) ? { watchlists } : {}),
    ...(existsSync(external) ? { external } : {}),
  };
}
