import { typeOfMembers } from '../declared-columns.ts';
import type { KqlNode } from '../language-service.ts';
import { convert, jsonMember } from '../values/convert.ts';
import type { Scalar } from '../values/scalar-types.ts';
import { sqlString } from '../values/sql-text.ts';
import { excerpt, nameOf, need, scalarTypeOf } from './nodes.ts';
import { type Operator, outputColumns } from './operator.ts';
import { constantOf, pluginArguments, textsOf } from './plugin-arguments.ts';
import { type Column, type Relation, select, UnknownColumns, UnsupportedKql } from './relation.ts';

interface Unpacking {
  readonly bag: Scalar;
  /** The input's columns without the bag. */
  readonly kept: readonly Column[];
  readonly prefix: string;
  readonly conflict: string;
  readonly ignored: readonly string[];
}

const CONFLICTS = ['error', 'replace_source', 'keep_source'];

/**
 * `evaluate bag_unpack(bag [, prefix] [, columnsConflict] [, ignoredProperties])`: the bag's members become columns.
 * Without a declared schema only the data knows which, so the first attempt asks for them (UnknownColumns), and the
 * next one has them declared.
 */
export const bagUnpack: Operator = (input, node, scope, translation) => {
  const names = ['OutputColumnPrefix', 'columnsConflict', 'ignoredProperties'];
  const { call, positional, named } = pluginArguments(node, names);
  const [bagNode, prefixNode, conflictNode, ignoredNode, ...others] = positional;
  if (!bagNode || others.length > 0) throw new UnsupportedKql(`'${excerpt(call)}'`, call);
  const bagName = bagNode.kind === 'NameReference' ? nameOf(bagNode) : undefined;
  const conflict = constantOf(named.get('columnsConflict') ?? conflictNode, scope, translation) ?? 'error';
  if (!CONFLICTS.includes(String(conflict))) throw new UnsupportedKql(`columnsConflict='${conflict}'`, call);
  const unpacking: Unpacking = {
    bag: convert(translation.scalar(bagNode, { ...scope, row: input }), 'dynamic'),
    kept: input.columns.filter((column) => column.name !== bagName),
    prefix: String(constantOf(named.get('OutputColumnPrefix') ?? prefixNode, scope, translation) ?? ''),
    conflict: String(conflict),
    ignored: textsOf(named.get('ignoredProperties') ?? ignoredNode, scope, translation),
  };
  const schema = node.child('Schema');
  if (!schema) throw unknownMembers(input, unpacking, call);
  const declared = need(schema, 'Schema')
    .items('Columns')
    .map((column) => nameOf(need(column, 'Name')));
  const { bag, kept, prefix, ignored } = unpacking;
  const shared = declared.filter((name) => kept.some((column) => column.name === name));
  const replaces = conflict === 'replace_source';
  if (conflict === 'error' && shared.length > 0) {
    const keys = shared.map((name) => sqlString(name.slice(prefix.length))).join(', ');
    const conflicts = `SELECT k FROM (${keysOf(input, unpacking)}) WHERE k IN (${keys}) LIMIT 1`;
    if (translation.texts(conflicts, call).length > 0) throw conflictOf(shared, call);
  }
  const columns = outputColumns(node).map(({ name, type }) => {
    const source = kept.find((candidate) => candidate.name === name);
    if (source && !(replaces && shared.includes(name))) return { column: source, sql: undefined };
    const kind = scalarTypeOf(type, node);
    const key = name.slice(prefix.length);
    const isMember = name.startsWith(prefix) && !ignored.includes(key);
    const member = isMember ? jsonMember(bag, key).sql : 'CAST(NULL AS JSON)';
    return {
      column: { name, type: kind, nullable: kind !== 'string', id: translation.newId() },
      sql: convert({ sql: member, type: 'dynamic', nullable: true }, kind).sql,
    };
  });
  const added = columns.flatMap(({ column, sql }) => (sql === undefined ? [] : [`${sql} AS ${column.id}`]));
  return {
    ...input,
    from: select(input, ['*', ...added].join(', ')),
    columns: columns.map(({ column }) => column),
  };
};

/** The keys of all bags, with the bags. */
function keysOf(input: Relation, { bag }: Unpacking): string {
  return `SELECT unnest(json_keys(${bag.sql})) AS k, ${bag.sql} AS bag FROM ${input.from} WHERE json_type(${bag.sql}) = 'OBJECT'`;
}

/** Asks the data which members there are, and declares the table's columns and these. */
function unknownMembers(input: Relation, unpacking: Unpacking, call: KqlNode): UnknownColumns {
  const { prefix, conflict, ignored, kept } = unpacking;
  const wanted = ignored.length > 0 ? `WHERE k NOT IN (${ignored.map(sqlString).join(', ')})` : '';
  const types = `SELECT ${sqlString(prefix)} || k, string_agg(DISTINCT json_type(json_extract(bag, '/' || replace(replace(k, '~', '~0'), '/', '~1'))), ',') FROM (${keysOf(input, unpacking)}) ${wanted} GROUP BY k ORDER BY k`;
  return new UnknownColumns(types, call.end, (rows) => {
    const members = rows.map(([name, found]) => ({ name: String(name), type: typeOfMembers(String(found)) }));
    const isKept = (name: string): boolean => kept.some((column) => column.name === name);
    const shared = members.filter(({ name }) => isKept(name)).map(({ name }) => name);
    if (conflict === 'error' && shared.length > 0) throw conflictOf(shared, call);
    if (conflict !== 'replace_source')
      return { all: true, columns: members.filter(({ name }) => !isKept(name)) };
    const sources = kept.map(
      ({ name, type }) => members.find((member) => member.name === name) ?? { name, type },
    );
    return { all: false, columns: [...sources, ...members.filter(({ name }) => !isKept(name))] };
  });
}

function conflictOf(names: readonly string[], call: KqlNode): UnsupportedKql {
  const listed = names.map((name) => `'${name}'`).join(', ');
  return new UnsupportedKql(
    `bag_unpack of members that are columns of the table too (${listed}) unless columnsConflict says which to take`,
    call,
  );
}
