import type { KqlNode, NamedType } from '../language-service.ts';
import { convert } from '../values/convert.ts';
import { nullOf, type Scalar, stringLiteral } from '../values/scalar-types.ts';
import { allowParameters, excerpt, nameOf, parametersOf, scalarTypeOf } from './nodes.ts';
import { outputColumns } from './operator.ts';
import { type Relation, type Scope, select, type Translation, UnsupportedKql } from './relation.ts';
import { readsMissingWatchlist } from './watchlist.ts';

/** One table of a union and the name that `withsource` gives it. */
interface Operand {
  readonly relation: Relation;
  readonly source: string;
}

/** `union` with or without a table in front of the bar. */
export function union(
  input: Relation | undefined,
  node: KqlNode,
  scope: Scope,
  translation: Translation,
): Relation {
  allowParameters(node, ['kind', 'withsource', 'isfuzzy']);
  const parameters = parametersOf(node);
  const operands: Operand[] = input ? [{ relation: input, source: input.name ?? 'union_arg0' }] : [];
  for (const item of node.items('Expressions')) {
    operands.push(...operandsOf(item, operands.length, scope, translation, isFuzzy(node)));
  }
  const withSource = parameters.get('withsource');
  const source = withSource && nameOf(withSource);
  // To the right of `in` the binder takes the columns of the row around for one more table.
  const output = outputColumns(node).filter(
    ({ name, type }) => name === source || operands.some(({ relation }) => columnFor(relation, name, type)),
  );
  // The binder gives kind=inner the columns of all tables; what it yields are those that every table has.
  const kept =
    parameters.get('kind')?.text === 'inner'
      ? output.filter(
          ({ name, type }) =>
            name === source ||
            operands.every(({ relation }) =>
              relation.columns.some((column) => column.name === name && column.type === type),
            ),
        )
      : output;
  return unionOf(operands, kept, source, node, translation);
}

/** True for `isfuzzy=true`, under which tables that don't exist are left out. */
export function isFuzzy(node: KqlNode): boolean {
  return parametersOf(node).get('isfuzzy')?.text === 'true';
}

function operandsOf(
  item: KqlNode,
  index: number,
  scope: Scope,
  translation: Translation,
  fuzzy: boolean,
): readonly Operand[] {
  if (item.kind === 'NameReference' && item.text.includes('*')) {
    const pattern = new RegExp(`^${item.text.replace(/[.$^+?()[\]{}|\\]/g, '\\$&').replaceAll('*', '.*')}$`);
    const named = [...scope.bindings].filter(([name, { kind }]) => kind !== 'scalar' && pattern.test(name));
    if (named.length > 0) {
      throw new UnsupportedKql(
        `the wildcard '${item.text}', which also covers names that the query declares`,
        item,
      );
    }
    return translation.tableNames.flatMap((name) => {
      const relation = pattern.test(name) ? translation.table(name) : undefined;
      return relation ? [{ relation, source: name }] : [];
    });
  }
  const inner = item.kind === 'ParenthesizedExpression' ? (item.child('Expression') ?? item) : item;
  if (fuzzy && readsMissingWatchlist(inner, scope, translation)) return [];
  const source = sourceOf(inner);
  if (
    fuzzy &&
    source.kind === 'NameReference' &&
    !scope.bindings.has(nameOf(source)) &&
    !translation.table(nameOf(source))
  ) {
    return [];
  }
  const relation = translation.tabular(item, { bindings: scope.bindings });
  return [{ relation, source: relation.name ?? `union_arg${index}` }];
}

/** What an operand's operators begin with. */
function sourceOf(item: KqlNode): KqlNode {
  const inner = ['ParenthesizedExpression', 'PipeExpression'].includes(item.kind)
    ? item.child('Expression')
    : undefined;
  return inner ? sourceOf(inner) : item;
}

/** Puts tables under one another; a column that one of them lacks is null there. */
export function unionOf(
  operands: readonly Operand[],
  output: readonly NamedType[],
  sourceColumn: string | undefined,
  node: KqlNode,
  translation: Translation,
): Relation {
  if (operands.length === 0) throw new UnsupportedKql(`'${excerpt(node)}': none of its tables exists`, node);
  const columns = output.map(({ name, type }) => ({
    name,
    type: scalarTypeOf(type, node),
    nullable: type !== 'string',
    id: translation.newId(),
  }));
  for (const { name, type } of columns) refuseAmbiguity(operands, name, type, node);
  const ingestionId = translation.newId();
  const parts = operands.map(({ relation, source }) => {
    const items = columns.map((column) => {
      const value =
        column.name === sourceColumn ? stringLiteral(source) : memberOf(relation, column.name, column.type);
      return `${convert(value, column.type).sql} AS ${column.id}`;
    });
    items.push(`${relation.ingestionId ?? nullOf('datetime').sql} AS ${ingestionId}`);
    return select(relation, items.join(', '));
  });
  return { from: `(${parts.join(' UNION ALL ')})`, columns, ingestionId, ordered: false };
}

/**
 * The operand's column for a column of the union. Columns of one name and two types come apart as `name_type`, and
 * then each takes only the operands with its type.
 */
function memberOf(relation: Relation, name: string, type: Scalar['type']): Scalar {
  const found = columnFor(relation, name, type);
  return found ? { sql: found.id, type, nullable: found.nullable } : nullOf(type);
}

function columnFor(relation: Relation, name: string, type: string): Relation['columns'][number] | undefined {
  const same = relation.columns.find((column) => column.name === name && column.type === type);
  return same ?? relation.columns.find((column) => column.type === type && `${column.name}_${type}` === name);
}

/** `x_long` may be a column of its own and also what became of an `x` that is a long here and another type there. */
function refuseAmbiguity(
  operands: readonly Operand[],
  name: string,
  type: Scalar['type'],
  node: KqlNode,
): void {
  const own = operands.some(({ relation }) => relation.columns.some((column) => column.name === name));
  const base = name.endsWith(`_${type}`) ? name.slice(0, -type.length - 1) : undefined;
  const types = new Set(
    operands.flatMap(({ relation }) =>
      relation.columns.filter((column) => column.name === base).map((column) => column.type),
    ),
  );
  if (own && types.size > 1)
    throw new UnsupportedKql(`a union with both '${base}' of several types and '${name}'`, node);
}
