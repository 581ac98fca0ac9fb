import { arithmetic } from '../translate/operations.ts';
import { UnsupportedKql } from '../translate/relation.ts';
import { asDatetime, convert } from '../values/convert.ts';
import { integerLiteral, nullOf, type Scalar } from '../values/scalar-types.ts';
import { MAX_DATETIME_TICKS, UNIX_EPOCH_TICKS } from '../values/time-text.ts';
import { argument, type Call, type Functions, optionalArgument } from './call.ts';

/** Functions of time. */
export const functionsOfTime: Functions = {
  now: (call) => {
    const now = integerLiteral(call.translation.now, 'datetime');
    const offset = optionalArgument(call, 0);
    return offset ? arithmetic('+', now, offset, call.node) : now;
  },
  ago: (call) =>
    arithmetic('-', integerLiteral(call.translation.now, 'datetime'), argument(call, 0), call.node),
  ingestion_time: (call) => {
    const { row } = call.scope;
    if (!row) throw new UnsupportedKql('ingestion_time() outside of a table', call.node);
    return row.ingestionId ? { sql: row.ingestionId, type: 'datetime', nullable: true } : nullOf('datetime');
  },
  bin: (call) => bin(call),
  floor: (call) => bin(call),
  bin_at: (call) => binAt(call),
  unixtime_seconds_todatetime: (call) => fromUnixTime(call, 10_000_000n),
  unixtime_milliseconds_todatetime: (call) => fromUnixTime(call, 10_000n),
  unixtime_microseconds_todatetime: (call) => fromUnixTime(call, 10n),
  unixtime_nanoseconds_todatetime: (call) => {
    const value = convert(argument(call, 0), 'long');
    return { sql: `(${value.sql} // 100 + ${UNIX_EPOCH_TICKS})`, type: 'datetime', nullable: value.nullable };
  },
};

/** Outside of the years 1 to 9999 it is null. */
function fromUnixTime(call: Call, ticks: bigint): Scalar {
  const given = argument(call, 0);
  const value = given.type === 'real' ? given : convert(given, 'long');
  const [first, last] = [-UNIX_EPOCH_TICKS / ticks, (MAX_DATETIME_TICKS - UNIX_EPOCH_TICKS) / ticks];
  const scaled =
    value.type === 'real' ? `CAST(round(${value.sql} * ${ticks}) AS BIGINT)` : `${value.sql} * ${ticks}`;
  return {
    sql: `CASE WHEN ${value.sql} >= ${first} AND ${value.sql} <= ${last} THEN ${scaled} + ${UNIX_EPOCH_TICKS} END`,
    type: 'datetime',
    nullable: true,
  };
}

/** The size of a bin; one that is not positive makes the bin null. */
function sizeOf(value: Scalar): string {
  const { constant } = value;
  return (typeof constant === 'bigint' || typeof constant === 'number') && constant > 0
    ? value.sql
    : `CASE WHEN ${value.sql} > 0 THEN ${value.sql} END`;
}

/** `bin_at(value, size, fixed)`: rounded down to a whole number of sizes from the fixed point. */
function binAt(call: Call): Scalar {
  const [value, size, fixed] = [argument(call, 0), argument(call, 1), argument(call, 2)];
  if ([value, size, fixed].some(({ type }) => type === 'real')) {
    const [v, s, f] = [convert(value, 'real').sql, sizeOf(convert(size, 'real')), convert(fixed, 'real').sql];
    return { sql: `(floor((${v} - ${f}) / ${s}) * ${s} + ${f})`, type: 'real', nullable: true };
  }
  const [v, s, f] = [convert(value, 'long').sql, sizeOf(convert(size, 'long')), convert(fixed, 'long').sql];
  const remainder = `((${v} - ${f}) % ${s})`;
  const sql = `(${v} - ${remainder} - CASE WHEN ${remainder} < 0 THEN ${s} ELSE 0 END)`;
  const binned: Scalar = { sql, type: value.type === 'int' ? 'long' : value.type, nullable: true };
  return value.type === 'datetime' ? asDatetime(binned) : binned;
}

/** `bin(value, size)`: rounded down to a multiple of the size. */
function bin(call: Call): Scalar {
  const [value, size] = [argument(call, 0), argument(call, 1)];
  const real = value.type === 'real' || size.type === 'real';
  if (value.type === 'datetime' || value.type === 'timespan' || !real) {
    const type = value.type === 'datetime' || value.type === 'timespan' ? value.type : 'long';
    const [v, s] = [convert(value, 'long').sql, sizeOf(convert(size, 'long'))];
    const remainder = `(${v} % ${s})`;
    return {
      sql: `(${v} - ${remainder} - CASE WHEN ${remainder} < 0 THEN ${s} ELSE 0 END)`,
      type,
      nullable: true,
    };
  }
  const [v, s] = [convert(value, 'real').sql, sizeOf(convert(size, 'real'))];
  return { sql: `(floor(${v} / ${s}) * ${s})`, type: 'real', nullable: true };
}
