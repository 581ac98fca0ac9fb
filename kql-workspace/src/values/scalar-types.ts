import { sqlString } from './sql-text.ts';

/** Kusto's scalar types. */
export const SCALAR_TYPES = [
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
] as const;
export type ScalarType = (typeof SCALAR_TYPES)[number];

/** Reads a type's name, with the aliases that Microsoft's documents use. */
export function toScalarType(name: string): ScalarType {
  const aliases: Readonly<Record<string, ScalarType>> = {
    boolean: 'bool',
    date: 'datetime',
    double: 'real',
    time: 'timespan',
    uniqueid: 'guid',
  };
  const type = SCALAR_TYPES.find((known) => known === name) ?? aliases[name];
  if (!type) throw new Error(`unknown Kusto type '${name}'`);
  return type;
}

/**
 * How a type lies in DuckDB. Datetime and timespan are ticks of 100 ns (datetime from 0001-01-01), which keeps the
 * seventh digit and the years 1 to 9999; a guid is its lower-case text; dynamic is JSON text, null when it is null.
 */
export const SQL_TYPES: Readonly<Record<ScalarType, string>> = {
  bool: 'BOOLEAN',
  datetime: 'BIGINT',
  decimal: 'DECIMAL(38,12)',
  dynamic: 'JSON',
  guid: 'VARCHAR',
  int: 'INTEGER',
  long: 'BIGINT',
  real: 'DOUBLE',
  string: 'VARCHAR',
  timespan: 'BIGINT',
};

/** A scalar expression in SQL, with its Kusto type. */
export interface Scalar {
  readonly sql: string;
  readonly type: ScalarType;
  /** False when the value can't be null: strings never are, nor are literals. */
  readonly nullable: boolean;
  /** For a string out of a file: the same text, but null where it is empty because the file has none. */
  readonly textOrNull?: string;
  /** For a dynamic value out of another: the same, but the JSON null where it is stored as that; it has no members and no text. */
  readonly asStored?: string;
  /**
   * For a dynamic value: valid JSON, or null, that has the value at the JSON path `path`. Members are taken out of it,
   * so that it is read once, however deep they lie.
   */
  readonly json?: string;
  readonly path?: string;
  /** For a dynamic value: what `tostring()` makes of it, but null where it is null. */
  readonly asText?: string;
  /** For a dynamic array of strings: they as a SQL list. */
  readonly texts?: string;
  /** For a bool: what is true where the value is, and false or null where it is not. */
  readonly whenTrue?: string;
  /** The value, where the query itself says it. */
  readonly constant?: string | bigint | number | boolean;
}

/** The null of a type; a string has none, so its is the empty string. */
export function nullOf(type: ScalarType): Scalar {
  return type === 'string'
    ? stringLiteral('')
    : { sql: `CAST(NULL AS ${SQL_TYPES[type]})`, type, nullable: true };
}

export function stringLiteral(text: string): Scalar {
  return { sql: sqlString(text), type: 'string', nullable: false, constant: text };
}

export function integerLiteral(value: bigint, type: 'long' | 'int' | 'datetime' | 'timespan'): Scalar {
  return { sql: `CAST(${value} AS ${SQL_TYPES[type]})`, type, nullable: false, constant: value };
}

export function realLiteral(value: number): Scalar {
  const text = Number.isFinite(value) ? value.toExponential() : sqlString(String(value));
  return { sql: `CAST(${text} AS DOUBLE)`, type: 'real', nullable: false, constant: value };
}

export function boolLiteral(value: boolean): Scalar {
  return { sql: value ? 'TRUE' : 'FALSE', type: 'bool', nullable: false, constant: value };
}
