import type { KqlNode } from '../language-service.ts';
import { BadConstant } from '../values/bad-constant.ts';
import { convert } from '../values/convert.ts';
import type { Scalar } from '../values/scalar-types.ts';
import { allowParameters, excerpt, nameOf, need, parametersOf } from './nodes.ts';
import { commonType, TWO_DYNAMICS } from './operations.ts';
import { type Operator, outputColumns } from './operator.ts';
import {
  type Column,
  columnScalar,
  findColumn,
  type Relation,
  type Scope,
  select,
  type Translation,
  UnsupportedKql,
  withFreshIds,
} from './relation.ts';

/** One equality that rows must satisfy to be joined. */
interface Key {
  readonly left: Scalar;
  readonly right: Scalar;
  /** The right column's name, when the key is just a column. */
  readonly rightName: string | undefined;
}

/** `join`: Kusto's default kind takes one left row of each key. */
export const join: Operator = (input, node, scope, translation) => {
  allowParameters(node, ['kind']);
  const kind = parametersOf(node).get('kind')?.text ?? 'innerunique';
  const { right, keys } = operandsOf(input, node, scope, translation);
  return joined(input, right, keys, kind, node, (left, other) => [...left, ...other]);
};

/** `lookup`: a join whose right keys are left out. */
export const lookup: Operator = (input, node, scope, translation) => {
  allowParameters(node, ['kind']);
  const kind = parametersOf(node).get('kind')?.text ?? 'leftouter';
  const { right, keys } = operandsOf(input, node, scope, translation);
  const dropped = new Set(keys.map(({ rightName }) => rightName));
  return joined(input, right, keys, kind, node, (left, other) => [
    ...left,
    ...other.filter(({ name }) => !dropped.has(name)),
  ]);
};

function operandsOf(
  left: Relation,
  node: KqlNode,
  scope: Scope,
  translation: Translation,
): { right: Relation; keys: readonly Key[] } {
  const operand = translation.tabular(need(node, 'Expression'), { bindings: scope.bindings });
  const right = withFreshIds(operand, translation);
  const clause = node.child('LookupClause') ?? node.child('ConditionClause');
  if (clause?.kind !== 'JoinOnClause')
    throw new UnsupportedKql(`'${excerpt(node)}' without an on clause`, node);
  const keys = clause.items('Expressions').flatMap((item) => keysOf(item, left, right, scope, translation));
  return { right, keys };
}

function keysOf(
  condition: KqlNode,
  left: Relation,
  right: Relation,
  scope: Scope,
  translation: Translation,
): readonly Key[] {
  switch (condition.kind) {
    case 'NameReference': {
      const name = nameOf(condition);
      const [l, r] = [findColumn(left, name), findColumn(right, name)];
      if (!l || !r) throw new UnsupportedKql(`the key '${name}'`, condition);
      return [key(columnScalar(l), columnScalar(r), name)];
    }
    case 'ParenthesizedExpression':
      return keysOf(need(condition, 'Expression'), left, right, scope, translation);
    case 'AndExpression':
      return ['Left', 'Right'].flatMap((side) =>
        keysOf(need(condition, side), left, right, scope, translation),
      );
    case 'EqualExpression': {
      const sides = { bindings: scope.bindings, sides: { left, right } };
      const [first, second] = [need(condition, 'Left'), need(condition, 'Right')];
      const [a, b] = first.text.startsWith('$right') ? [second, first] : [first, second];
      if (!a.text.startsWith('$left') || !b.text.startsWith('$right')) {
        throw new UnsupportedKql(`the join condition '${excerpt(condition)}'`, condition);
      }
      const selector = b.child('Selector');
      return [key(translation.scalar(a, sides), translation.scalar(b, sides), selector && nameOf(selector))];
    }
    default:
      throw new UnsupportedKql(`the join condition '${excerpt(condition)}'`, condition);
  }
}

function key(left: Scalar, right: Scalar, rightName: string | undefined): Key {
  const type = commonType(left.type, right.type);
  if (type === 'dynamic') throw new BadConstant(TWO_DYNAMICS);
  return { left: convert(left, type), right: convert(right, type), rightName };
}

/** Kusto's kinds of join as SQL's. */
const sqlJoins: Readonly<Record<string, string>> = {
  anti: 'ANTI JOIN',
  fullouter: 'FULL JOIN',
  inner: 'JOIN',
  innerunique: 'JOIN',
  leftanti: 'ANTI JOIN',
  leftantisemi: 'ANTI JOIN',
  leftouter: 'LEFT JOIN',
  leftsemi: 'SEMI JOIN',
  rightanti: 'ANTI JOIN',
  rightantisemi: 'ANTI JOIN',
  rightouter: 'RIGHT JOIN',
  rightsemi: 'SEMI JOIN',
};

function joined(
  left: Relation,
  right: Relation,
  keys: readonly Key[],
  kind: string,
  node: KqlNode,
  combine: (left: readonly Column[], right: readonly Column[]) => readonly Column[],
): Relation {
  const sqlJoin = sqlJoins[kind];
  if (!sqlJoin) throw new UnsupportedKql(`the join kind '${kind}'`, node);
  const condition = keys.map((pair) => `${pair.left.sql} = ${pair.right.sql}`).join(' AND ');
  if (sqlJoin === 'ANTI JOIN' || sqlJoin === 'SEMI JOIN') {
    const [kept, other] = kind.startsWith('right') ? [right, left] : [left, right];
    const from = `(SELECT * FROM ${kept.from} AS kept ${sqlJoin} ${other.from} AS other ON ${condition})`;
    return { ...named(kept, kept.columns, node), from };
  }
  const first =
    kind === 'innerunique'
      ? select(
          left,
          '*',
          `QUALIFY row_number() OVER (PARTITION BY ${keys.map((pair) => pair.left.sql).join(', ')}) = 1`,
        )
      : left.from;
  const [leftMissing, rightMissing] = [
    kind === 'rightouter' || kind === 'fullouter',
    kind === 'leftouter' || kind === 'fullouter',
  ];
  const items = new Map<string, string>();
  for (const column of left.columns) items.set(column.id, present(column, leftMissing));
  for (const column of right.columns) items.set(column.id, present(column, rightMissing));
  const columns = combine(
    left.columns.map((column) => outer(column, leftMissing)),
    right.columns.map((column) => outer(column, rightMissing)),
  );
  const selected = [...items].map(([id, sql]) => (sql === id ? id : `${sql} AS ${id}`));
  const from = `(SELECT ${selected.join(', ')} FROM ${first} AS l ${sqlJoin} ${right.from} AS r ON ${condition})`;
  return { ...named({ ...left, from }, columns, node), from };
}

/** On the side without a row a string is empty, all else null. */
function present(column: Column, missing: boolean): string {
  return missing && column.type === 'string' ? `coalesce(${column.id}, '')` : column.id;
}

function outer({ name, type, id, nullable }: Column, missing: boolean): Column {
  return { name, type, id, nullable: nullable || (missing && type !== 'string') };
}

/** The columns under the names that the binder gave them; a repeated name got a number. */
function named(relation: Relation, columns: readonly Column[], node: KqlNode): Relation {
  const output = outputColumns(node);
  if (output.length !== columns.length) throw new UnsupportedKql(`'${excerpt(node)}'`, node);
  return {
    from: relation.from,
    columns: columns.map((column, index) => ({ ...column, name: output[index]?.name ?? column.name })),
    ordered: false,
  };
}
