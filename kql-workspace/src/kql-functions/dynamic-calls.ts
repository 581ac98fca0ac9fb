import { constantArray } from '../translate/literals.ts';
import { columnScalar, UnsupportedKql } from '../translate/relation.ts';
import { convert, jsonBeyond, parseJson, toDynamic, toText } from '../values/convert.ts';
import { integerLiteral, nullOf, type Scalar, stringLiteral } from '../values/scalar-types.ts';
import { sqlString } from '../values/sql-text.ts';
import {
  allArguments,
  argument,
  type Call,
  constantArgument,
  type Functions,
  optionalArgument,
} from './call.ts';
import { callsOf } from './in-javascript/js-function.ts';
import { setFunctions } from './in-javascript/sets.ts';
import { asType } from './typeof-argument.ts';

/** Functions that build dynamic values, and those that take a type as an argument. */
export const functionsOfDynamic: Functions = {
  array_length: (call) => arrayLength(convert(argument(call, 0), 'dynamic')),
  arraylength: (call) => arrayLength(convert(argument(call, 0), 'dynamic')),
  bag_pack: (call) => bagOf(allArguments(call), call),
  pack: (call) => bagOf(allArguments(call), call),
  pack_dictionary: (call) => bagOf(allArguments(call), call),
  pack_array: (call) => ({
    sql: `json_array(${allArguments(call)
      .map((value) => toDynamic(value).sql)
      .join(', ')})`,
    type: 'dynamic',
    nullable: false,
  }),
  pack_all: (call) => packAll(call),
  range: (call) => range(call),
  set_has_element: (call) => setHasElement(call),
  repeat: (call) => {
    const [value, count] = [toDynamic(argument(call, 0)), convert(argument(call, 1), 'long')];
    return {
      sql: `to_json(list_transform(generate_series(1, ${atMost(count.sql, MAX_ELEMENTS)}), lambda i: ${value.sql}))`,
      type: 'dynamic',
      nullable: true,
    };
  },
  gettype: (call) => typeNameOf(argument(call, 0)),
  extract_json: (call) => extractJson(call),
  extractjson: (call) => extractJson(call),
};

/** Null for what is no array. */
function arrayLength({ sql, json, path, texts }: Scalar): Scalar {
  const long = (length: string): Scalar => ({
    sql: `CAST(${length} AS BIGINT)`,
    type: 'long',
    nullable: true,
  });
  if (texts !== undefined) return long(`len(${texts})`);
  const at = json === undefined ? sql : `${json}, ${sqlString(path ?? '$')}`;
  return long(`CASE WHEN json_type(${at}) = 'ARRAY' THEN json_array_length(${at}) END`);
}

const inJavaScript = callsOf(setFunctions);

/** Of a string and an array, one of which the query spells out, SQL can tell; null for what is no array. */
function setHasElement(call: Call): Scalar {
  const [set, item] = [argument(call, 0), argument(call, 1)];
  const known = constantArray(set);
  if (known && item.type === 'string') {
    const texts = known.filter((element) => typeof element === 'string').map((text) => sqlString(text));
    const sql = texts.length === 0 ? 'FALSE' : `(${item.sql} IN (${texts.join(', ')}))`;
    return { sql, type: 'bool', nullable: false };
  }
  if (known || set.type !== 'dynamic' || item.type !== 'string' || typeof item.constant !== 'string')
    return inJavaScript.set_has_element?.(call) ?? nullOf('bool');
  const whole = set.json !== undefined && set.path === '$' ? set.json : set.sql;
  const has = `coalesce(list_contains(from_json(${whole}, '["JSON"]'), to_json(${item.sql})), FALSE)`;
  return { sql: `CASE WHEN json_type(${whole}) = 'ARRAY' THEN ${has} END`, type: 'bool', nullable: true };
}

function bagOf(values: readonly Scalar[], call: Call): Scalar {
  if (values.length % 2 !== 0) throw new UnsupportedKql(`${call.name}() with a key and no value`, call.node);
  const items = values.map((value, index) => (index % 2 === 0 ? toText(value).sql : toDynamic(value).sql));
  return { sql: `json_object(${items.join(', ')})`, type: 'dynamic', nullable: false };
}

/** All columns of the row as a bag; told so, without those that are null or empty. */
function packAll(call: Call): Scalar {
  const columns = call.scope.row?.columns;
  if (!columns) throw new UnsupportedKql(`${call.name}() outside of a table's row`, call.node);
  const members = columns.map((column) => ({ name: sqlString(column.name), value: columnScalar(column) }));
  if (optionalArgument(call, 0)?.constant !== true) {
    const items = members.map(({ name, value }) => `${name}, ${toDynamic(value).sql}`);
    return { sql: `json_object(${items.join(', ')})`, type: 'dynamic', nullable: false };
  }
  const bags = members.map(
    ({ name, value }) =>
      `CASE WHEN ${toText(value).sql} <> '' THEN json_object(${name}, ${toDynamic(value).sql}) ELSE '{}'::JSON END`,
  );
  const sql = `CAST(coalesce(kql_fn_bag_merge(CAST(json_array(${bags.join(', ')}) AS VARCHAR), ${call.node.start}), '{}') AS JSON)`;
  return { sql, type: 'dynamic', nullable: false };
}

/** How many elements `range()` and `repeat()` yield at most. */
const MAX_ELEMENTS = 1_048_576;

/** The lesser of the two; of null it is null. */
function atMost(sql: string, most: number): string {
  return `CASE WHEN ${sql} < ${most} THEN ${sql} WHEN ${sql} IS NOT NULL THEN ${most} END`;
}

/** `range(start, stop, step)`: an array, both ends included. */
function range(call: Call): Scalar {
  const [from, to] = [argument(call, 0), argument(call, 1)];
  const isTime = from.type === 'datetime' || from.type === 'timespan';
  const step =
    optionalArgument(call, 2) ??
    (isTime ? integerLiteral(36_000_000_000n, 'timespan') : integerLiteral(1n, 'long'));
  if (from.type === 'real' || to.type === 'real' || step.type === 'real') {
    const [a, b, by] = [convert(from, 'real').sql, convert(to, 'real').sql, convert(step, 'real').sql];
    const sql = `to_json(list_transform(generate_series(0, ${atMost(`TRY_CAST(floor((${b} - ${a}) / ${by}) AS BIGINT)`, MAX_ELEMENTS - 1)}), lambda i: ${a} + i * ${by}))`;
    return { sql, type: 'dynamic', nullable: true };
  }
  const [a, b, by] = [from, to, step].map((value) => convert(value, 'long').sql);
  const last = atMost(`((${b} - ${a}) // ${by})`, MAX_ELEMENTS - 1);
  const item = toDynamic({ sql: `(${a} + i * ${by})`, type: isTime ? from.type : 'long', nullable: false });
  const sql = `to_json(list_transform(generate_series(0, ${last}), lambda i: ${item.sql}))`;
  return { sql, type: 'dynamic', nullable: true };
}

/** What `gettype()` calls DuckDB's types of JSON values. */
const TYPE_NAMES = `MAP {'OBJECT': 'dictionary', 'ARRAY': 'array', 'VARCHAR': 'string', 'BOOLEAN': 'bool',
  'DOUBLE': 'real', 'BIGINT': 'long', 'UBIGINT': 'long'}`;

function typeNameOf(value: Scalar): Scalar {
  if (value.type !== 'dynamic') return stringLiteral(value.type);
  return { sql: `coalesce(${TYPE_NAMES}[json_type(${value.sql})], 'null')`, type: 'string', nullable: false };
}

/** A JSON path of members and indices: `$.a['b'][0]`. */
function extractJson(call: Call): Scalar {
  const path = constantArgument(call, 0, 'string');
  if (!/^\$(\.[\w-]+|\[\d+\]|\['[^']*'\]|\["[^"]*"\])*$/.test(path)) {
    throw new UnsupportedKql(`the JSON path '${path}'`, call.nodes[0] ?? call.node);
  }
  const source = parseJson(toText(argument(call, 1)));
  const written = path.replace(
    /\['([^']*)'\]|\["([^"]*)"\]|\.([\w-]+)/g,
    (_all, a, b, c) => `."${a ?? b ?? c}"`,
  );
  return asType(toText(jsonBeyond(source, written.slice(1))), call.nodes[2]);
}
