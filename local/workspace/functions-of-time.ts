import { argument, type Call, type Functions, optionalArgument } from './call.ts';
import { convert } from './convert.ts';
import { arithmetic } from './operations.ts';
import { UnsupportedKql } from './relation.ts';
import { integerLiteral, nullOf, type Scalar } from './scalar-types.ts';

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
};

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
