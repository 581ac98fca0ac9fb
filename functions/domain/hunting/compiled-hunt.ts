import { z } from 'zod';
import { entityKinds } from './entities.ts';

/**
 * What Microsoft's parser and binder found out about a hunt when the app was built. The deployed app reads no KQL: it trusts this, as long as `hash` is that
 * of the hunt it was made from.
 */

/** A moment as a function of the run's time T. */
export type Moment =
  /** T itself: `now()`, and the end placeholders. */
  | { op: 'run' }
  /** T less the hunt's lookback: the start placeholders. */
  | { op: 'lookback' }
  /** An absolute time of the query, ISO 8601. */
  | { op: 'at'; iso: string }
  | { op: 'add'; ms: number; of: Moment }
  /** `startofday`, `startofweek` (Sunday), `startofmonth`, `startofyear`. */
  | { op: 'floor'; to: 'day' | 'week' | 'month' | 'year'; of: Moment }
  /** `endofday` and its kin: the last tick, here the last millisecond. */
  | { op: 'ceil'; to: 'day' | 'week' | 'month' | 'year'; of: Moment }
  /** `bin(x, 1h)`, counted from 0001-01-01. */
  | { op: 'bin'; ms: number; of: Moment }
  /** `datetime_add('month', n, x)` and years: calendar steps. */
  | { op: 'months'; count: number; of: Moment }
  | { op: 'earliest' | 'latest'; of: Moment[] };

/** A span as a function of T; a side that is null has no bound. */
export interface Reach {
  from: Moment | null;
  to: Moment | null;
}

const moment: z.ZodType<Moment> = z.lazy(() =>
  z.discriminatedUnion('op', [
    z.strictObject({ op: z.literal('run') }),
    z.strictObject({ op: z.literal('lookback') }),
    z.strictObject({ op: z.literal('at'), iso: z.iso.datetime({ offset: true }) }),
    z.strictObject({ op: z.literal('add'), ms: z.number(), of: moment }),
    z.strictObject({ op: z.literal('floor'), to: z.enum(['day', 'week', 'month', 'year']), of: moment }),
    z.strictObject({ op: z.literal('ceil'), to: z.enum(['day', 'week', 'month', 'year']), of: moment }),
    z.strictObject({ op: z.literal('bin'), ms: z.number().positive(), of: moment }),
    z.strictObject({ op: z.literal('months'), count: z.number().int(), of: moment }),
    z.strictObject({ op: z.enum(['earliest', 'latest']), of: z.array(moment).min(1) }),
  ]),
);
const reach = z.strictObject({ from: moment.nullable(), to: moment.nullable() });

/** Kusto's names of scalar types; `unknown` where the binder has none. */
export const scalarTypes = [
  'bool',
  'datetime',
  'decimal',
  'dynamic',
  'guid',
  'int',
  'long',
  'real',
  'string',
  'timespan',
  'unknown',
] as const;
const scalarType = z.enum(scalarTypes);

/** Character offsets into the query; `end` is behind the last character. */
const span = { start: z.number().int().nonnegative(), end: z.number().int().positive() };

export const compiledHuntSchema = z.strictObject({
  /** Grows when this shape changes: an app refuses what another version compiled. */
  format: z.literal(1),
  /** Of the query, the declared lookback, identity and tables: whatever this was made from. */
  hash: z.string(),
  /** Every table that the query reads, whether the metadata names it or not; none that stands in dead code alone. */
  tables: z.array(
    z.strictObject({
      name: z.string(),
      /**
       * `events`: rows with their own time, covered from run to run; `state`: an inventory or snapshot (DeviceInfo, IdentityInfo, …) that is read as a
       * lookup; `untimed`: rows without a time (watchlists, lookups): as of the day it is asked.
       */
      kind: z.enum(['events', 'state', 'untimed']),
      /**
       * The union of what its uses look at; null where it can't be told. A use of events without a bound is bounded by the prelude: `lookback` to `run`; of
       * what is read as it is, the side is null.
       */
      needs: reach.nullable(),
      /** Whether a shadowing `let` of the prelude catches every use (false behind `workspace()`, `database()`, `materialized_view()`, …). */
      shadowed: z.boolean(),
      /** Every use is of a union with `isfuzzy`: where there is no such table, the query goes on without it. */
      optional: z.literal(true).optional(),
    }),
  ),
  /**
   * What one run looks at for findings: the shortest among the leaves that produce rows and the bounds after aggregation. A run at T moves the watermark to
   * its end, and the next must begin no later. Null where it can't be derived or declared: such a hunt is never `complete`.
   */
  covers: reach.nullable(),
  /** How `covers` came about: from the query, from the hunt's `lookback`, or because the query has no bound and the prelude sets it. */
  coversFrom: z.enum(['query', 'declared', 'prelude', 'unknown']),
  /** The hunt's own `lookback` in ms where it declares one. */
  lookbackMs: z.number().positive().optional(),
  /**
   * Places in the query (character offsets, in order, none within another) that stand for the run's time. `now` and `ago`: the whole call, and its argument
   * where it has one; filled (`ago(x)` as `(T - (x))`, `now(x)` as `(T + (x))`) only where the service does not honour `query_now`. `start` and `end`:
   * placeholders such as `{{StartTimeISO}}`, always filled, with the start and the end of what the run covers; `quoted`: it stands within a string or a
   * `datetime(…)`, so the ISO text alone goes in, else a `datetime(…)` literal.
   */
  times: z.array(
    z.strictObject({
      kind: z.enum(['now', 'ago', 'start', 'end']),
      ...span,
      argument: z.strictObject(span).optional(),
      quoted: z.literal(true).optional(),
    }),
  ),
  /** Where the query's last expression ends: before a closing `;`, white space, comments and `render`. Whoever appends operators cuts the text here. */
  end: z.number().int().positive(),
  /** The query's own `set` statements with their `;`, in order: `set` comes before every `let`, so they go ahead of a prelude. */
  sets: z.array(z.strictObject(span)),
  /** What the query returns; `open`: there may be more columns than these. */
  columns: z.array(z.strictObject({ name: z.string(), type: scalarType })),
  open: z.boolean(),
  /** What makes two rows the same thing. Types as the binder has them; not empty. */
  identity: z.array(z.strictObject({ name: z.string(), type: scalarType })).min(1),
  /** Labels (`DeviceName`) that step in for a column of a default identity (`of`: `DeviceId`) in rows where that is empty; none where the hunt names its own. */
  labels: z.array(z.strictObject({ name: z.string(), of: z.string() })),
  /** Columns whose values name what a row is about besides its device. */
  entities: z.array(z.strictObject({ column: z.string(), kind: z.enum(entityKinds) })).optional(),
  /** It counts, limits or compares after an aggregation (`take`, `top`, `where n > 5`): what it finds depends on the span, so it is replayed step by step. */
  counts: z.boolean(),
  /** A row of it is made of two events or more (a join, a list behind `in`): those that lie apart are only found together, so it is replayed step by step too. */
  pairs: z.boolean().optional(),
  /** What stands in today's state whatever time the hunt is run for, in words (`externaldata`, a watchlist, …): replayed all the same, and said. */
  asOfToday: z.array(z.string()),
  /** Why it can't be run for an earlier time at all, in words (a table that no shadow catches and the query doesn't bound, …); empty when it can. */
  notReplayable: z.array(z.string()),
  /** By table, its columns as Microsoft lists them, in either flavour: `name:type`, or the name alone of a string. Tables that no list has are not here. */
  documented: z.record(z.string(), z.string()).optional(),
  /** Columns that the query names and a table lacks, which the prelude supplies: `AccountUpn` from `InitiatingProcessAccountUpn`. */
  supplied: z.array(z.strictObject({ table: z.string(), column: z.string(), from: z.string() })),
});
export type CompiledHunt = z.infer<typeof compiledHuntSchema>;

const DAY_MS = 86_400_000;
/** `bin` counts from here. */
const KUSTO_ZERO_MS = Date.parse('0001-01-01T00:00:00Z');

/** What a moment is for a run at `run`; `lookbackMs` is how far a run looks back where the query leaves that open. */
export function momentAt(moment: Moment, run: Date, lookbackMs: number): Date {
  return new Date(millisecondsAt(moment, run.getTime(), lookbackMs));
}

function millisecondsAt(moment: Moment, run: number, lookbackMs: number): number {
  const inner = (of: Moment) => millisecondsAt(of, run, lookbackMs);
  switch (moment.op) {
    case 'run':
      return run;
    case 'lookback':
      return run - lookbackMs;
    case 'at':
      return Date.parse(moment.iso);
    case 'add':
      return inner(moment.of) + moment.ms;
    case 'floor':
      return floorTo(moment.to, inner(moment.of));
    case 'ceil':
      return ceilTo(moment.to, inner(moment.of));
    case 'bin':
      return KUSTO_ZERO_MS + Math.floor((inner(moment.of) - KUSTO_ZERO_MS) / moment.ms) * moment.ms;
    case 'months':
      return addMonths(inner(moment.of), moment.count);
    case 'earliest':
      return Math.min(...moment.of.map(inner));
    case 'latest':
      return Math.max(...moment.of.map(inner));
  }
}

type CalendarUnit = 'day' | 'week' | 'month' | 'year';

/** Weeks begin on Sunday, as in Kusto. */
function floorTo(unit: CalendarUnit, time: number): number {
  const date = new Date(time);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  switch (unit) {
    case 'day':
      return Date.UTC(year, month, day);
    case 'week':
      return Date.UTC(year, month, day - date.getUTCDay());
    case 'month':
      return Date.UTC(year, month, 1);
    case 'year':
      return Date.UTC(year, 0, 1);
  }
}

function ceilTo(unit: CalendarUnit, time: number): number {
  const start = floorTo(unit, time);
  if (unit === 'day') return start + DAY_MS - 1;
  if (unit === 'week') return start + 7 * DAY_MS - 1;
  return addMonths(start, unit === 'month' ? 1 : 12) - 1;
}

/** The last day of a shorter month stands for the days that it lacks. */
function addMonths(time: number, count: number): number {
  const date = new Date(time);
  const wanted = date.getUTCMonth() + count;
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), wanted + 1, 0)).getUTCDate();
  const moved = new Date(time);
  moved.setUTCFullYear(date.getUTCFullYear(), wanted, Math.min(date.getUTCDate(), lastDay));
  return moved.getTime();
}
