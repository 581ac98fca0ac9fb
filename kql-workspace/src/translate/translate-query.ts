import type { ExternalFiles } from '../events/external-files.ts';
import type { KqlNode } from '../language-service.ts';
import { nullOf, type ScalarType } from '../values/scalar-types.ts';
import { excerpt, need } from './nodes.ts';
import type { Operands } from './operands-once.ts';
import {
  type Bindings,
  type Relation,
  type Translation,
  UnknownColumns,
  UnknownTexts,
  UnsupportedKql,
} from './relation.ts';
import { type QuerySettings, settingsOf } from './set-statements.ts';
import { translateScalar } from './translate-scalars.ts';
import { bindLet } from './translate-statements.ts';
import { translateTable } from './translate-tables.ts';

/** What a query runs against. */
export interface QueryEnvironment {
  /** `now()`, in ticks. */
  readonly now: bigint;
  readonly tableNames: readonly string[];
  readonly external: ExternalFiles;
  /** What the SELECTs of texts yielded that earlier attempts asked for (UnknownTexts), in the order of their asking. */
  readonly texts: readonly (readonly string[])[];
  /** A table's relation, with identifiers from `newId`; columns that aren't `kept` need not be read. */
  table(name: string, newId: () => string, kept: (id: string) => boolean): Relation | undefined;
}

/** A query as one SQL statement, and the columns of its result in order. */
export interface SqlQuery {
  readonly sql: string;
  readonly columns: readonly { readonly name: string; readonly type: ScalarType }[];
  /** What the query itself says about its answer. */
  readonly settings: QuerySettings;
}

/** A value without a row that is longer than this is computed in a place of its own. In characters of SQL. */
const LONG_SCALAR = 256;

/** The common table expressions of a statement so far, as its beginning. */
function withClause(shared: readonly string[]): string {
  return shared.length === 0 ? '' : `WITH ${shared.join(', ')} `;
}

/**
 * Translates a bound query into one SQL statement. Each operator becomes a SELECT around the one before it; each
 * `let` of a table becomes a common table expression, so that the statement grows with the query and no faster.
 * Throws UnsupportedKql for whatever can't be translated faithfully.
 */
export function translateQuery(root: KqlNode, environment: QueryEnvironment): SqlQuery {
  // Only the whole statement shows which of a table's columns it uses. Planning the others costs more than translating
  // twice, and the second time every identifier is the same.
  const settings = settingsOf(root);
  const inTime = { ...environment, now: settings.now ?? environment.now };
  const used = usesOf(translateOnce(root, inTime, () => true).sql);
  return { ...translateOnce(root, inTime, (id) => used.has(id)), settings };
}

/** The generated identifiers that stand in a statement otherwise than as the name of something. */
function usesOf(sql: string): ReadonlySet<string> {
  const uses = new Set<string>();
  for (const [, use] of sql.matchAll(/'(?:[^']|'')*'|\bAS c\d+(?:_in_file)?\b|\b(c\d+(?:_in_file)?)\b/g)) {
    if (use) uses.add(use);
  }
  return uses;
}

function translateOnce(
  root: KqlNode,
  environment: QueryEnvironment,
  kept: (id: string) => boolean,
): Omit<SqlQuery, 'settings'> {
  const shared: string[] = [];
  let lastId = 0;
  let textsAsked = 0;
  const operands: Operands = new Map();
  const newId = (): string => `c${++lastId}`;
  const translation: Translation = {
    now: environment.now,
    newId,
    tableNames: environment.tableNames,
    external: environment.external,
    table: (name) => environment.table(name, newId, kept),
    share: (relation, mode) => {
      if (mode === 'inline' && !relation.from.startsWith('(')) return relation;
      const name = `t${shared.length + 1}`;
      const materialized = mode === 'inline' ? 'NOT MATERIALIZED' : 'MATERIALIZED';
      const body = relation.from.startsWith('(') ? relation.from : `(SELECT * FROM ${relation.from})`;
      shared.push(`${name} AS ${materialized} ${body}`);
      return { ...relation, from: name };
    },
    texts: (select, node) => {
      const known = environment.texts[textsAsked++];
      if (!known) throw new UnknownTexts(withClause(shared) + select, node.start);
      return known;
    },
    scalar: (node, scope) => translateScalar(node, scope, translation, operands),
    scalarOnce: (node, scope) => {
      const value = translateScalar(node, scope, translation, operands);
      if (value.constant !== undefined || value.sql.length <= LONG_SCALAR) return value;
      const id = newId();
      const { type, nullable } = value;
      const one = `(SELECT ${value.sql} AS ${id})`;
      const columns = [{ name: '', type, nullable, id }];
      const { from } = translation.share({ from: one, columns, ordered: false }, 'materialize');
      return { sql: `(SELECT ${id} FROM ${from})`, type, nullable };
    },
    tabular: (node, scope) => translateTable(node, scope, translation),
  };

  try {
    return translateStatements(root, translation, shared);
  } catch (error) {
    if (error instanceof UnknownColumns)
      throw new UnknownColumns(withClause(shared) + error.sql, error.offset, error.columnsOf);
    throw error;
  }
}

function translateStatements(
  root: KqlNode,
  translation: Translation,
  shared: readonly string[],
): Omit<SqlQuery, 'settings'> {
  let bindings: Bindings = new Map();
  let result: Relation | undefined;
  for (const statement of root.items('Statements')) {
    switch (statement.kind) {
      case 'SetOptionStatement':
        break;
      case 'LetStatement':
        bindings = bindLet(statement, bindings, translation);
        break;
      case 'ExpressionStatement': {
        if (result) throw new UnsupportedKql('more than one result in a query', statement);
        result = resultOf(need(statement, 'Expression'), bindings, translation);
        break;
      }
      default:
        throw new UnsupportedKql(`the statement '${excerpt(statement)}'`, statement);
    }
  }
  if (!result) throw new UnsupportedKql('a query without a result', root);
  const { columns, from } = result;
  const items = columns.map(({ id }) => id);
  return {
    sql: `${withClause(shared)}SELECT ${items.length === 0 ? `${nullOf('bool').sql} AS none` : items.join(', ')} FROM ${from}`,
    columns: columns.map(({ name, type }) => ({ name, type })),
  };
}

function resultOf(node: KqlNode, bindings: Bindings, translation: Translation): Relation {
  if (node.resultType?.kind === 'scalar' && node.kind !== 'PipeExpression') {
    throw new UnsupportedKql(`'${excerpt(node)}': a query must yield a table`, node);
  }
  return translation.tabular(node, { bindings });
}
