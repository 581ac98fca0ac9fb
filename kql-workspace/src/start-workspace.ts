import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NotRead } from './events/event-files.ts';
import type { DayOrder } from './events/event-time.ts';
import type { AppendOptions } from './events/load-events.ts';
import type { LoadedEvents } from './events/take-in.ts';
import { type Fault, FaultQueue } from './faults.ts';
import { queryApi } from './query-api.ts';
import { dateToTicks } from './values/time-text.ts';
import { openEngine, type QueryResult } from './workspace.ts';

export { EventFileError } from './events/event-file-error.ts';
export type { NotRead } from './events/event-files.ts';
export type { DayOrder } from './events/event-time.ts';
export type { LoadedEvents } from './events/take-in.ts';
export type { Fault } from './faults.ts';

/** The service's usual time for a query, in ms. */
const USUAL_WAIT = 180_000;

/** What to serve. */
export interface WorkspaceOptions {
  /** A file of events, or a folder with files at any depth; which table each belongs to is told by itself. */
  readonly events?: string;
  /** The table of files of `events` that don't say theirs. */
  readonly table?: string;
  /** Tables that come first where a file's columns fit several. */
  readonly preferred?: readonly string[];
  /** The order of day and month where a file leaves it open. */
  readonly dates?: DayOrder;
  /** Files or folders by table, besides `events`. */
  readonly tables?: Readonly<Record<string, string>>;
  /** A folder of watchlists: `ALIAS.csv` is `_GetWatchlist('ALIAS')`. */
  readonly watchlists?: string;
  /** A folder of stand-ins for what lies outside of the workspace: `map.json` says the files of URLs, for `externaldata`. */
  readonly external?: string;
  /** The clock that KQL's `now()` reads; default the real one. */
  readonly now?: () => Date;
  /** The port on 127.0.0.1; 0, the default, takes any free one. */
  readonly port?: number;
}

/** A running workspace. */
export interface Workspace {
  /** `http://127.0.0.1:PORT`; the query API lies under `/v1`. */
  readonly url: string;
  /** What each file brought. */
  readonly loaded: readonly LoadedEvents[];
  /** Files that are not read, and why. */
  readonly notRead: readonly NotRead[];
  /** Adds rows to a table, as if they came in a JSON file. */
  append(table: string, rows: readonly object[], options?: AppendOptions): Promise<void>;
  /** The next `times` (default 1) requests meet the fault; undefined forgets those still waiting. */
  fault(next: Fault | undefined, times?: number): void;
  /** Runs a query without HTTP, for three minutes at most; throws QueryError. */
  run(query: string): Promise<QueryResult>;
  close(): Promise<void>;
}

/**
 * Starts an embedded Log Analytics workspace on 127.0.0.1: every documented table is there, empty unless a file
 * fills it, and the query API answers real KQL. Throws EventFileError for a file that can't be used.
 */
export async function startWorkspace(options: WorkspaceOptions = {}): Promise<Workspace> {
  const clock = options.now ?? (() => new Date());
  const now = (): bigint => dateToTicks(clock());
  const files = new Map(Object.entries(options.tables ?? {}).map(([table, path]) => [table, [path]]));
  const { events, table, preferred = [], dates, watchlists, external } = options;
  const engine = await openEngine(files, now, { events, table, preferred, dates, watchlists, external });
  const faults = new FaultQueue();
  const server = createServer(queryApi(engine, faults, now));
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port ?? 0, '127.0.0.1', resolve);
    });
  } catch (error) {
    await engine.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    loaded: engine.loaded,
    notRead: engine.notRead,
    append: (table, rows, how) => engine.append(table, rows, how),
    fault: (next, times) => faults.add(next, times),
    run: (query) => engine.run(query, { signal: AbortSignal.timeout(USUAL_WAIT) }),
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      await engine.close();
    },
  };
}
