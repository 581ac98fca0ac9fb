import { UnsupportedKql } from '../translate/relation.ts';
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

/** A text is empty where another value would be null. */
export function orEmpty(sql: string, type: ScalarType): Scalar {
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
  // What is there is preferred; SQL's function passes over nulls only.
  const present = value.type === 'string' ? `CASE WHEN ${value.sql} <> '' THEN ${value.sql} END` : value.sql;
  return orEmpty(
    `any_value(${present})${predicate === undefined ? '' : ` ${filter(call, predicate)}`}`,
    value.type,
  );
}

/** Kusto estimates percentiles (t-digest); here it is the exact nearest-rank one. */
export function percentile(call: Call, percent: Scalar): Scalar {
  const value = argument(call, 0);
  if (value.type === 'dynamic')
    throw new UnsupportedKql(`${call.name}() of a dynamic value; convert it first`, call.node);
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
    sql: `CAST(coalesce(kql_fn_bag_merge(CAST(to_json(list(${value.sql}${order(call)}) ${where}) AS VARCHAR), ${call.node.start}), '[]') AS JSON)`,
    type: 'dynamic',
    nullable: false,
  };
}
