import type { DuckDBConnection } from '@duckdb/node-api';
import { convert, parseJson, ticksOfTimestamp } from '../values/convert.ts';
import { nullOf, type Scalar, type ScalarType } from '../values/scalar-types.ts';
import type { DayOrder } from './event-time.ts';
import type { SourceColumn } from './tables.ts';

/** A column of a file: its name, how SQL gets at it, and DuckDB's type (`json value` for a member of JSON objects). */
export interface RawColumn {
  readonly name: string;
  readonly sql: string;
  readonly type: string;
}

/** The column's value as text; null where there is none. */
export function textColumn(column: RawColumn): string {
  return column.type === 'json value' ? `json_extract_string(${column.sql}, '$')` : column.sql;
}

/** The type of a column: the documented one, or else the one that its own values show. */
export async function typeOf(
  connection: DuckDBConnection,
  from: string,
  column: RawColumn,
  documented: ScalarType | undefined,
): Promise<ScalarType> {
  if (documented) return documented;
  return isText(column) ? inferType(connection, from, column) : fromSqlType(column).value.type;
}

/** The column as a value of the type; `order` says what dates in numbers mean. */
export function sourceColumn(column: RawColumn, type: ScalarType, order: DayOrder): SourceColumn {
  if (isText(column)) {
    const value = fromText(column, type, order);
    if (column.type !== 'VARCHAR') return { value };
    if (type === 'string') return { value, inFile: { sql: column.sql, kind: 'text' } };
    return type === 'dynamic' && value.json !== undefined
      ? { value, inFile: { sql: value.json, kind: 'json' } }
      : { value };
  }
  const { value, inFile } = fromSqlType(column);
  const nullable = convert(value, type);
  return type === 'datetime' && inFile ? { value: nullable, inFile } : { value: nullable };
}

/** True for a column whose values are text, whatever they mean. */
export function isText({ type }: RawColumn): boolean {
  return type === 'VARCHAR' || type === 'json value';
}

/** A value out of text, as a file holds it. Shapes that are common go without a call of JavaScript. */
function fromText(column: RawColumn, type: ScalarType, order: DayOrder): Scalar {
  const raw = textColumn(column);
  const text: Scalar = { sql: `coalesce(${raw}, '')`, type: 'string', nullable: false };
  switch (type) {
    case 'string':
      return text;
    case 'dynamic':
      return column.type === 'json value' ? fromJson(column) : parseJson(text);
    case 'long':
    case 'int': {
      const digits = type === 'long' ? 18 : 9;
      const plain = `CASE WHEN regexp_full_match(${raw}, '-?[0-9]{1,${digits}}') THEN CAST(${raw} AS ${type === 'long' ? 'BIGINT' : 'INTEGER'}) END`;
      return {
        sql: `coalesce(${plain}, ${convert({ ...text, sql: `nullif(${raw}, '')` }, type).sql})`,
        type,
        nullable: true,
      };
    }
    case 'datetime': {
      const iso = `CASE WHEN regexp_full_match(${raw}, '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?Z?') THEN ${ticksOfTimestamp(`TRY_CAST(rtrim(${raw}, 'Z') AS TIMESTAMP)`, 'micro')} END`;
      const us = ticksOfTimestamp(`try_strptime(${raw}, '%-m/%-d/%Y, %-I:%M:%S %p')`, 'micro');
      const fast = order === 'mdy' ? [iso, us] : [iso];
      const any = `event_time(nullif(${raw}, ''), '${order}')`;
      return { sql: `coalesce(${[...fast, any].join(', ')})`, type, nullable: true };
    }
    default:
      return convert({ ...text, sql: `nullif(${raw}, '')` }, type);
  }
}

/** A member that documentation calls dynamic: text inside it may itself be JSON. */
function fromJson(column: RawColumn): Scalar {
  const member = column.sql;
  const parsed = parseJson({ sql: `coalesce(${textColumn(column)}, '')`, type: 'string', nullable: false });
  return {
    sql: `CASE WHEN json_type(${member}) = 'VARCHAR' THEN ${parsed.sql} ELSE nullif(${member}, 'null'::JSON) END`,
    type: 'dynamic',
    nullable: true,
  };
}

/** What DuckDB's own types are in Kusto. */
function fromSqlType({ sql, type }: RawColumn): SourceColumn {
  const value = (text: string, kusto: ScalarType): SourceColumn => ({
    value: { sql: text, type: kusto, nullable: true },
  });
  if (/^(TINYINT|SMALLINT|INTEGER|UTINYINT|USMALLINT)$/.test(type))
    return value(`CAST(${sql} AS INTEGER)`, 'int');
  if (/^(BIGINT|UINTEGER)$/.test(type)) return value(`CAST(${sql} AS BIGINT)`, 'long');
  if (/^(UBIGINT|HUGEINT|UHUGEINT)$/.test(type)) return value(`TRY_CAST(${sql} AS BIGINT)`, 'long');
  if (/^(FLOAT|DOUBLE|DECIMAL.*)$/.test(type)) return value(`CAST(${sql} AS DOUBLE)`, 'real');
  if (type === 'BOOLEAN') return value(sql, 'bool');
  if (type === 'UUID') return value(`CAST(${sql} AS VARCHAR)`, 'guid');
  if (type === 'TIMESTAMP_NS') return value(ticksOfTimestamp(sql, 'nano'), 'datetime');
  if (type === 'TIMESTAMP' || type === 'TIMESTAMP WITH TIME ZONE') {
    return {
      ...value(ticksOfTimestamp(sql, 'micro'), 'datetime'),
      inFile: { sql, kind: type === 'TIMESTAMP' ? 'timestamp' : 'timestamptz' },
    };
  }
  if (/^(TIMESTAMP.*|DATE)$/.test(type)) {
    return value(ticksOfTimestamp(`CAST(${sql} AS TIMESTAMP)`, 'micro'), 'datetime');
  }
  if (type === 'JSON') return value(`nullif(${sql}, 'null'::JSON)`, 'dynamic');
  if (/^(STRUCT|MAP|UNION)|\]$/.test(type)) return value(`to_json(${sql})`, 'dynamic');
  if (type === '"NULL"') return { value: nullOf('string') };
  return {
    value: { sql: `coalesce(CAST(${sql} AS VARCHAR), '')`, type: 'string', nullable: false },
  };
}

/** A type that all of a column's values have; a string when they don't agree or leave room for doubt. */
async function inferType(connection: DuckDBConnection, from: string, column: RawColumn): Promise<ScalarType> {
  const text = textColumn(column);
  const date =
    '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?';
  const us = '[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}, [0-9]{1,2}:[0-9]{2}:[0-9]{2}([.][0-9]+)? [AP]M';
  const json = column.type === 'json value' ? `json_type(${column.sql})` : "'VARCHAR'";
  const counted = await connection.runAndReadAll(`SELECT
      count(*),
      count(*) FILTER (regexp_full_match(t, '${date}|${us}')),
      count(*) FILTER (regexp_full_match(lower(t), 'true|false')),
      count(*) FILTER (regexp_full_match(t, '0|-?[1-9][0-9]{0,17}') AND j <> 'VARCHAR'),
      count(*) FILTER (j IN ('DOUBLE', 'BIGINT', 'UBIGINT', 'HUGEINT')),
      count(*) FILTER (j IN ('OBJECT', 'ARRAY'))
    FROM (SELECT ${text} AS t, ${json} AS j FROM ${from}) WHERE t <> ''`);
  const [all = 0n, dates, bools, integers, reals, structures] = counted.getRows()[0] ?? [];
  if (all === 0n) return 'string';
  if (dates === all) return 'datetime';
  if (bools === all) return 'bool';
  if (integers === all) return 'long';
  if (reals === all) return 'real';
  return typeof structures === 'bigint' && structures > 0n ? 'dynamic' : 'string';
}
