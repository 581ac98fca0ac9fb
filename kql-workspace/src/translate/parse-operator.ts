import type { KqlNode } from '../language-service.ts';
import { convert, toText } from '../values/convert.ts';
import type { Scalar, ScalarType } from '../values/scalar-types.ts';
import { sqlString } from '../values/sql-text.ts';
import { literal } from './literals.ts';
import { allowParameters, excerpt, nameOf, need, parametersOf, scalarTypeOf } from './nodes.ts';
import { type Operator, outputColumns } from './operator.ts';
import { type ParsedInSql, parsedByRe2 } from './parse-in-sql.ts';
import { compiledPattern, type ParsePart, patternOf } from './parse-pattern.ts';
import {
  type Column,
  findColumn,
  type Relation,
  type Scope,
  select,
  type Translation,
  UnsupportedKql,
} from './relation.ts';

/** `parse`: rows that don't match get nulls (strings: empty). */
export const parseText: Operator = (input, node, scope, translation) =>
  parsed(input, node, scope, translation).relation;

/** `parse-where`: rows that don't match are left out. */
export const parseTextWhere: Operator = (input, node, scope, translation) => {
  const { relation, matched } = parsed(input, node, scope, translation);
  return { ...relation, from: select(relation, '*', `WHERE ${matched}`) };
};

function parsed(
  input: Relation,
  node: KqlNode,
  scope: Scope,
  translation: Translation,
): { readonly relation: Relation; readonly matched: string } {
  allowParameters(node, ['kind', 'flags']);
  const parameters = parametersOf(node);
  const kind = parameters.get('kind')?.text ?? 'simple';
  const flags = parameters.get('flags')?.text ?? '';
  const parts = node.items('Patterns').map(partOf);
  const text = toText(translation.scalar(need(node, 'Expression'), { ...scope, row: input }));
  const spec = JSON.stringify({ kind, flags, parts });
  // What is wrong with it is to be known before the query runs.
  compiledPattern(spec);
  const matchId = translation.newId();
  const pattern = patternOf({ kind, flags, parts });
  const inSql =
    parsedByRe2(text.sql, pattern, parts, matchId) ?? parsedInJavaScript(text.sql, spec, parts, matchId);
  const matchedRows = select(input, `*, ${inSql.select} AS ${matchId}`);

  const columns = parts.flatMap((part) => (part.kind === 'column' ? [part] : []));
  const values = columns.map(({ type }, index): Scalar => {
    const captured = inSql.captured[index] ?? "''";
    return convert({ sql: captured, type: 'string', nullable: false }, type);
  });
  // Strict kinds take a row only when every value is of its type.
  const typedValues = values.filter(({ type }) => type !== 'string');
  const allConverted = typedValues.map(({ sql }) => `${sql} IS NOT NULL`);
  const strict = kind !== 'relaxed' && allConverted.length > 0;
  const matched = [inSql.matched, ...(strict ? allConverted : [])].join(' AND ');
  const added: Column[] = columns.map(({ name, type }) => ({
    name,
    type,
    nullable: type !== 'string',
    id: translation.newId(),
  }));
  const items = values.map(({ sql, type }, index) => {
    const otherwise = type === 'string' ? "''" : 'NULL';
    return `${strict ? `CASE WHEN ${matched} THEN ${sql} ELSE ${otherwise} END` : sql} AS ${added[index]?.id}`;
  });
  const flagId = translation.newId();
  const from = `(SELECT *, (${matched}) AS ${flagId}${items.map((item) => `, ${item}`).join('')} FROM ${matchedRows})`;
  const output = outputColumns(node).map(({ name }) => {
    const found = added.find((column) => column.name === name) ?? findColumn(input, name);
    if (!found) throw new UnsupportedKql(`the column '${name}' of '${excerpt(node)}'`, node);
    return found;
  });
  return { relation: { ...input, from, columns: output }, matched: flagId };
}

function parsedInJavaScript(
  text: string,
  spec: string,
  parts: readonly ParsePart[],
  id: string,
): ParsedInSql {
  const columns = parts.filter(({ kind }) => kind === 'column');
  return {
    select: `kql_parse_text(${text}, ${sqlString(spec)})`,
    matched: `${id} IS NOT NULL`,
    captured: columns.map((_column, index) => `coalesce(json_extract_string(${id}, '$[${index}]'), '')`),
  };
}

function partOf(node: KqlNode): ParsePart {
  switch (node.kind) {
    case 'StarExpression':
      return { kind: 'skip' };
    case 'NameDeclaration':
      return { kind: 'column', name: nameOf(node), type: 'string' };
    case 'NameAndTypeDeclaration': {
      const type: ScalarType = scalarTypeOf(need(node, 'Type').text, node);
      return { kind: 'column', name: nameOf(need(node, 'Name')), type };
    }
    default: {
      const { constant } = literal(node) ?? {};
      if (typeof constant !== 'string') throw new UnsupportedKql(`'${excerpt(node)}' in a pattern`, node);
      return { kind: 'text', text: constant };
    }
  }
}
