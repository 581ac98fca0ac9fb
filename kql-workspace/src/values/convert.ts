import { fromText } from './from-text.ts';
import { nullOf, type Scalar, type ScalarType, SQL_TYPES, stringLiteral } from './scalar-types.ts';
import { jsonPointer, sqlString } from './sql-text.ts';
import {
  formatDatetime,
  formatTimespan,
  isDatetime,
  MAX_DATETIME_TICKS,
  UNIX_EPOCH_TICKS,
} from './time-text.ts';

/** The ticks of a SQL timestamp of any precision down to 100 ns. */
export function ticksOfTimestamp(sql: string, type: 'micro' | 'nano'): string {
  return type === 'nano'
    ? `(epoch_ns(${sql}) // 100 + ${UNIX_EPOCH_TICKS})`
    : `(epoch_us(${sql}) * 10 + ${UNIX_EPOCH_TICKS})`;
}

/** The SQL timestamp (to the microsecond, rounded down) of a datetime in ticks. */
export function timestampOfTicks(sql: string): string {
  return `make_timestamp((${sql} - ${UNIX_EPOCH_TICKS}) // 10)`;
}

/** A datetime as text with all seven digits, as Kusto's `tostring` writes it. */
function datetimeText(sql: string): string {
  return `(strftime(${timestampOfTicks(sql)}, '%Y-%m-%dT%H:%M:%S.') || lpad(CAST((${sql}) % 10000000 AS VARCHAR), 7, '0') || 'Z')`;
}

/** `tostring()`: null becomes the empty string. */
export function toText(value: Scalar): Scalar {
  if (value.type === 'string') return value;
  const { constant } = value;
  if (typeof constant === 'bigint') {
    if (value.type === 'datetime') return stringLiteral(formatDatetime(constant, 'all'));
    if (value.type === 'timespan') return stringLiteral(formatTimespan(constant));
    return stringLiteral(String(constant));
  }
  if (value.type === 'guid' && typeof constant === 'string') return stringLiteral(constant);
  const text: Readonly<Record<Exclude<ScalarType, 'string'>, string>> = {
    bool: `CASE WHEN ${value.sql} THEN 'true' WHEN NOT ${value.sql} THEN 'false' END`,
    datetime: datetimeText(value.sql),
    decimal: `CAST(${value.sql} AS VARCHAR)`,
    dynamic: value.asText ?? `json_extract_string(${value.asStored ?? value.sql}, '$')`,
    guid: value.sql,
    int: `CAST(${value.sql} AS VARCHAR)`,
    long: `CAST(${value.sql} AS VARCHAR)`,
    real: `kql_real_text(${value.sql})`,
    timespan: `kql_timespan_text(${value.sql})`,
  };
  const sql = text[value.type];
  return { sql: value.nullable ? `coalesce(${sql}, '')` : sql, type: 'string', nullable: false };
}

/** The value as JSON; null stays null. */
export function toDynamic(value: Scalar): Scalar {
  if (value.type === 'dynamic') return value;
  const direct: readonly ScalarType[] = ['string', 'long', 'int', 'bool', 'guid', 'decimal'];
  if (direct.includes(value.type)) {
    return { sql: `to_json(${value.sql})`, type: 'dynamic', nullable: value.nullable };
  }
  if (value.type === 'real') {
    // JSON knows neither NaN nor infinity: Kusto writes them as strings.
    const sql = `CASE WHEN isfinite(${value.sql}) THEN to_json(${value.sql}) ELSE to_json(kql_real_text(${value.sql})) END`;
    return { sql, type: 'dynamic', nullable: value.nullable };
  }
  const text = toText(value);
  const sql = value.nullable
    ? `CASE WHEN ${value.sql} IS NOT NULL THEN to_json(${text.sql}) END`
    : `to_json(${text.sql})`;
  return { sql, type: 'dynamic', nullable: value.nullable };
}

/** `parse_json()`: text that is no JSON becomes a JSON string; the JSON null is null. */
export function parseJson(value: Scalar): Scalar {
  if (value.type === 'dynamic') return value;
  const { sql } = toText(value);
  return {
    sql: `CASE WHEN ${sql} = '' THEN NULL WHEN json_valid(${sql}) THEN ${withoutJsonNull(`json(${sql})`)} ELSE to_json(${sql}) END`,
    type: 'dynamic',
    nullable: true,
    ...(value.constant === undefined && { json: `CASE WHEN json_valid(${sql}) THEN ${sql} END`, path: '$' }),
  };
}

/**
 * The value as `type`, the way `tolong()`, `todatetime()` and their kin convert: what doesn't convert is null.
 * The conversions from text are those of the functions that `sql-functions.ts` registers with DuckDB.
 */
export function convert(value: Scalar, type: ScalarType): Scalar {
  if (value.type === type) return value;
  if (type === 'string') return toText(value);
  if (type === 'dynamic') return toDynamic(value);
  if (value.sql === nullOf(value.type).sql && value.nullable) return nullOf(type);
  const nullable = (sql: string): Scalar => ({ sql, type, nullable: true });
  if (value.type === 'dynamic') return fromDynamic(value, type);
  if (value.type === 'string') {
    return nullable(fromText(value.sql, type));
  }
  const kept: Scalar = { sql: `CAST(${value.sql} AS ${SQL_TYPES[type]})`, type, nullable: value.nullable };
  if (value.type === 'int' && (type === 'long' || type === 'real' || type === 'decimal')) {
    return value.constant === undefined || type !== 'long' ? kept : { ...kept, constant: value.constant };
  }
  if (value.type === 'long' && (type === 'real' || type === 'decimal')) return kept;
  if (value.type === 'bool' && (type === 'int' || type === 'long' || type === 'real')) return kept;
  if (type === 'bool') return { sql: `(${value.sql} <> 0)`, type, nullable: value.nullable };
  if (value.type === 'real' && (type === 'int' || type === 'long')) {
    return nullable(`TRY_CAST(trunc(${value.sql}) AS ${SQL_TYPES[type]})`);
  }
  // Numbers of ticks and their datetime or timespan are the same integer.
  if (SQL_TYPES[value.type] === 'BIGINT' && SQL_TYPES[type] === 'BIGINT') {
    return type === 'datetime' ? asDatetime({ ...value, type }) : { ...value, type };
  }
  const cast = nullable(`TRY_CAST(${value.sql} AS ${SQL_TYPES[type]})`);
  return type === 'datetime' ? asDatetime(cast) : cast;
}

/** Ticks that were computed, as a datetime: what lies outside of the years 1 to 9999 is null. */
export function asDatetime(value: Scalar): Scalar {
  const { sql, constant } = value;
  if (typeof constant === 'bigint') return isDatetime(constant) ? value : nullOf('datetime');
  return {
    sql: `CASE WHEN ${sql} >= 0 AND ${sql} <= ${MAX_DATETIME_TICKS} THEN ${sql} END`,
    type: 'datetime',
    nullable: true,
  };
}

function fromDynamic(value: Scalar, type: ScalarType): Scalar {
  // The text of an array or an object is none of these types.
  if (value.asText !== undefined)
    return convert({ sql: value.asText, type: 'string', nullable: false }, type);
  // Of an array or an object, `json_value` is null.
  const scalarText = `json_extract_string(json_value(${value.asStored ?? value.sql}, '$'), '$')`;
  return convert({ sql: `coalesce(${scalarText}, '')`, type: 'string', nullable: false }, type);
}

/** A member of a dynamic value at a path that is SQL; absent is null, and so is the JSON null, which has no members. */
export function jsonMemberAt(value: Scalar, path: string): Scalar {
  const asStored = `json_extract(${value.asStored ?? value.sql}, ${path})`;
  return { sql: withoutJsonNull(asStored), asStored, type: 'dynamic', nullable: true };
}

/** A member of a dynamic value: of a bag by its key, of an array by its index, which counts from the end when it is negative. */
export function jsonMember(value: Scalar, at: string | bigint): Scalar {
  if (typeof at === 'bigint' && value.texts !== undefined) {
    const asText = `${value.texts}[${at < 0n ? at : at + 1n}]`;
    return { sql: `to_json(${asText})`, asText, type: 'dynamic', nullable: true };
  }
  const step = stepOf(at);
  return step === undefined
    ? jsonMemberAt(value, sqlString(jsonPointer(String(at))))
    : jsonBeyond(value, step);
}

/** What lies beyond further steps of a JSON path (`.a[0]`). */
export function jsonBeyond(value: Scalar, step: string): Scalar {
  const json = value.json ?? value.asStored ?? value.sql;
  const path = `${value.json === undefined ? '$' : (value.path ?? '$')}${step}`;
  const asStored = `json_extract(${json}, ${sqlString(path)})`;
  const asText = `json_extract_string(${json}, ${sqlString(path)})`;
  return { sql: withoutJsonNull(asStored), asStored, asText, json, path, type: 'dynamic', nullable: true };
}

/** The step in a JSON path; undefined for a key that can't stand there. */
function stepOf(at: string | bigint): string | undefined {
  if (typeof at === 'bigint') return at < 0n ? `[#${at}]` : `[${at}]`;
  return /^[\p{L}\p{N}_ .:@/-]+$/u.test(at) ? `."${at}"` : undefined;
}

/** The JSON null is null. (DuckDB's `nullif` would take its argument twice, unseen, and so double at each level.) */
export function withoutJsonNull(sql: string): string {
  return `CASE WHEN ${sql} <> 'null'::JSON THEN ${sql} END`;
}
