import { UnsupportedKql } from '../../translate/relation.ts';
import { convert, toDynamic } from '../../values/convert.ts';
import { nullOf, type Scalar, type ScalarType } from '../../values/scalar-types.ts';
import { allArguments, type Call, type Functions } from '../call.ts';

/** A value on its way between DuckDB and TypeScript: longs and ticks are bigints, dynamic is JSON text. */
export type JsValue = string | bigint | number | boolean | null;

/** A Kusto function that is written in TypeScript and called by DuckDB. */
export interface JsFunction {
  /** Kusto's types of the parameters; arguments are converted to them. */
  readonly takes: readonly ScalarType[];
  /** Values of the trailing parameters that a call may leave out. */
  readonly defaults?: readonly Scalar[];
  /** True when the last parameter, a dynamic, takes all remaining arguments as one array (arrays among them as such). */
  readonly rest?: boolean;
  readonly gives: ScalarType;
  /** True when dynamic arguments that are null are given as JSON's null, not answered with null. */
  readonly nullsAsJson?: boolean;
  /** Throws when arguments that the query spells out (the others are undefined) are none that the function takes. */
  readonly check?: (constants: readonly unknown[]) => void;
  /** Undefined stands for null; with a null argument the result is null without a call. */
  readonly call: (...args: never[]) => JsValue | undefined;
}

/** Kusto functions by name. */
export type JsFunctions = Readonly<Record<string, JsFunction>>;

/** The name that the function has in SQL. */
export function sqlNameOf(name: string): string {
  return `kql_fn_${name}`;
}

/** How calls of these functions become SQL. */
export function callsOf(functions: JsFunctions): Functions {
  return Object.fromEntries(
    Object.entries(functions).map(([name, definition]) => [
      name,
      (call: Call) => callOf(name, definition, call),
    ]),
  );
}

function callOf(
  name: string,
  { takes, defaults = [], rest, gives, nullsAsJson, check }: JsFunction,
  call: Call,
): Scalar {
  const given = [...allArguments(call)];
  const fixed = rest ? takes.length - 1 : takes.length;
  if (given.length > fixed && !rest) {
    throw new UnsupportedKql(`${call.name}() with ${given.length} arguments`, call.node);
  }
  const values = takes.slice(0, fixed).map((type, index) => {
    const value = given[index] ?? defaults[index - (takes.length - defaults.length)];
    if (!value) throw new UnsupportedKql(`${call.name}() with ${given.length} arguments`, call.node);
    return convert(value, type);
  });
  check?.(values.map(({ constant }) => constant));
  if (rest) values.push(packed(given.slice(fixed)));
  const args = values.map(({ sql, type }) => {
    if (type !== 'dynamic') return sql;
    return nullsAsJson ? `coalesce(CAST(${sql} AS VARCHAR), 'null')` : `CAST(${sql} AS VARCHAR)`;
  });
  return resultOf(`${sqlNameOf(name)}(${[...args, call.node.start].join(', ')})`, gives);
}

function packed(values: readonly Scalar[]): Scalar {
  const items = values.map((value) => toDynamic(value).sql);
  return { sql: `json_array(${items.join(', ')})`, type: 'dynamic', nullable: false };
}

/** What a function written in TypeScript returned, as Kusto's type: a string is never null. */
export function resultOf(sql: string, type: ScalarType): Scalar {
  if (type === 'string') return { sql: `coalesce(${sql}, ${nullOf('string').sql})`, type, nullable: false };
  return { sql: type === 'dynamic' ? `CAST(${sql} AS JSON)` : sql, type, nullable: true };
}
