import { resolve } from 'node:path';
import { engineHost } from './engine/engine-host.ts';
import { errorOf, type Outcome } from './engine/messages.ts';
import type { EngineOptions, QueryEngine, QueryResult, Reading } from './engine/query-engine.ts';

export {
  type Cell,
  type EngineOptions,
  type QueryEngine,
  QueryError,
  type QueryResult,
  type RunOptions,
} from './engine/query-engine.ts';

/**
 * Opens an engine over files (see `loadEvents`), in a process that can be ended. Once they are loaded DuckDB has no
 * access to anything outside but the Parquet files that it reads in place, whatever SQL it is given. Throws
 * EventFileError.
 */
export async function openEngine(
  files: ReadonlyMap<string, readonly string[]>,
  now: () => bigint,
  options: EngineOptions = {},
): Promise<QueryEngine> {
  const host = engineHost();
  const record = host.record({
    do: 'open',
    files: [...files].map(([table, paths]) => [table, paths.map((path) => resolve(path))] as const),
    options: {
      ...options,
      events: resolved(options.events),
      watchlists: resolved(options.watchlists),
      external: resolved(options.external),
    },
  });
  const reading = answerOf<Reading>(await host.open(record));
  return {
    ...reading,
    run: async (query, { span, rowLimit, signal } = {}) =>
      answerOf<QueryResult>(await host.ask(record, { do: 'run', query, at: now(), span, rowLimit }, signal)),
    explain: async (query) => answerOf<string>(await host.ask(record, { do: 'explain', query, at: now() })),
    append: async (table, rows, how) => {
      answerOf(await host.ask(record, { do: 'append', table, rows, options: how }));
    },
    close: () => host.close(record),
  };
}

/** The other process may look from another folder. */
function resolved(path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(path);
}

function answerOf<T>(outcome: Outcome): T {
  if ('error' in outcome) throw errorOf(outcome.error);
  return outcome.value as T;
}
