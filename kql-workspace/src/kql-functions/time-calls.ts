import { arithmetic } from '../translate/operations.ts';
import { UnsupportedKql } from '../translate/relation.ts';
import { convert } from '../values/convert.ts';
import { integerLiteral, nullOf, type Scalar } from '../values/scalar-types.ts';
import { UNIX_EPOCH_TICKS } from '../values/time-text.ts';
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

function fromUnixTime(call: Call, ticks: bigint): Scalar {
  const value = argument(call, 0);
  const scaled =
    value.type === 'real'
      ? `CAST(round(${value.sql} * ${ticks}) AS BIGINT)`
      : `${convert(value, 'long').sql} * ${ticks}`;
  return { sql: `(${scaled} + ${UNIX_EPOCH_TICKS})`, type: 'datetime', nullable: value.nullable };
}

/** `bin_at(value, size, fixed)`: rounded down to a whole number of sizes from the fixed point. */
function binAt(call: Call): Scalar {
  const [value, size, fixed] = [argument(call, 0), argument(call, 1), argument(call, 2)];
  if ([value, size, fixed].some(({ type }) => type === 'real')) {
    const [v, s, f] = [convert(value, 'real').sql, convert(size, 'real').sql, convert(fixed, 'real').sql];
    return { sql: `(floor((${v} - ${f}) / ${s}) * ${s} + ${f})`, type: 'real', nullable: true };
  }
  const [v, s, f] = [convert(value, 'long').sql, convert(size, 'long').sql, convert(fixed, 'long').sql];
  const remainder = `((${v} - ${f}) % ${s})`;
  const sql = `(${v} - ${remainder} - CASE WHEN ${remainder} < 0 THEN ${s} ELSE 0 END)`;
  return { sql, type: value.type === 'int' ? 'long' : value.type, nullable: true };
}

/** `bin(value, size)`: rounded down to a multiple of the size. */
function bin(call: Call): Scalar {
  const [value, size] = [argument(call, 0), argument(call, 1)];
  const real = value.type === 'real' || size.type === 'real';
  if (value.type === 'datetime' || value.type === 'timespan' || !real) {
    const type = value.type === 'datetime' || value.type === 'timespan' ? value.type : 'long';
    const [v, s] = [convert(value, 'long').sql, convert(size, 'long').sql];
    const remainder = `(${v} % ${s})`;
    return {
      sql: `(${v} - ${remainder} - CASE WHEN ${remainder} < 0 THEN ${s} ELSE 0 END)`,
      type,
      nullable: true,
    };
  }
  const [v, s] = [convert(value, 'real').sql, convert(size, 'real').sql];
  return { sql: `(floor(${v} / ${s}) * ${s})`, type: 'real', nullable: value.nullable || size.nullable };
}
