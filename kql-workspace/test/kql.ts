import { dateToTicks, formatDatetime, formatTimespan } from '../src/values/time-text.ts';
import { openEngine, type QueryEngine } from '../src/workspace.ts';

/** The clock of every query in these tests. */
export const NOW = new Date('2025-06-10T12:00:00Z');

/** An engine without events. */
export function emptyEngine(): Promise<QueryEngine> {
  return openEngine(new Map(), () => dateToTicks(NOW));
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

/** The value of one expression. */
export async function evaluate(engine: QueryEngine, expression: string): Promise<unknown> {
  const [row] = await rowsOf(engine, `print value = ${expression}`);
  return row?.value;
}
