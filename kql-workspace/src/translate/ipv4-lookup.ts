import type { KqlNode } from '../language-service.ts';
import { toText } from '../values/convert.ts';
import { ipv4Number } from '../values/ip-in-sql.ts';
import { excerpt, nameOf } from './nodes.ts';
import { comparison } from './operations.ts';
import { type Operator, outputColumns } from './operator.ts';
import { constantOf, pluginArguments } from './plugin-arguments.ts';
import {
  type Column,
  columnScalar,
  findColumn,
  type Relation,
  type Translation,
  UnsupportedKql,
  withFreshIds,
} from './relation.ts';

/**
 * `evaluate ipv4_lookup(table, address, network [, key…] [, return_unmatched])`: the rows of the table whose network
 * holds the address. Of two addresses with prefixes one holds the other or they have nothing in common, so that they
 * match where their ranges overlap.
 */
export const ipv4Lookup: Operator = (input, node, scope, translation) => {
  const { call, positional, named } = pluginArguments(node, ['return_unmatched']);
  const [tableNode, addressNode, networkNode, ...others] = positional;
  if (!tableNode || !addressNode || !networkNode) throw new UnsupportedKql(`'${excerpt(call)}'`, call);
  const last = others.at(-1);
  const unmatchedNode =
    named.get('return_unmatched') ?? (last?.kind === 'BooleanLiteralExpression' ? others.pop() : undefined);
  const unmatched = constantOf(unmatchedNode, scope, translation) ?? false;
  const right = withFreshIds(translation.tabular(tableNode, { bindings: scope.bindings }), translation);
  const address = toText(translation.scalar(addressNode, { ...scope, row: input })).sql;
  const network = toText(columnScalar(columnOf(networkNode, right))).sql;
  const left = withRange(input, address, translation);
  const nets = withRange(right, network, translation);
  const pairs = others.map((key) => [columnOf(key, input), columnOf(key, right)] as const);
  const conditions = [
    `${left.first} <= ${nets.last}`,
    `${nets.first} <= ${left.last}`,
    ...pairs.map(([a, b]) => comparison('==', columnScalar(a), columnScalar(b), 'null is false').sql),
  ];
  const added = right.columns.filter((column) => !pairs.some(([, key]) => key === column));
  const items = added.map((column) => {
    const id = translation.newId();
    const sql = unmatched && column.type === 'string' ? `coalesce(${column.id}, '')` : column.id;
    const nullable = column.nullable || (unmatched === true && column.type !== 'string');
    return { column: { name: column.name, type: column.type, nullable, id }, sql: `${sql} AS ${id}` };
  });
  const output = outputColumns(node);
  const columns = [...input.columns, ...items.map(({ column }) => column)];
  if (output.length !== columns.length) throw new UnsupportedKql(`'${excerpt(node)}'`, node);
  const selected = [...input.columns.map(({ id }) => id), ...items.map(({ sql }) => sql)];
  return {
    from: `(SELECT ${[...new Set(selected)].join(', ')} FROM ${left.from} AS l ${unmatched ? 'LEFT JOIN' : 'JOIN'} ${nets.from} AS r ON ${conditions.join(' AND ')})`,
    columns: columns.map(({ type, id, nullable }, index) => ({
      name: output[index]?.name ?? '',
      type,
      id,
      nullable,
    })),
    ordered: false,
  };
};

function columnOf(node: KqlNode, relation: Relation): Column {
  const column = node.kind === 'NameReference' && findColumn(relation, nameOf(node));
  if (!column) throw new UnsupportedKql(`'${excerpt(node)}' in ipv4_lookup`, node);
  return column;
}

/** The relation with the first and the last address that a text stands for. */
function withRange(
  relation: Relation,
  text: string,
  translation: Translation,
): { readonly from: string; readonly first: string; readonly last: string } {
  const [first, last] = [translation.newId(), translation.newId()];
  const prefix = `CAST(CASE WHEN contains(${text}, '/') THEN kql_fn_ipv4_netmask_suffix(${text}, 0) ELSE 32 END AS INTEGER)`;
  const number = ipv4Number(text, `kql_parse_ipv4(${text})`);
  return {
    from: `(SELECT *, ${number} AS ${first}, ${number} + (CAST(1 AS BIGINT) << (32 - ${prefix})) - 1 AS ${last} FROM ${relation.from})`,
    first,
    last,
  };
}
