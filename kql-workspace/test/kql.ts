import { dateToTicks, formatDatetime, formatTimespan } from '../src/values/time-text.ts';
import { openEngine, type QueryEngine } from '../src/workspace.ts';

/** The clock of every query in these tests. */
export const NOW = new Date('2025-06-10T12:00:00Z');

/** Expressions with their values; longs are bigints. */
export type Cases = readonly (readonly [expression: string, value: unknown])[];

/** An engine without events for the tests of a file, and short ways to ask it. */
export interface EmptyEngine {
  run: QueryEngine['run'];
  explain: QueryEngine['explain'];
  append: QueryEngine['append'];
  /** See `rowsOf`. */
  rows(query: string): Promise<Record<string, unknown>[]>;
  /** The value of one expression. */
  value(expression: string): Promise<unknown>;
  /** The body of a test over `Cases`. */
  readonly expectValue: (expression: string, value: unknown) => Promise<void>;
}

/** Opens an engine without events before the file's tests and closes it after them. */
export function emptyEngine(): EmptyEngine {
  let opened: QueryEngine | undefined;
  beforeAll(async () => {
    opened = await openEngine(new Map(), () => dateToTicks(NOW));
  });
  afterAll(() => opened?.close());
  const engine = (): QueryEngine => {
    if (!opened) throw new Error('the engine is open only while tests run');
    return opened;
  };
  const rows = (query: string) => rowsOf(engine(), query);
  const value = async (expression: string) => (await rows(`print value = ${expression}`))[0]?.value;
  return {
    run: (query, options) => engine().run(query, options),
    explain: (query) => engine().explain(query),
    append: (table, given, how) => engine().append(table, given, how),
    rows,
    value,
    expectValue: async (expression, expected) => expect(await value(expression)).toEqual(expected),
  };
}

/** The rows of an answer as objects: times as text, dynamic values as what their JSON says. */
export async function rowsOf(engine: QueryEngine, query: string): Promise<Record<string, unknown>[]> {
  const { columns, rows } = await engine.run(query);
  return rows.map((row) =>
    Object.fromEntries(
      columns.map(({ name, type }, index) => {
        const cell = row[index] ?? null;
        if (type === 'datetime' && typeof cell === 'bigint') return [name, formatDatetime(cell, 'trimmed')];
        if (type === 'timespan' && typeof cell === 'bigint') return [name, formatTimespan(cell)];
        if (type === 'dynamic' && typeof cell === 'string') return [name, JSON.parse(cell) as unknown];
        return [name, cell];
      }),
    ),
  );
}
