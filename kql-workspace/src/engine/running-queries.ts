import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { placeIn } from '../values/place-in-message.ts';
import { ended } from './messages.ts';
import { type Cell, QueryError } from './query-engine.ts';

const START = { line: 1, column: 1 };

/** Each query has a connection of its own, so that queries run side by side and can be stopped one by one. */
export class RunningQueries {
  private readonly instance: DuckDBInstance;
  private readonly all = new Map<DuckDBConnection, Promise<unknown>>();
  private closing = false;

  constructor(instance: DuckDBInstance) {
    this.instance = instance;
  }

  /** `position` says where in the query's text an offset lies. */
  async execute(
    sql: string,
    signal?: AbortSignal,
    position: (offset: number) => { line: number; column: number } = () => START,
  ): Promise<readonly (readonly Cell[])[]> {
    const connection = await this.connect();
    const stop = (): void => connection.interrupt();
    signal?.addEventListener('abort', stop);
    try {
      signal?.throwIfAborted();
      const reading = connection.runAndReadAll(sql);
      this.all.set(connection, reading);
      const reader = await reading;
      return reader.getRows().map((row) => row.map(cellOf));
    } catch (error) {
      const kind = signal?.aborted ? 'stopped' : 'execution';
      const { message, offset } = placeIn(error instanceof Error ? error.message : String(error));
      throw new QueryError(kind, {
        code: kind,
        severity: 'Error',
        message,
        ...(offset === undefined ? START : position(offset)),
      });
    } finally {
      signal?.removeEventListener('abort', stop);
      this.all.delete(connection);
      connection.closeSync();
    }
  }

  private async connect(): Promise<DuckDBConnection> {
    const interrupted = ended('stopped', 'The query was interrupted: the workspace is closed.');
    if (this.closing) throw interrupted;
    try {
      return await this.instance.connect();
    } catch (error) {
      throw this.closing ? interrupted : error;
    }
  }

  /** Stops every query and waits until none runs; what begins after that is refused. */
  async stop(): Promise<void> {
    this.closing = true;
    for (const connection of this.all.keys()) connection.interrupt();
    await Promise.allSettled(this.all.values());
  }
}

function cellOf(value: unknown): Cell {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'bigint':
    case 'boolean':
      return value;
    default:
      return value === null ? null : String(value);
  }
}
