import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBConnection,
  DuckDBScalarFunction,
  type DuckDBType,
  INTEGER,
  VARCHAR,
} from '@duckdb/node-api';
import { sqlNameOf } from '../kql-functions/in-javascript/js-function.ts';
import { jsFunctions } from '../kql-functions/in-javascript/js-functions.ts';
import { extract, matchesPattern } from '../kql-functions/in-javascript/patterns.ts';
import { keyValues, keyValuesDiffer } from '../translate/key-values.ts';
import { parseByPattern } from '../translate/parse-pattern.ts';
import { ipCompare, ipIsInAnyRange, ipIsInRange, parseIpv4, parseIpv6 } from './ip-ranges.ts';
import { withPlace } from './place-in-message.ts';
import type { ScalarType } from './scalar-types.ts';
import { has, hasOf } from './terms.ts';
import { formatTimespan, isDatetime, parseDatetime, parseTimespan } from './time-text.ts';

type SqlValue = string | bigint | number | boolean | null;

/** A SQL function written in TypeScript; by default a null argument makes the result null. */
export interface SqlFunction {
  readonly parameters: readonly DuckDBType[];
  readonly returns: DuckDBType;
  readonly call: (...args: never[]) => SqlValue | undefined;
  /** True when a last argument says where in the query's text the call stands, for errors. */
  readonly placed?: true;
}

const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;

function parseLong(input: string): bigint | undefined {
  const text = input.trim();
  if (/^0x[0-9a-f]{1,16}$/i.test(text)) return BigInt.asIntN(64, BigInt(text));
  if (/^[+-]?\d+$/.test(text)) {
    const value = BigInt(text.replace(/^\+/, ''));
    return value >= LONG_MIN && value <= LONG_MAX ? value : undefined;
  }
  // A number with a fraction loses it.
  const real = parseReal(text);
  if (real === undefined || !Number.isFinite(real)) return undefined;
  const value = BigInt(Math.trunc(real));
  return value >= LONG_MIN && value <= LONG_MAX ? value : undefined;
}

function timespanInRange(text: string): bigint | undefined {
  const ticks = parseTimespan(text);
  return ticks !== undefined && ticks >= LONG_MIN && ticks <= LONG_MAX ? ticks : undefined;
}

function parseInt32(text: string): number | undefined {
  const value = parseLong(text);
  return value !== undefined && value >= -(2n ** 31n) && value < 2n ** 31n ? Number(value) : undefined;
}

function parseReal(input: string): number | undefined {
  const text = input.trim();
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  if (/^nan$/i.test(text)) return Number.NaN;
  const infinity = /^([+-])?inf(inity)?$/i.exec(text);
  return infinity ? (infinity[1] === '-' ? -Infinity : Infinity) : undefined;
}

function parseBool(input: string): boolean | undefined {
  const text = input.trim().toLowerCase();
  if (text === 'true') return true;
  if (text === 'false') return false;
  const number = parseLong(text);
  return number === undefined ? undefined : number !== 0n;
}

/** Dashes may lie anywhere or be missing. */
function parseGuid(input: string): string | undefined {
  const digits = input
    .trim()
    .replace(/^\{(.*)\}$/, '$1')
    .replaceAll('-', '')
    .toLowerCase();
  return /^[0-9a-f]{32}$/.test(digits)
    ? digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    : undefined;
}

/** A real as text: whole numbers keep one decimal, as in Kusto's JSON. */
function realText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

const functions: Readonly<Record<string, SqlFunction>> = {
  kql_extract: { parameters: [VARCHAR, BIGINT, VARCHAR], returns: VARCHAR, call: extract, placed: true },
  kql_key_values: { parameters: [VARCHAR, VARCHAR], returns: VARCHAR, call: keyValues },
  kql_key_values_differ: { parameters: [VARCHAR, VARCHAR], returns: BOOLEAN, call: keyValuesDiffer },
  kql_matches_regex: { parameters: [VARCHAR, VARCHAR], returns: BOOLEAN, call: matchesPattern, placed: true },
  kql_shift_left: {
    parameters: [BIGINT, BIGINT],
    returns: BIGINT,
    call: (value: bigint, by: bigint) => BigInt.asIntN(64, value << (by & 63n)),
  },
  kql_shift_right: {
    parameters: [BIGINT, BIGINT],
    returns: BIGINT,
    call: (value: bigint, by: bigint) => value >> (by & 63n),
  },
  kql_has: { parameters: [VARCHAR, VARCHAR, VARCHAR, BOOLEAN], returns: BOOLEAN, call: has },
  kql_has_all: { parameters: [VARCHAR, VARCHAR], returns: BOOLEAN, call: hasOf('all') },
  kql_has_any: { parameters: [VARCHAR, VARCHAR], returns: BOOLEAN, call: hasOf('any') },
  kql_ip_compare: { parameters: [VARCHAR, VARCHAR, BIGINT, INTEGER], returns: BIGINT, call: ipCompare },
  kql_ip_is_in_any_range: { parameters: [VARCHAR, VARCHAR, INTEGER], returns: BOOLEAN, call: ipIsInAnyRange },
  kql_ip_is_in_range: { parameters: [VARCHAR, VARCHAR, INTEGER], returns: BOOLEAN, call: ipIsInRange },
  kql_parse_bool: { parameters: [VARCHAR], returns: BOOLEAN, call: parseBool },
  kql_parse_datetime: { parameters: [VARCHAR], returns: BIGINT, call: parseDatetime },
  kql_parse_guid: { parameters: [VARCHAR], returns: VARCHAR, call: parseGuid },
  kql_parse_int: { parameters: [VARCHAR], returns: INTEGER, call: parseInt32 },
  kql_parse_ipv4: { parameters: [VARCHAR], returns: BIGINT, call: parseIpv4 },
  kql_parse_ipv6: { parameters: [VARCHAR], returns: VARCHAR, call: parseIpv6 },
  kql_parse_long: { parameters: [VARCHAR], returns: BIGINT, call: parseLong },
  kql_parse_real: { parameters: [VARCHAR], returns: DOUBLE, call: parseReal },
  kql_parse_text: { parameters: [VARCHAR, VARCHAR], returns: VARCHAR, call: parseByPattern },
  kql_parse_timespan: { parameters: [VARCHAR], returns: BIGINT, call: timespanInRange },
  kql_real_text: { parameters: [DOUBLE], returns: VARCHAR, call: realText },
  kql_timespan_text: { parameters: [BIGINT], returns: VARCHAR, call: formatTimespan },
};

const duckTypes: Readonly<Record<ScalarType, DuckDBType>> = {
  bool: BOOLEAN,
  datetime: BIGINT,
  decimal: DOUBLE,
  dynamic: VARCHAR,
  guid: VARCHAR,
  int: INTEGER,
  long: BIGINT,
  real: DOUBLE,
  string: VARCHAR,
  timespan: BIGINT,
};

/** Registers the SQL functions that are written in TypeScript; DuckDB calls them a chunk of rows at a time. */
export function registerSqlFunctions(connection: DuckDBConnection): void {
  for (const [name, definition] of Object.entries(functions)) register(connection, name, definition);
  for (const [name, { takes, gives, call }] of Object.entries(jsFunctions)) {
    const parameters = takes.map((type) => duckTypes[type]);
    const checked =
      gives === 'datetime'
        ? (...args: never[]) => {
            const ticks = call(...args);
            return typeof ticks === 'bigint' && isDatetime(ticks) ? ticks : undefined;
          }
        : call;
    register(connection, sqlNameOf(name), {
      parameters,
      returns: duckTypes[gives],
      call: checked,
      placed: true,
    });
  }
}

/** Registers one SQL function that is written in TypeScript. */
export function register(
  connection: DuckDBConnection,
  name: string,
  { parameters, returns, call, placed }: SqlFunction,
): void {
  connection.registerScalarFunction(
    DuckDBScalarFunction.create({
      name,
      parameterTypes: placed ? [...parameters, INTEGER] : parameters,
      returnType: returns,
      mainFunction: (info, chunk, output) => {
        try {
          const columns = parameters.map((_type, index) => chunk.getColumnVector(index));
          for (let row = 0; row < chunk.rowCount; row++) {
            const args = columns.map((column) => column.getItem(row));
            const value = args.includes(null) ? null : call(...(args as never[]));
            output.setItem(row, value ?? null);
          }
          output.flush();
        } catch (error) {
          const message = error instanceof Error ? error.message : String(error);
          const place = placed ? chunk.getColumnVector(parameters.length).getItem(0) : null;
          info.setError(place === null ? message : withPlace(message, Number(place)));
        }
      },
    }),
  );
}
