import { convert, jsonMember } from '../values/convert.ts';
import { jsonPointer, sqlString } from '../values/sql-text.ts';
import { excerpt, nameOf, need, scalarTypeOf } from './nodes.ts';
import { type Operator, outputColumns } from './operator.ts';
import { select, UnknownColumns, UnsupportedKql } from './relation.ts';

/**
 * `evaluate bag_unpack(bag [, prefix])`: the bag's members become columns. Without a declared schema only the data
 * knows which, so the first attempt asks for them (UnknownColumns), and the next one has them declared.
 */
export const evaluate: Operator = (input, node, scope, translation) => {
  const call = need(node, 'FunctionCall');
  const name = nameOf(need(call, 'Name'));
  if (name !== 'bag_unpack') throw new UnsupportedKql(`the plugin ${name}`, node);
  const [bagNode, prefixNode, ...others] = need(call, 'ArgumentList').items('Expressions');
  if (!bagNode || others.length > 0 || prefixNode?.kind === 'SimpleNamedExpression') {
    throw new UnsupportedKql(`'${excerpt(call)}' with more than a bag and a prefix`, call);
  }
  const bag = convert(translation.scalar(bagNode, { ...scope, row: input }), 'dynamic');
  const given = prefixNode && translation.scalar(prefixNode, { bindings: scope.bindings }).constant;
  const prefix = typeof given === 'string' ? given : '';
  const bagName = bagNode.kind === 'NameReference' ? nameOf(bagNode) : undefined;
  if (!node.child('Schema')) {
    const members = `SELECT unnest(json_keys(${bag.sql})) AS k, ${bag.sql} AS bag FROM ${input.from} WHERE json_type(${bag.sql}) = 'OBJECT'`;
    const types = `SELECT ${sqlString(prefix)} || k, string_agg(DISTINCT json_type(json_extract(bag, '/' || replace(replace(k, '~', '~0'), '/', '~1'))), ',') FROM (${members}) GROUP BY k ORDER BY k`;
    throw new UnknownColumns(types, call.end);
  }
  const kept = input.columns.filter((column) => column.name !== bagName);
  const columns = outputColumns(node).map(({ name: column, type }) => {
    const source = kept.find((candidate) => candidate.name === column);
    if (source) return { column: source, sql: undefined };
    const kind = scalarTypeOf(type, node);
    const member = jsonMember(bag, jsonPointer(column.slice(prefix.length)));
    const id = translation.newId();
    return {
      column: { name: column, type: kind, nullable: kind !== 'string', id },
      sql: convert(member, kind).sql,
    };
  });
  const added = columns.flatMap(({ column, sql }) => (sql === undefined ? [] : [`${sql} AS ${column.id}`]));
  return {
    ...input,
    from: select(input, ['*', ...added].join(', ')),
    columns: columns.map(({ column }) => column),
  };
};
