import type { Workspace } from 'kql-workspace/start-workspace.ts';
import { generateEvents } from './generate-events.ts';

/** Puts the sample into a workspace, in its flavour, as if the last event had just happened; gives the number of events. */
export async function appendSample(workspace: Pick<Workspace, 'append'>, now: Date): Promise<number> {
  const sample = generateEvents({ now, flavour: 'log-analytics' });
  for (const [table, list] of Map.groupBy(sample, ({ table }) => table)) {
    await workspace.append(
      table,
      list.map(({ row }) => row),
    );
  }
  return sample.length;
}
