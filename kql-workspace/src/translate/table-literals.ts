import type { KqlNode } from '../language-service.ts';
import { convert } from '../values/convert.ts';
import type { Scalar } from '../values/scalar-types.ts';
import { allowParameters, need, scalarTypeOf } from './nodes.ts';
import { itemValues, outputColumns } from './operator.ts';
import { type Relation, type Scope, type Translation, UnsupportedKql } from './relation.ts';

/** `datatable(…)[…]`. */
export function dataTable(node: KqlNode, scope: Scope, translation: Translation): Relation {
  allowParameters(node, []);
  const columns = outputColumns(node).map(({ name, type }) => ({
    name,
    type: scalarTypeOf(type, node),
    nullable: type !== 'string',
    id: translation.newId(),
  }));
  const values = node.items('Values');
  if (columns.length === 0 || values.length % columns.length !== 0) {
    throw new UnsupportedKql(
      `a datatable whose ${values.length} values don't fill rows of ${columns.length}`,
      node,
    );
  }
  const items = values.map((value, index) => {
    const column = columns[index % columns.length];
    const scalar = translation.scalar(value, { bindings: scope.bindings });
    return column ? convert(scalar, column.type).sql : scalar.sql;
  });
  const rows: string[] = [];
  for (let start = 0; start < items.length; start += columns.length) {
    rows.push(`(${items.slice(start, start + columns.length).join(', ')})`);
  }
  const ids = columns.map(({ id }) => id).join(', ');
  const from =
    rows.length === 0
      ? `(SELECT ${columns.map(({ id, type }) => `${convert(emptyOf(), type).sql} AS ${id}`).join(', ')} WHERE FALSE)`
      : `(SELECT * FROM (VALUES ${rows.join(', ')}) AS t(${ids}))`;
  return { from, columns, ordered: true };
}

function emptyOf(): Scalar {
  return { sql: "''", type: 'string', nullable: false };
}

/** `print`: one row. */
export function print(node: KqlNode, scope: Scope, translation: Translation): Relation {
  const output = outputColumns(node);
  const items = node
    .items('Expressions')
    .flatMap((item) =>
      itemValues(item, { bindings: scope.bindings }, translation).map(({ value }) => ({ item, value })),
    );
  const columns = items.map(({ item, value }, index) => {
    const column = output[index];
    if (!column) throw new UnsupportedKql(`'${item.text}' in print`, item);
    return {
      name: column.name,
      value: convert(value, scalarTypeOf(column.type, item)),
      id: translation.newId(),
    };
  });
  return {
    from: `(SELECT ${columns.map(({ value, id }) => `${value.sql} AS ${id}`).join(', ')})`,
    columns: columns.map(({ name, value, id }) => ({ name, type: value.type, nullable: value.nullable, id })),
    ordered: false,
  };
}

/** `range x from … to … step …`; the end is included. */
export function range(node: KqlNode, scope: Scope, translation: Translation): Relation {
  const [column] = outputColumns(node);
  if (!column) throw new UnsupportedKql(`'${node.text}'`, node);
  const type = scalarTypeOf(column.type, node);
  const bound = (role: string): Scalar => translation.scalar(need(node, role), { bindings: scope.bindings });
  const [from, to, step] = [convert(bound('From'), type), convert(bound('To'), type), bound('Step')];
  const id = translation.newId();
  const distance = type === 'datetime' ? convert(step, 'timespan') : convert(step, type);
  const source =
    type === 'real'
      ? `SELECT ${from.sql} + i * ${distance.sql} AS ${id} FROM generate_series(0, CAST(floor((${to.sql} - ${from.sql}) / ${distance.sql}) AS BIGINT)) AS t(i)`
      : `SELECT CAST(i AS BIGINT) AS ${id} FROM generate_series(${convert(from, 'long').sql}, ${convert(to, 'long').sql}, ${convert(distance, 'long').sql}) AS t(i)`;
  return { from: `(${source})`, columns: [{ name: column.name, type, nullable: false, id }], ordered: true };
}
