import type { KqlNode } from '../language-service.ts';
import { convert, toText } from '../values/convert.ts';
import { sqlString } from '../values/sql-text.ts';
import { checkKeyValueSpec, type KeyValueSpec } from './key-values.ts';
import { literal } from './literals.ts';
import { excerpt, nameOf, need, scalarTypeOf } from './nodes.ts';
import { type Operator, outputColumns } from './operator.ts';
import { findColumn, select, UnsupportedKql } from './relation.ts';

/** `parse-kv`: a column for each key; a key that a text lacks is null there. */
export const parseKeyValues: Operator = (input, node, scope, translation) => {
  const keys = need(node, 'Keys')
    .items('Columns')
    .map((key) => ({ name: nameOf(need(key, 'Name')), type: scalarTypeOf(need(key, 'Type').text, key) }));
  const spec = specOf(
    node,
    keys.map(({ name }) => name),
  );
  checkKeyValueSpec(spec);
  const json = sqlString(JSON.stringify(spec));
  const text = toText(translation.scalar(need(node, 'Expression'), { ...scope, row: input })).sql;
  if (spec.greedy || (spec.regex === undefined && spec.pairDelimiter === undefined)) {
    const doubtful = `SELECT ${text} FROM ${input.from} WHERE kql_key_values_differ(${text}, ${json}) LIMIT 1`;
    const [example] = translation.texts(doubtful, node);
    if (example !== undefined)
      throw new UnsupportedKql(`parse-kv over a text that can be read in two ways: '${example}'`, node);
  }
  const id = translation.newId();
  const rows = select(input, `*, kql_key_values(${text}, ${json}) AS ${id}`);
  const added = keys.map(({ name, type }, index) => {
    const value = convert(
      { sql: `coalesce(json_extract_string(${id}, '$[${index}]'), '')`, type: 'string', nullable: false },
      type,
    );
    return { column: { name, type, nullable: type !== 'string', id: translation.newId() }, sql: value.sql };
  });
  return {
    ...input,
    from: `(SELECT *${added.map(({ sql, column }) => `, ${sql} AS ${column.id}`).join('')} FROM ${rows})`,
    columns: outputColumns(node).map(({ name }) => {
      const column = added.find((one) => one.column.name === name)?.column ?? findColumn(input, name);
      if (!column) throw new UnsupportedKql(`the column '${name}' of '${excerpt(node)}'`, node);
      return column;
    }),
  };
};

function specOf(node: KqlNode, keys: readonly string[]): KeyValueSpec {
  const given = (node.child('WithClause')?.items('Properties') ?? []).map((property) => ({
    property,
    name: nameOf(need(property, 'Name')).toLowerCase(),
    value: literal(need(property, 'Expression'))?.constant,
  }));
  const texts = (name: string): readonly string[] =>
    given
      .filter((one) => one.name === name)
      .map(({ value, property }) => {
        if (typeof value !== 'string')
          throw new UnsupportedKql(`'${excerpt(property)}' in parse-kv`, property);
        return value;
      });
  const known = ['pair_delimiter', 'kv_delimiter', 'quote', 'escape', 'greedy', 'regex'];
  const unknown = given.find(({ name }) => !known.includes(name));
  if (unknown) throw new UnsupportedKql(`'${excerpt(unknown.property)}' in parse-kv`, unknown.property);
  return {
    keys,
    pairDelimiter: texts('pair_delimiter')[0],
    kvDelimiter: texts('kv_delimiter')[0],
    quotes: texts('quote').map((quote) => {
      const [open = '', close = open, ...more] = [...quote];
      return more.length > 0 ? (['', ''] as const) : ([open, close] as const);
    }),
    escapes: texts('escape'),
    greedy: given.some(({ name, value }) => name === 'greedy' && value === true),
    regex: texts('regex')[0],
  };
}
