import type { KqlNode, NamedType } from '../language-service.ts';
import { convert, withoutJsonNull } from '../values/convert.ts';
import type { Scalar, ScalarType } from '../values/scalar-types.ts';
import { allowParameters, excerpt, nameOf, need, parametersOf, refuseParts, scalarTypeOf } from './nodes.ts';
import { type Operator, outputColumns } from './operator.ts';
import {
  type Column,
  findColumn,
  formsOf,
  type Relation,
  type Scope,
  select,
  type Translation,
  UnsupportedKql,
} from './relation.ts';

/** A column that is expanded: where its elements come from and what they become. */
interface Expansion {
  readonly name: string;
  readonly list: string;
  /** True when the list is one of texts, else it is one of JSON. */
  readonly isOfTexts: boolean;
  readonly type: ScalarType;
}

/** `mv-expand`: a row for each element of an array or member of a bag; several are expanded side by side. */
export const mvExpand: Operator = (given, node, scope, translation) => {
  allowParameters(node, ['kind', 'bagexpansion', 'with_itemindex']);
  const { input, expansions } = expansionsOf(given, node, scope, translation);
  // The old spelling of the operator stops at 128 rows.
  const fallback = node.child('MvExpandKeyword')?.text === 'mvexpand' ? '128' : undefined;
  const limit = limitOf(node, scope, translation) ?? fallback;
  const index = parametersOf(node).get('with_itemindex');
  const { from, columns } = expand(input, expansions, limit, translation, index !== undefined);
  return assemble(input, from, columns, index && nameOf(index), outputColumns(node), node);
};

function expansionsOf(
  input: Relation,
  node: KqlNode,
  scope: Scope,
  translation: Translation,
): { readonly input: Relation; readonly expansions: readonly Expansion[] } {
  const parameters = parametersOf(node);
  const computed: string[] = [];
  const asPairs = (parameters.get('kind') ?? parameters.get('bagexpansion'))?.text === 'array';
  const named = new Set(
    node.items('Expressions').flatMap((item) => {
      const given = need(item, 'Expression');
      return given.kind === 'SimpleNamedExpression' ? [nameOf(need(given, 'Name'))] : [];
    }),
  );
  const index = parameters.get('with_itemindex');
  if (index) named.add(nameOf(index));
  // In the order of the expressions that they are made for.
  const added = outputColumns(node)
    .map(({ name }) => name)
    .filter((name) => !findColumn(input, name) && !named.has(name));
  const expansions = node.items('Expressions').map((item) => {
    const given = need(item, 'Expression');
    const isNamed = given.kind === 'SimpleNamedExpression';
    const expression = isNamed ? need(given, 'Expression') : given;
    let value = convert(translation.scalar(expression, { ...scope, row: input }), 'dynamic');
    if (hasSubquery(value)) {
      // It can't stand where its members are taken apart, and need be asked but once.
      const id = translation.newId();
      computed.push(`${value.sql} AS ${id}`);
      value = { sql: id, type: 'dynamic', nullable: value.nullable };
    }
    const declared = item.child('ToTypeOf')?.child('TypeOf')?.items('Types')[0];
    const name = isNamed ? nameOf(need(given, 'Name')) : autoName(expression, added);
    return {
      name,
      list:
        value.texts === undefined
          ? elementsOf(value, asPairs)
          : `coalesce(${value.texts}, [CAST(NULL AS VARCHAR)])`,
      isOfTexts: value.texts !== undefined,
      type: declared ? scalarTypeOf(declared.text, declared) : 'dynamic',
    };
  });
  return {
    input: computed.length > 0 ? { ...input, from: select(input, ['*', ...computed].join(', ')) } : input,
    expansions,
  };
}

function hasSubquery({ sql }: Scalar): boolean {
  return /\bSELECT\b/.test(sql.replace(/'(?:[^']|'')*'/g, ''));
}

/** The binder names an expression without a name: anew, or after the one column in it, which it then replaces. */
function autoName(expression: KqlNode, added: string[]): string {
  if (expression.kind === 'NameReference') return nameOf(expression);
  const name = added.shift();
  if (name !== undefined) return name;
  const [only, ...others] = [...expression.walk()].filter(
    (part) => part.kind === 'NameReference' && part.symbol?.kind === 'Column',
  );
  if (!only || others.length > 0)
    throw new UnsupportedKql(`'${excerpt(expression)}' without a name`, expression);
  return nameOf(only);
}

/** A dynamic value as a SQL list: null is one null, a bag its members, anything else itself. */
function elementsOf({ sql, json, path }: Scalar, asPairs: boolean): string {
  const whole = json !== undefined && path === '$' ? json : sql;
  const member = `json_extract(${sql}, '/' || replace(replace(k, '~', '~0'), '/', '~1'))`;
  const entry = asPairs ? `json_array(k, ${member})` : `json_object(k, ${member})`;
  return `CASE WHEN starts_with(CAST(${whole} AS VARCHAR), '[') THEN from_json(${whole}, '["JSON"]')
    WHEN ${sql} IS NULL THEN [CAST(NULL AS JSON)]
    WHEN json_type(${sql}) = 'ARRAY' THEN from_json(${sql}, '["JSON"]')
    WHEN json_type(${sql}) = 'OBJECT' THEN list_transform(json_keys(${sql}), lambda k: ${entry})
    ELSE [${sql}] END`;
}

function limitOf(node: KqlNode, scope: Scope, translation: Translation): string | undefined {
  const limit = node.child('RowLimitClause')?.child('RowLimit');
  return limit && convert(translation.scalar(limit, { bindings: scope.bindings }), 'long').sql;
}

/** The expanded rows, and the columns that the expansion adds (the index of the element last). */
function expand(
  input: Relation,
  expansions: readonly Expansion[],
  limit: string | undefined,
  translation: Translation,
  isIndexed: boolean,
): { readonly from: string; readonly columns: readonly Column[] } {
  const lists = expansions.map(({ list }) => ({
    id: translation.newId(),
    list: limit ? `(${list})[1:${limit}]` : list,
  }));
  const indexId = translation.newId();
  const withLists = select(input, ['*', ...lists.map(({ id, list }) => `${list} AS ${id}`)].join(', '));
  // Lists that are unnested together end together: the shorter ones with nulls.
  const elements = lists.map(({ id }) => ({ id: translation.newId(), sql: `unnest(${id})` }));
  const longest = `greatest(${lists.map(({ id }) => `len(${id})`).join(', ')})`;
  const indices = isIndexed ? [{ id: indexId, sql: `unnest(generate_series(0, ${longest} - 1))` }] : [];
  const unnested = [...elements, ...indices].map(({ id, sql }) => `${sql} AS ${id}`);
  const values: string[] = [];
  const columns = expansions.map(({ name, type, isOfTexts }, index): Column => {
    const value = elementAs(elements[index]?.id ?? '', isOfTexts, type);
    const id = translation.newId();
    const { items, forms } = formsOf(value, translation);
    values.push(`${value.sql} AS ${id}`, ...items);
    return { name, type, nullable: type !== 'string', id, ...(forms && { forms }) };
  });
  return {
    from: `(SELECT *, ${values.join(', ')} FROM (SELECT *, ${unnested.join(', ')} FROM ${withLists}))`,
    columns: [...columns, { name: '', type: 'long', nullable: false, id: indexId }],
  };
}

function elementAs(element: string, isOfTexts: boolean, type: ScalarType): Scalar {
  if (!isOfTexts) return conforming(withoutJsonNull(element), type);
  if (type === 'string') return { sql: `coalesce(${element}, '')`, type, nullable: false };
  const value: Scalar = { sql: `to_json(${element})`, asText: element, type: 'dynamic', nullable: true };
  return type === 'dynamic' ? value : conforming(value.sql, type);
}

/** An element as the declared type: what is of another type is null, there is no parsing. */
function conforming(element: string, type: ScalarType): Scalar {
  const value: Scalar = { sql: element, type: 'dynamic', nullable: true };
  if (type === 'dynamic' || type === 'string') return convert(value, type);
  const numbers = "('BIGINT', 'UBIGINT', 'DOUBLE')";
  const kinds: Partial<Record<ScalarType, string>> = {
    bool: "('BOOLEAN')",
    int: numbers,
    long: numbers,
    real: numbers,
  };
  const kind = kinds[type] ?? "('VARCHAR')";
  return {
    ...convert({ ...value, sql: `CASE WHEN json_type(${element}) IN ${kind} THEN ${element} END` }, type),
    nullable: true,
  };
}

function assemble(
  input: Relation,
  from: string,
  expanded: readonly Column[],
  indexName: string | undefined,
  output: readonly NamedType[],
  node: KqlNode,
): Relation {
  const index = expanded.at(-1);
  const columns = output.map(({ name }) => {
    const found =
      name === indexName && index
        ? { ...index, name }
        : (expanded.find((column) => column.name === name) ?? findColumn(input, name));
    if (!found) throw new UnsupportedKql(`the column '${name}' of '${excerpt(node)}'`, node);
    return found;
  });
  return { ...input, from, columns };
}

/**
 * `mv-apply`: expands like `mv-expand` and runs a query over each row's own elements; its rows stand beside the row
 * that they came from.
 */
export const mvApply: Operator = (given, node, scope, translation) => {
  refuseParts(node, 'ContextIdClause');
  allowParameters(node, ['kind', 'bagexpansion', 'with_itemindex']);
  const { input, expansions } = expansionsOf(given, node, scope, translation);
  const lists = expansions.map(({ list }) => list);
  const longest = `greatest(${lists.map((list) => `len(${list})`).join(', ')})`;
  const limit = limitOf(node, scope, translation);
  const count = limit ? `least(${longest}, ${limit})` : longest;
  const indexName = parametersOf(node).get('with_itemindex');
  const indexColumn: Column = {
    name: indexName ? nameOf(indexName) : '',
    type: 'long',
    nullable: false,
    id: translation.newId(),
  };
  const elements: Column[] = expansions.map(({ name, type }) => ({
    name,
    type,
    nullable: type !== 'string',
    id: translation.newId(),
  }));
  // Within the query the row's own columns are there too, under identifiers of their own.
  const outer = input.columns
    .filter(({ name }) => !elements.some((element) => element.name === name))
    .map((column) => ({ column, id: translation.newId() }));
  const items = [
    `i AS ${indexColumn.id}`,
    ...expansions.map(({ list, isOfTexts, type }, index) => {
      const value = elementAs(`(${list})[i + 1]`, isOfTexts, type);
      return `${value.sql} AS ${elements[index]?.id}`;
    }),
    ...outer.map(({ column, id }) => `${column.id} AS ${id}`),
  ];
  const each: Relation = {
    from: `(SELECT ${items.join(', ')} FROM (SELECT unnest(generate_series(0, ${count} - 1)) AS i))`,
    columns: [
      ...elements,
      ...(indexName ? [indexColumn] : []),
      ...outer.map(({ column, id }) => ({
        name: column.name,
        type: column.type,
        nullable: column.nullable,
        id,
      })),
    ],
    ordered: true,
  };
  const subquery = need(need(node, 'Subquery'), 'Expression');
  const result = translation.tabular(subquery, { bindings: scope.bindings, piped: each });
  const from = `(SELECT * FROM ${input.from} AS o, LATERAL (SELECT ${result.columns.map(({ id }) => id).join(', ')} FROM ${result.from}) AS a)`;
  const columns = outputColumns(node).map(({ name }) => {
    const inner = findColumn(result, name);
    const found = inner ? alone(inner) : findColumn(input, name);
    if (!found) throw new UnsupportedKql(`the column '${name}' of '${excerpt(node)}'`, node);
    return found;
  });
  return { from, columns, ordered: false };
};

/** The column without the forms that stand beside it, which are not handed on. */
function alone({ name, type, id, nullable }: Column): Column {
  return { name, type, id, nullable };
}
