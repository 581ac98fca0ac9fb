import { EventFileError } from '../events/event-file-error.ts';
import type { AppendOptions } from '../events/load-events.ts';
import type { TimeSpan } from '../events/tables.ts';
import type { Diagnostic } from '../parse.ts';
import { type EngineOptions, QueryError } from './query-engine.ts';

/** What an engine in another process is asked. */
export type Ask =
  | {
      readonly do: 'open';
      readonly files: readonly (readonly [table: string, paths: readonly string[]])[];
      readonly options: EngineOptions;
    }
  | {
      readonly do: 'run';
      readonly query: string;
      readonly at: bigint;
      readonly span: TimeSpan | undefined;
      readonly rowLimit: number | undefined;
    }
  | { readonly do: 'explain'; readonly query: string; readonly at: bigint }
  | {
      readonly do: 'append';
      readonly table: string;
      readonly rows: readonly object[];
      readonly options: AppendOptions | undefined;
    }
  | { readonly do: 'close' };

/** A message to the process: a call, or the wish that an earlier one end. */
export type Request =
  | { readonly call: number; readonly engine: number; readonly ask: Ask }
  | { readonly stop: number };

/** What came of a call; errors as plain data, since classes do not travel. */
export type Outcome = { readonly value: unknown } | { readonly error: PlainError };

/** A message from the process. */
export type Reply = Outcome & { readonly call: number };

type PlainError =
  | { readonly is: 'query'; readonly kind: QueryError['kind']; readonly diagnostic: Diagnostic }
  | { readonly is: 'file'; readonly file: string; readonly reason: string }
  | { readonly is: 'other'; readonly message: string };

/** The error as data. */
export function plainError(error: unknown): PlainError {
  if (error instanceof QueryError) return { is: 'query', kind: error.kind, diagnostic: error.diagnostic };
  if (error instanceof EventFileError) return { is: 'file', file: error.file, reason: error.reason };
  return { is: 'other', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

/** The error that was made plain. */
export function errorOf(plain: PlainError): Error {
  switch (plain.is) {
    case 'query':
      return new QueryError(plain.kind, plain.diagnostic);
    case 'file':
      return new EventFileError(plain.file, plain.reason);
    case 'other':
      return new Error(plain.message);
  }
}

/** Why a query that did not come to an end of its own has no answer. */
export function ended(kind: 'execution' | 'stopped', message: string): QueryError {
  return new QueryError(kind, { code: kind, severity: 'Error', message, line: 1, column: 1 });
}

/** What a closed engine says. */
export function closed(): QueryError {
  return ended('stopped', 'The workspace is closed.');
}
