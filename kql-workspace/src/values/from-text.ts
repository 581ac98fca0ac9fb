import type { ScalarType } from './scalar-types.ts';
import { SQL_TYPES } from './scalar-types.ts';
import { UNIX_EPOCH_TICKS } from './time-text.ts';

/**
 * Texts as values of other types. What is written as it mostly is goes without a call of JavaScript; the functions that
 * `sql-functions.ts` registers read all other spellings.
 */

const functions: Partial<Record<ScalarType, string>> = {
  bool: 'kql_parse_bool',
  datetime: 'kql_parse_datetime',
  guid: 'kql_parse_guid',
  int: 'kql_parse_int',
  long: 'kql_parse_long',
  real: 'kql_parse_real',
  timespan: 'kql_parse_timespan',
};

const SECONDS = '[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]';

function ticks(text: string): string {
  return `(epoch_us(TRY_CAST(${text} AS TIMESTAMP)) * 10 + ${UNIX_EPOCH_TICKS})`;
}

/** The branches of a CASE for the usual spellings of a type. */
const usual: Partial<Record<ScalarType, (text: string) => string>> = {
  bool: (t) => `WHEN ${t} IN ('true', 'True') THEN TRUE WHEN ${t} IN ('false', 'False') THEN FALSE`,
  datetime: (t) =>
    `WHEN regexp_full_match(${t}, '${SECONDS}(?:[.][0-9]{1,6})?Z?') THEN ${ticks(`rtrim(${t}, 'Z')`)}
     WHEN regexp_full_match(${t}, '${SECONDS}[.][0-9]{7}Z?') THEN ${ticks(`left(${t}, 26)`)} + CAST(${t}[27] AS BIGINT)`,
  guid: (t) => `WHEN regexp_full_match(${t}, '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}') THEN ${t}`,
  int: (t) => integer(t, 'INTEGER'),
  long: (t) => integer(t, 'BIGINT'),
  // So many digits have one double that is nearest.
  real: (t) => `WHEN regexp_full_match(${t}, '-?[0-9]{1,15}(?:[.][0-9]{1,15})?') THEN CAST(${t} AS DOUBLE)`,
};

/** What DuckDB writes as it stands is what it read. */
function integer(text: string, type: string): string {
  const read = `TRY_CAST(${text} AS ${type})`;
  return `WHEN CAST(${read} AS VARCHAR) = ${text} THEN ${read}`;
}

/** The text (or null) as a value of the type; null where it is none. */
export function fromText(text: string, type: ScalarType): string {
  const name = functions[type];
  if (name === undefined) return `TRY_CAST(${text} AS ${SQL_TYPES[type]})`;
  const read = (t: string): string => `CASE ${usual[type]?.(t) ?? ''} WHEN ${t} <> '' THEN ${name}(${t}) END`;
  if (text.startsWith("'")) return `${name}(${text})`;
  // Anything but a column is computed once, as the only element of a list.
  return /^\w+$/.test(text) ? read(text) : `list_transform([${text}], lambda written: ${read('written')})[1]`;
}
