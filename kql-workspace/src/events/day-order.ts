import type { DuckDBConnection } from '@duckdb/node-api';
import type { DayOrder } from './event-time.ts';
import { type RawColumn, textColumn } from './source-columns.ts';

/** What a column's own values say of day and month. */
export interface OrderFound {
  /** `proven`: by a number above 12. `written`: by a form that only one order has. */
  readonly by: 'no dates in numbers' | 'proven' | 'written' | 'nothing' | 'contradiction';
  readonly order?: DayOrder;
  /** One of the dates in numbers. */
  readonly example?: string;
}

const DATE = '^\\s*(\\d{1,2})[./-] ?(\\d{1,2})[./-] ?\\d{4}';
/** Only English of the United States writes it so: no zeros in front, capital AM and PM. */
const UNITED_STATES = '^[1-9]\\d?/[1-9]\\d?/\\d{4},? \\d{1,2}:\\d{2}(:\\d{2}([.]\\d+)?)?\\s[AP]M';

/** What decides the order of day and month in a column of dates as text. */
export async function dayOrderOf(
  connection: DuckDBConnection,
  from: string,
  column: RawColumn,
): Promise<OrderFound> {
  const counted = await connection.runAndReadAll(`SELECT
      count(*), count(*) FILTER (a > 12), count(*) FILTER (b > 12),
      count(*) FILTER (regexp_matches(t, '^\\s*\\d{1,2}[.]')), count(*) FILTER (regexp_matches(t, '${UNITED_STATES}')),
      min(t)
    FROM (
      SELECT t, TRY_CAST(regexp_extract(t, '${DATE}', 1) AS INTEGER) AS a, TRY_CAST(regexp_extract(t, '${DATE}', 2) AS INTEGER) AS b
      FROM (SELECT ${textColumn(column)} AS t FROM ${from}) WHERE regexp_matches(t, '${DATE}')
    )`);
  const [all = 0n, dayFirst = 0n, monthFirst = 0n, dotted = 0n, american = 0n, example] =
    counted.getRows()[0] ?? [];
  if (all === 0n) return { by: 'no dates in numbers' };
  const found = { example: String(example) };
  if (Number(dayFirst) > 0 && Number(monthFirst) > 0) return { ...found, by: 'contradiction' };
  if (Number(dayFirst) > 0) return { ...found, by: 'proven', order: 'dmy' };
  if (Number(monthFirst) > 0) return { ...found, by: 'proven', order: 'mdy' };
  if (dotted === all) return { ...found, by: 'written', order: 'dmy' };
  if (american === all) return { ...found, by: 'written', order: 'mdy' };
  return { ...found, by: 'nothing' };
}
