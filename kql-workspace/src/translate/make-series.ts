import { isAggregateName, type KqlNode } from '../language-service.ts';
import { convert, toDynamic } from '../values/convert.ts';
import { integerLiteral, type Scalar } from '../values/scalar-types.ts';
import { allowParameters, excerpt, nameOf, need, parametersOf } from './nodes.ts';
import { itemValue, type Operator, outputColumns } from './operator.ts';
import { type Column, type Scope, type Translation, UnsupportedKql } from './relation.ts';

/** Kusto's limit of the elements of a series. */
const MAX_ELEMENTS = 1_048_576n;

/** Aggregates with a number as their result. */
const AGGREGATES =
  /^(avg|count|dcount|max|min|stdevp?|sum|variancep?)(if)?$|^(percentile|take_any|any|count_distinct(if)?)$/;

/** Where the elements of a series begin and end, and how far they are apart; undefined is where the data does. */
interface Steps {
  readonly step: bigint;
  readonly first: bigint | undefined;
  readonly last: bigint | undefined;
  /** Rows from here on stand behind the end, although the last element reaches as far. */
  readonly end: bigint | undefined;
}

/**
 * `make-series`: for each group an array of each aggregate, with an element for each step of the axis. Rows are put
 * together by group and step; a step without rows gets the default.
 */
export const makeSeries: Operator = (input, node, scope, translation) => {
  allowParameters(node, ['kind']);
  const kind = parametersOf(node).get('kind');
  if (kind && kind.text !== 'nonempty') throw new UnsupportedKql(`make-series of kind '${kind.text}'`, kind);
  const row: Scope = { ...scope, row: input };
  const keyItems = node.child('ByClause')?.items('Expressions') ?? [];
  const keys = keyItems.map((item) => ({
    value: itemValue(item, row, translation).value,
    id: translation.newId(),
  }));
  const aggregates = node
    .items('Aggregates')
    .map((item) => ({ ...aggregateOf(item, row, translation), id: translation.newId() }));
  const axisNode = need(need(node, 'OnClause'), 'Expression');
  const axis = itemValue(axisNode, row, translation).value;
  if (!['datetime', 'timespan', 'long', 'int'].includes(axis.type))
    throw new UnsupportedKql(`make-series on a column of type ${axis.type}`, axisNode);
  const steps = stepsOf(need(node, 'RangeClause'), axis.type, scope, translation);
  const { step, first, last } = steps;

  const [binId, stepId, at] = [translation.newId(), translation.newId(), convert(axis, 'long').sql];
  const origin = first ?? 0n;
  const offset = `((${at}) - (${origin}))`;
  const remainder = `(${offset} % ${step})`;
  const bin = `(${at}) - ${remainder} - CASE WHEN ${remainder} < 0 THEN ${step} ELSE 0 END`;
  const inRange = [
    `(${at}) IS NOT NULL`,
    ...(first === undefined ? [] : [`(${at}) >= ${first}`]),
    ...(last === undefined ? [] : [`(${at}) < ${last + step}`]),
  ].join(' AND ');
  const keyIds = keys.map(({ id }) => id);
  const keyItemsSql = keys.map(({ value, id }) => `${value.sql} AS ${id}`);
  refuseDoubt(node, input.from, { keyItemsSql, keyIds, at, inRange, steps }, translation);

  const groups = [...keyIds, binId].map((_id, index) => index + 1).join(', ');
  const cells = [
    ...keyItemsSql,
    `${bin} AS ${binId}`,
    ...aggregates.map(({ value, id }) => `${value.sql} AS ${id}`),
  ];
  const by = keyIds.length > 0 ? ` GROUP BY ${keyIds.join(', ')}` : '';
  const [low, high] = [first ?? `min(${binId})`, last ?? `max(${binId})`];
  const series = `unnest(generate_series(${low}, ${high}, ${step})) AS ${stepId}`;
  const [cellsName, stepsName] = [`series_${binId}`, `series_${stepId}`];
  const isSame = [...keyIds.map((id) => `s.${id} IS NOT DISTINCT FROM c.${id}`), `s.${stepId} = c.${binId}`];
  const output = outputColumns(node);
  if (output.length !== keys.length + aggregates.length + 1)
    throw new UnsupportedKql(`'${excerpt(node)}'`, node);
  const element = (sql: string): string => `coalesce(to_json(list(${sql} ORDER BY s.${stepId})), '[]'::JSON)`;
  const arrays = [
    ...aggregates.map(({ value, otherwise, id }) => {
      const cell = toDynamic({ ...value, sql: `c.${id}`, nullable: true }).sql;
      return element(`CASE WHEN c.${binId} IS NULL THEN ${toDynamic(otherwise).sql} ELSE ${cell} END`);
    }),
    element(toDynamic(convert(stepValue(`s.${stepId}`, axis), axis.type)).sql),
  ];
  const columns: Column[] = output.map(({ name }, index) => {
    const key = keys[index];
    return key
      ? { name, type: key.value.type, nullable: key.value.nullable, id: key.id }
      : { name, type: 'dynamic', nullable: false, id: translation.newId() };
  });
  const items = [
    ...keyIds.map((id) => `s.${id} AS ${id}`),
    ...arrays.map((sql, index) => `${sql} AS ${columns[keys.length + index]?.id}`),
  ];
  const empty = nonEmpty(kind, keys.length, steps, node);
  const bounds = `SELECT ${[...keyIds, series].join(', ')} FROM ${cellsName}${by || (first !== undefined && last !== undefined ? ' HAVING count(*) > 0' : '')}`;
  const source = empty ? `SELECT ${series}` : bounds;
  const finalBy =
    keyIds.length > 0 ? ` GROUP BY ${keyIds.map((id) => `s.${id}`).join(', ')}` : ' HAVING count(*) > 0';
  return {
    from: `(WITH ${cellsName} AS (SELECT ${cells.join(', ')} FROM ${input.from} WHERE ${inRange} GROUP BY ${groups}), ${stepsName} AS (${source}) SELECT ${items.join(', ')} FROM ${stepsName} AS s LEFT JOIN ${cellsName} AS c ON ${isSame.join(' AND ')}${finalBy})`,
    columns,
    ordered: false,
  };
};

function stepValue(sql: string, axis: Scalar): Scalar {
  return { sql, type: axis.type === 'int' ? 'long' : axis.type, nullable: false };
}

/** Asked to, `make-series` yields a row of defaults for no rows at all. */
function nonEmpty(kind: KqlNode | undefined, keys: number, { first, last }: Steps, node: KqlNode): boolean {
  if (!kind) return false;
  if (keys > 0 || first === undefined || last === undefined)
    throw new UnsupportedKql("make-series of kind 'nonempty' with groups, or without both ends", node);
  return true;
}

function aggregateOf(
  item: KqlNode,
  scope: Scope,
  translation: Translation,
): { readonly value: Scalar; readonly otherwise: Scalar } {
  const named = need(item, 'Expression');
  const expression = named.kind === 'SimpleNamedExpression' ? need(named, 'Expression') : named;
  const name = expression.kind === 'FunctionCallExpression' ? nameOf(need(expression, 'Name')) : '';
  const isNumber = [...expression.walk()].every(
    ({ kind }) => !kind.endsWith('CallExpression') && kind !== 'NameReference',
  );
  if (!isNumber && !(isAggregateName(name) && AGGREGATES.test(name)))
    throw new UnsupportedKql(`'${excerpt(expression)}' in make-series`, expression);
  const value = translation.scalar(expression, { ...scope, aggregating: true });
  if (!['long', 'int', 'real'].includes(value.type))
    throw new UnsupportedKql(`make-series of a ${value.type} ('${excerpt(expression)}')`, expression);
  const given = item.child('DefaultExpression')?.child('Expression');
  const otherwise = given
    ? translation.scalar(given, { bindings: scope.bindings })
    : integerLiteral(0n, 'long');
  if (otherwise.type === 'real' && value.type !== 'real' && !Number.isInteger(otherwise.constant ?? 0))
    throw new UnsupportedKql(`a real default among ${value.type}s`, given ?? item);
  return { value, otherwise: convert(otherwise, value.type) };
}

function stepsOf(clause: KqlNode, type: Scalar['type'], scope: Scope, translation: Translation): Steps {
  const isRange = clause.kind === 'MakeSeriesInRangeClause';
  const [from, to, step] = isRange
    ? need(clause, 'Arguments').items('Expressions')
    : ['From', 'To', 'Step'].map((part) => clause.child(`MakeSeries${part}Clause`)?.child('Expression'));
  const nodes = [from, to, step];
  const known = translation.texts(
    `SELECT unnest([${nodes.map((node, index) => boundText(node, index === 2 && type === 'datetime' ? 'timespan' : type, scope, translation)).join(', ')}])`,
    clause,
  );
  const [start, stop, size] = known.map((text, index) => {
    if (nodes[index] && text === '')
      throw new UnsupportedKql(`a bound that is null ('${excerpt(nodes[index])}')`, nodes[index]);
    return text === '' ? undefined : BigInt(text);
  });
  if (size === undefined || size <= 0n)
    throw new UnsupportedKql('make-series with a step that is not above 0', clause);
  if (start === undefined && stop !== undefined)
    throw new UnsupportedKql("make-series with 'to' and without 'from'", clause);
  if (isRange && start !== undefined && stop !== undefined) return inRangeSteps(start, stop, size, clause);
  const last =
    start === undefined || stop === undefined ? undefined : start + ((stop - start - 1n) / size) * size;
  if (start !== undefined && stop !== undefined && stop <= start)
    throw new UnsupportedKql('make-series that ends where it begins', clause);
  limit(start, last, size, clause);
  return { step: size, first: start, last, end: stop };
}

/** `in range(…)` bins by whole steps, and its end is included. */
function inRangeSteps(start: bigint, stop: bigint, step: bigint, clause: KqlNode): Steps {
  const first = start - (((start % step) + step) % step);
  if (stop < start || (stop - start) / step !== (stop - first) / step)
    throw new UnsupportedKql('make-series in a range whose end depends on how its start is rounded', clause);
  const last = first + ((stop - first) / step) * step;
  limit(first, last, step, clause);
  return { step, first, last, end: undefined };
}

function limit(first: bigint | undefined, last: bigint | undefined, step: bigint, clause: KqlNode): void {
  if (first !== undefined && last !== undefined && (last - first) / step >= MAX_ELEMENTS)
    throw new UnsupportedKql(`a series of more than ${MAX_ELEMENTS} elements`, clause);
}

function boundText(
  node: KqlNode | undefined,
  type: Scalar['type'],
  scope: Scope,
  translation: Translation,
): string {
  if (!node) return "''";
  const value = convert(translation.scalar(node, { bindings: scope.bindings }), type);
  return `coalesce(CAST(${convert(value, 'long').sql} AS VARCHAR), '')`;
}

interface Doubt {
  readonly keyItemsSql: readonly string[];
  readonly keyIds: readonly string[];
  readonly at: string;
  readonly inRange: string;
  readonly steps: Steps;
}

/** No document says whether a group is there that has rows outside of the range alone, nor of a last step that is cut short. */
function refuseDoubt(
  node: KqlNode,
  from: string,
  { keyItemsSql, keyIds, at, inRange, steps: { first, last, step, end } }: Doubt,
  translation: Translation,
): void {
  if (first === undefined) return;
  const by = keyIds.length > 0 ? `GROUP BY ${keyIds.map((_id, index) => index + 1).join(', ')}` : '';
  const isOut = `count(*) > 0 AND count(*) FILTER (WHERE ${inRange}) = 0`;
  const outside = `SELECT ${['1', ...keyItemsSql].slice(keyItemsSql.length > 0 ? 1 : 0).join(', ')} FROM ${from} ${by} HAVING ${isOut}`;
  const cut =
    end !== undefined && last !== undefined && end < last + step
      ? `(SELECT count(*) FROM ${from} WHERE (${at}) >= ${end} AND (${at}) < ${last + step})`
      : '0';
  const [groups, rows] = translation.texts(
    `SELECT unnest([(SELECT count(*) FROM (${outside})), ${cut}])`,
    node,
  );
  if (groups !== '0')
    throw new UnsupportedKql(`make-series over ${groups} groups with rows outside of the range alone`, node);
  if (rows !== '0')
    throw new UnsupportedKql(`make-series over ${rows} rows behind its end, in its last step`, node);
}
