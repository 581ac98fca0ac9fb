import { isAggregateName, type KqlNode } from '../language-service.ts';
import { toText } from '../values/convert.ts';
import type { Scalar } from '../values/scalar-types.ts';
import { nullOf } from '../values/scalar-types.ts';
import { sqlString } from '../values/sql-text.ts';
import { excerpt, nameOf, need, scalarTypeOf } from './nodes.ts';
import { type Operator, outputColumns } from './operator.ts';
import { pluginArguments } from './plugin-arguments.ts';
import { type Column, findColumn, UnknownColumns, UnsupportedKql } from './relation.ts';

/** The aggregates whose value is 0 where a row has none of a column's values. */
const ZERO = ['count', 'sum', 'dcount'];

/** Those that `pivot` takes. */
const AGGREGATES = [
  ...[
    'any',
    'avg',
    'count',
    'dcount',
    'make_bag',
    'make_list',
    'make_set',
    'max',
    'min',
    'stdev',
    'sum',
    'take_any',
  ],
  'variance',
];

/**
 * `evaluate pivot(column [, aggregate] [, keys…])`: each value of the column becomes a column. Which these are only the
 * data knows, so the first attempt asks for them.
 */
export const pivot: Operator = (input, node, scope, translation) => {
  const { call, positional } = pluginArguments(node, []);
  const [pivotNode, ...rest] = positional;
  const aggregateNode = rest[0]?.kind === 'FunctionCallExpression' ? rest.shift() : undefined;
  if (!pivotNode) throw new UnsupportedKql(`'${excerpt(call)}'`, call);
  const value = translation.scalar(pivotNode, { ...scope, row: input });
  if (!['string', 'int', 'long', 'guid'].includes(value.type))
    throw new UnsupportedKql(`pivot of a column of type ${value.type}`, pivotNode);
  const aggregateName = aggregateNode ? nameOf(need(aggregateNode, 'Name')) : 'count';
  if (aggregateNode && !(isAggregateName(aggregateName) && AGGREGATES.includes(aggregateName)))
    throw new UnsupportedKql(`pivot with '${excerpt(aggregateNode)}'`, aggregateNode);
  const aggregate: Scalar = aggregateNode
    ? translation.scalar(aggregateNode, { ...scope, row: input, aggregating: true })
    : { sql: 'count(*)', type: 'long', nullable: false };

  const used = new Set([pivotNode, ...(aggregateNode ? [aggregateNode] : [])].flatMap(columnsIn));
  const keys: readonly Column[] =
    rest.length > 0
      ? rest.map((key) => keyOf(key, input.columns))
      : input.columns.filter(({ name }) => !used.has(name));
  const keyList = keys.map(({ id }) => id);
  const name = toText(value).sql;
  const schema = node.child('Schema');
  if (!schema) {
    throw new UnknownColumns(
      `SELECT DISTINCT ${name} AS v FROM ${input.from} ORDER BY v`,
      call.end,
      (rows) => {
        const names = rows.map(([found]) => String(found));
        const bad = names.find((found) => found === '' || keys.some((key) => key.name === found));
        if (bad !== undefined)
          throw new UnsupportedKql(`pivot to a column of the name '${bad}', which is empty or taken`, call);
        if (keys.length + names.length === 0)
          throw new UnsupportedKql('pivot of no rows and no columns', call);
        const columns = names.map((found) => ({ name: found, type: aggregate.type }));
        return {
          all: false,
          columns: [...keys.map(({ name: key, type }) => ({ name: key, type })), ...columns],
        };
      },
    );
  }

  const [nameId, cellId] = [translation.newId(), translation.newId()];
  const groups = [...keyList, nameId].map((_id, index) => index + 1).join(', ');
  const cells = `(SELECT ${[...keyList, `${name} AS ${nameId}`, `${aggregate.sql} AS ${cellId}`].join(', ')} FROM ${input.from} GROUP BY ${groups})`;
  const columns = outputColumns(node).map((column) => {
    const key = findColumn({ ...input, columns: keys }, column.name);
    if (key) return { column: key, sql: key.id };
    if (scalarTypeOf(column.type, node) !== aggregate.type)
      throw new UnsupportedKql(
        `the column '${column.name}' as ${column.type} instead of ${aggregate.type}`,
        schema,
      );
    const cell = `any_value(${cellId}) FILTER (WHERE ${nameId} = ${sqlString(column.name)})`;
    const id = translation.newId();
    const none = ZERO.includes(aggregateName) ? '0' : nullOf(aggregate.type).sql;
    const nullable = none !== '0' && aggregate.type !== 'string';
    return {
      column: { name: column.name, type: aggregate.type, nullable, id },
      sql: `coalesce(${cell}, ${none}) AS ${id}`,
    };
  });
  if (!ZERO.includes(aggregateName) && !['string', 'datetime', 'timespan', 'guid'].includes(aggregate.type)) {
    const pairs = `SELECT (SELECT count(*) FROM (SELECT DISTINCT ${keyList.join(', ') || '1'} FROM ${cells})) * (SELECT count(DISTINCT ${nameId}) FROM ${cells}) - (SELECT count(*) FROM ${cells})`;
    const [missing] = translation.texts(pairs, node);
    if (missing !== '0')
      throw new UnsupportedKql(
        `pivot with ${aggregateName}() where ${missing} cells have no rows: no document says what stands there`,
        node,
      );
  }
  const by = keyList.length > 0 ? ` GROUP BY ${keyList.join(', ')}` : '';
  return {
    from: `(SELECT ${columns.map(({ sql }) => sql).join(', ')} FROM ${cells}${by})`,
    columns: columns.map(({ column: { name: columnName, type, nullable, id } }) => ({
      name: columnName,
      type,
      nullable,
      id,
    })),
    ordered: false,
  };
};

function columnsIn(node: KqlNode): readonly string[] {
  return [...node.walk()].flatMap(({ symbol }) => (symbol?.kind === 'Column' ? [symbol.name] : []));
}

function keyOf(node: KqlNode, columns: readonly Column[]): Column {
  const column = node.kind === 'NameReference' && columns.find(({ name }) => name === nameOf(node));
  if (!column) throw new UnsupportedKql(`'${excerpt(node)}' in pivot`, node);
  return column;
}
