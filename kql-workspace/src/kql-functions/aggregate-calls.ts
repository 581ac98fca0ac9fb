import { type Column, columnScalar, UnsupportedKql } from '../translate/relation.ts';
import { translateCondition } from '../translate/translate-condition.ts';
import { convert, toDynamic } from '../values/convert.ts';
import type { Scalar, ScalarType } from '../values/scalar-types.ts';
import { argument, type Call, constantArgument } from './call.ts';

/** The default size limit of `make_set` and `make_list`. */
const MAX_ELEMENTS = 1_048_576n;

type Aggregate = (call: Call) => Scalar;

/** Aggregates that yield one value. Null values don't count, as in Kusto. */
const aggregates: Readonly<Record<string, Aggregate>> = {
  count: (call) => {
    refuseArguments(call, 0);
    return { sql: 'count(*)', type: 'long', nullable: false };
  },
  countif: (call) => ({ sql: `count(*) ${filter(call, 0)}`, type: 'long', nullable: false }),
  // Kusto estimates distinct counts; here they are exact.
  dcount: (call) => distinctCount(call),
  dcountif: (call) => distinctCount(call, 1),
  count_distinct: (call) => distinctCount(call),
  count_distinctif: (call) => distinctCount(call, 1),
  min: (call) => extreme(call, 'min'),
  max: (call) => extreme(call, 'max'),
  minif: (call) => extreme(call, 'min', 1),
  maxif: (call) => extreme(call, 'max', 1),
  sum: (call) => sum(call),
  sumif: (call) => sum(call, 1),
  avg: (call) => average(call),
  avgif: (call) => average(call, 1),
  make_list: (call) => collect(call, 'list'),
  makelist: (call) => collect(call, 'list'),
  make_list_if: (call) => collect(call, 'list', 1),
  make_list_with_nulls: (call) => {
    refuseArguments(call, 1);
    const list = `list(${toDynamic(argument(call, 0)).sql}${order(call)})`;
    return { sql: `coalesce(to_json(${list}), '[]'::JSON)`, type: 'dynamic', nullable: false };
  },
  make_set: (call) => collect(call, 'set'),
  makeset: (call) => collect(call, 'set'),
  make_set_if: (call) => collect(call, 'set', 1),
  take_any: (call) => anyValue(call),
  any: (call) => anyValue(call),
  take_anyif: (call) => anyValue(call, 1),
  anyif: (call) => anyValue(call, 1),
  percentile: (call) => percentile(call, argument(call, 1)),
  stdev: (call) => spread(call, 'stddev_samp'),
  stdevp: (call) => spread(call, 'stddev_pop'),
  variance: (call) => spread(call, 'var_samp'),
  variancep: (call) => spread(call, 'var_pop'),
  stdevif: (call) => spread(call, 'stddev_samp', 1),
  stdevpif: (call) => spread(call, 'stddev_pop', 1),
  varianceif: (call) => spread(call, 'var_samp', 1),
  variancepif: (call) => spread(call, 'var_pop', 1),
  binary_all_and: (call) => bits(call, 'bit_and'),
  binary_all_or: (call) => bits(call, 'bit_or'),
  binary_all_xor: (call) => bits(call, 'bit_xor'),
  make_bag: (call) => makeBag(call),
  make_bag_if: (call) => makeBag(call, 1),
  make_dictionary: (call) => makeBag(call),
};

/** Translates an aggregate that yields one value, inside `summarize`. */
export function translateAggregate(call: Call): Scalar {
  const translate = Object.hasOwn(aggregates, call.name) ? aggregates[call.name] : undefined;
  if (!translate) throw new UnsupportedKql(`the aggregate ${call.name}()`, call.node);
  return translate(call);
}

/** Translates the aggregates that yield several columns; undefined when the call is none of them. */
export function translateWideAggregate(
  call: Call,
  groupedBy: ReadonlySet<string>,
): readonly Scalar[] | undefined {
  switch (call.name) {
    case 'arg_max':
    case 'argmax':
    case 'arg_min':
    case 'argmin':
      return argExtreme(call, call.name.endsWith('max') ? 'arg_max' : 'arg_min', groupedBy);
    case 'take_any':
    case 'any': {
      const columns = starColumns(call, groupedBy, 0);
      return call.nodes.length > 1 || call.nodes[0]?.kind === 'StarExpression' ? wideAny(columns) : undefined;
    }
    case 'percentiles':
      return call.nodes.slice(1).map((_node, index) => percentile(call, argument(call, index + 1)));
    default:
      return undefined;
  }
}

/** Refuses arguments beyond those that are understood: a limit of the size, a condition. */
function refuseArguments(call: Call, understood: number): void {
  const node = call.nodes[understood];
  if (node) throw new UnsupportedKql(`${call.name}() with ${call.nodes.length} arguments`, node);
}

function filter(call: Call, index: number, ...more: string[]): string {
  const node = call.nodes[index];
  const tests = node ? [translateCondition(node, call.scope, call.translation), ...more] : more;
  return tests.length === 0 ? '' : `FILTER (WHERE ${tests.join(' AND ')})`;
}

/** Lists keep the order of their input, where it has one. */
function order(call: Call): string {
  return call.scope.ordinalId ? ` ORDER BY ${call.scope.ordinalId}` : '';
}

function orEmpty(sql: string, type: ScalarType): Scalar {
  return type === 'string'
    ? { sql: `coalesce(${sql}, '')`, type, nullable: false }
    : { sql, type, nullable: true };
}

function distinctCount(call: Call, predicate?: number): Scalar {
  const condition = predicate === undefined ? '' : ` ${filter(call, predicate)}`;
  return { sql: `count(DISTINCT ${argument(call, 0).sql})${condition}`, type: 'long', nullable: false };
}

function extreme(call: Call, name: 'min' | 'max', predicate?: number): Scalar {
  const value = argument(call, 0);
  if (value.type === 'dynamic')
    throw new UnsupportedKql(`${call.name}() of a dynamic value; convert it first`, call.node);
  return orEmpty(
    `${name}(${value.sql})${predicate === undefined ? '' : ` ${filter(call, predicate)}`}`,
    value.type,
  );
}

function numeric(call: Call): Scalar {
  const value = argument(call, 0);
  return value.type === 'dynamic' || value.type === 'string' ? convert(value, 'real') : value;
}

/** The sum of nothing is 0. */
function sum(call: Call, predicate?: number): Scalar {
  const value = numeric(call);
  const type = value.type === 'int' || value.type === 'bool' ? 'long' : value.type;
  const condition = predicate === undefined ? '' : ` ${filter(call, predicate)}`;
  const total = `sum(${convert(value, type).sql})${condition}`;
  const sql =
    type === 'real'
      ? `coalesce(${total}, 0.0)`
      : `CAST(coalesce(${total}, 0) AS ${type === 'decimal' ? 'DECIMAL(38,12)' : 'BIGINT'})`;
  return { sql, type, nullable: false };
}

/** The average of nothing is NaN for numbers; of datetimes and timespans it is one of them. */
function average(call: Call, predicate?: number): Scalar {
  const value = numeric(call);
  const condition = predicate === undefined ? '' : ` ${filter(call, predicate)}`;
  if (value.type === 'datetime' || value.type === 'timespan') {
    const sql = `CAST(sum(${value.sql})${condition} // count(${value.sql})${condition} AS BIGINT)`;
    return { sql, type: value.type, nullable: true };
  }
  return {
    sql: `coalesce(avg(${convert(value, 'real').sql})${condition}, CAST('NaN' AS DOUBLE))`,
    type: 'real',
    nullable: false,
  };
}

/** `make_list` and `make_set`; a set of arrays is the set of their elements, in ascending order here. */
function collect(call: Call, shape: 'list' | 'set', predicate?: number): Scalar {
  const value = argument(call, 0);
  const limitIndex = predicate === undefined ? 1 : 2;
  const limit = call.nodes[limitIndex] ? constantArgument(call, limitIndex, 'bigint') : MAX_ELEMENTS;
  const present = `${value.sql} IS NOT NULL`;
  const where = predicate === undefined ? filter(call, -1, present) : filter(call, predicate, present);
  const plain: readonly ScalarType[] = ['string', 'long', 'int', 'bool', 'guid'];
  const element = plain.includes(value.type) ? value.sql : toDynamic(value).sql;
  let list =
    shape === 'set'
      ? `list(DISTINCT ${element} ORDER BY ${element}) ${where}`
      : `list(${element}${order(call)}) ${where}`;
  if (shape === 'set' && value.type === 'dynamic') {
    const elements = `from_json(CASE json_type(${element}) WHEN 'ARRAY' THEN ${element} ELSE json_array(${element}) END, '["JSON"]')`;
    list = `list_sort(list_distinct(flatten(list(${elements}) ${where})))`;
  }
  return {
    sql: `coalesce(to_json((${list})[1:${limit}]), '[]'::JSON)`,
    type: 'dynamic',
    nullable: false,
  };
}

function anyValue(call: Call, predicate?: number): Scalar {
  const value = argument(call, 0);
  return orEmpty(
    `any_value(${value.sql})${predicate === undefined ? '' : ` ${filter(call, predicate)}`}`,
    value.type,
  );
}

/** Kusto estimates percentiles (t-digest); here it is the exact nearest-rank one. */
function percentile(call: Call, percent: Scalar): Scalar {
  const value = argument(call, 0);
  const { constant } = percent;
  if (typeof constant !== 'bigint' && typeof constant !== 'number') {
    throw new UnsupportedKql(`${call.name}() with a percentage that is not a constant`, call.node);
  }
  return orEmpty(`quantile_disc(${value.sql}, ${Number(constant) / 100})`, value.type);
}

/** Of nothing it is 0, and so it is taken to be of a single value, for which SQL has no answer. */
function spread(call: Call, name: string, predicate?: number): Scalar {
  const condition = predicate === undefined ? '' : ` ${filter(call, predicate)}`;
  const sql = `coalesce(${name}(${convert(numeric(call), 'real').sql})${condition}, 0.0)`;
  return { sql, type: 'real', nullable: false };
}

function bits(call: Call, name: string): Scalar {
  return { sql: `${name}(${convert(argument(call, 0), 'long').sql})`, type: 'long', nullable: true };
}

/** One bag with the members of all; of equal keys the first wins. Of nothing it is `[]`, as documented. */
function makeBag(call: Call, predicate?: number): Scalar {
  refuseArguments(call, predicate === undefined ? 1 : 2);
  const value = toDynamic(argument(call, 0));
  const present = `${value.sql} IS NOT NULL`;
  const where = predicate === undefined ? filter(call, -1, present) : filter(call, predicate, present);
  return {
    sql: `CAST(coalesce(kql_fn_bag_merge(CAST(to_json(list(${value.sql}${order(call)}) ${where}) AS VARCHAR)), '[]') AS JSON)`,
    type: 'dynamic',
    nullable: false,
  };
}

function starColumns(call: Call, groupedBy: ReadonlySet<string>, from: number): readonly Scalar[] {
  return call.nodes.slice(from).flatMap((node, index) => {
    if (node.kind !== 'StarExpression') return [argument(call, from + index)];
    const but = from === 0 ? undefined : call.nodes[0]?.symbol?.name;
    return (call.scope.row?.columns ?? [])
      .filter((column: Column) => !groupedBy.has(column.name) && column.name !== but)
      .map(columnScalar);
  });
}

/** The values of one row: picked together as a struct, then taken apart. */
function wideAny(values: readonly Scalar[]): readonly Scalar[] {
  return values.map((value, index) => orEmpty(`any_value(${structOf(values)}).f${index}`, value.type));
}

function argExtreme(
  call: Call,
  name: 'arg_max' | 'arg_min',
  groupedBy: ReadonlySet<string>,
): readonly Scalar[] {
  const key = argument(call, 0);
  const values = starColumns(call, groupedBy, 1);
  // Rows without a key don't compete; when there are only such, any of them stands for the group.
  const row = (index: number) =>
    `coalesce(${name}(${structOf(values)}, ${key.sql}), any_value(${structOf(values)})).f${index}`;
  const best = orEmpty(`${name === 'arg_max' ? 'max' : 'min'}(${key.sql})`, key.type);
  return [best, ...values.map((value, index) => orEmpty(row(index), value.type))];
}

function structOf(values: readonly Scalar[]): string {
  if (values.length === 0) return '{f: 0}';
  return `{${values.map(({ sql }, index) => `f${index}: ${sql}`).join(', ')}}`;
}
