import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { PreviewOutcome } from '../../functions/flows/preview-exclusion.ts';
import { appOnEvents } from '../environment/app-on-events.ts';

export interface PreviewOnEventsRequest {
  /** An id, or else the name of a file with one exclusion or a list of them; `file` is its path. */
  subject: string;
  file: string;
  /** A file of `DeviceNetworkEvents` or a folder of tables; without it, sample events. */
  events?: string;
  now?: Date;
  env: Record<string, string | undefined>;
}

const QUERIES_MS = 10 * 60_000;

/**
 * What exclusions would hide from events in files, one outcome for each.
 * @throws Error that fits for one line: events or a file that can't be used
 */
export async function previewOnEvents(request: PreviewOnEventsRequest): Promise<PreviewOutcome[]> {
  const subjects = existsSync(request.file)
    ? entriesOf(request.file).map((entry) => ({ entry }))
    : [{ id: request.subject }];
  const { app, close } = await appOnEvents(request);
  try {
    const outcomes: PreviewOutcome[] = [];
    for (const subject of subjects)
      outcomes.push(await app.exclusions.preview({ subject, queriesMs: QUERIES_MS }));
    return outcomes;
  } finally {
    await close();
  }
}

function entriesOf(file: string): Record<string, unknown>[] {
  const value: unknown = parse(readFileSync(file, 'utf8'));
  return [value].flat().map((entry) => {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
      throw new Error(`${file}: must be an exclusion, or a list of them`);
    return entry as Record<string, unknown>;
  });
}
