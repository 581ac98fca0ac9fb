import { isAggregateName, type KqlNode } from '../language-service.ts';
import { convert, jsonMember, jsonMemberAt, toText } from '../values/convert.ts';
import { nullOf, type Scalar } from '../values/scalar-types.ts';
import { literal } from './literals.ts';
import { excerpt, nameOf, need, refuseParts } from './nodes.ts';
import { type Operands, withOperandsOnce } from './operands-once.ts';
import { arithmetic, comparison, comparisonOf, negation } from './operations.ts';
import {
  columnScalar,
  findColumn,
  located,
  type Scope,
  type Translation,
  UnsupportedKql,
} from './relation.ts';
import { matchesRegex, stringOperatorOf, stringPredicate } from './string-predicates.ts';
import { translateCall } from './translate-calls.ts';
import { translateMembership } from './translate-membership.ts';
import { enterFunction } from './translate-statements.ts';

const arithmetics: Readonly<Record<string, '+' | '-' | '*' | '/' | '%'>> = {
  AddExpression: '+',
  SubtractExpression: '-',
  MultiplyExpression: '*',
  DivideExpression: '/',
  ModuloExpression: '%',
};

/** Translates an expression that yields one value per row. */
export function translateScalar(
  node: KqlNode,
  scope: Scope,
  translation: Translation,
  operands: Operands,
): Scalar {
  // What aggregates use several times is one row's, and they can't be nested.
  const value = isAggregate(node, scope)
    ? scalarOf(node, scope, translation)
    : withOperandsOnce(translation, operands, (inner) => scalarOf(node, scope, inner));
  // DuckDB's decimals have a fixed scale, Kusto's 34 digits wherever the point is.
  if (value.type === 'decimal') throw new UnsupportedKql(`decimal values ('${excerpt(node)}')`, node);
  return value;
}

function isAggregate(node: KqlNode, { aggregating }: Scope): boolean {
  return (
    aggregating === true &&
    node.kind === 'FunctionCallExpression' &&
    isAggregateName(nameOf(need(node, 'Name')))
  );
}

function scalarOf(node: KqlNode, scope: Scope, translation: Translation): Scalar {
  const known = literal(node);
  if (known) return known;
  const operand = (role: string): Scalar => translation.scalar(need(node, role), scope);

  const comparing = comparisonOf(node.kind);
  if (comparing) return located(node, () => comparison(comparing, operand('Left'), operand('Right')));
  const calculating = arithmetics[node.kind];
  if (calculating) return arithmetic(calculating, operand('Left'), operand('Right'), node);
  const stringOperator = stringOperatorOf(node.kind);
  if (stringOperator) {
    // `* has "x"`: in any column.
    const columns = need(node, 'Left').kind === 'StarExpression' ? scope.row?.columns : undefined;
    if (!columns) {
      return located(node, () => stringPredicate(stringOperator, operand('Left'), operand('Right')));
    }
    const needle = operand('Right');
    const tests = columns.map((column) => stringPredicate(stringOperator, columnScalar(column), needle).sql);
    return { sql: `(${tests.join(' OR ')})`, type: 'bool', nullable: false };
  }

  switch (node.kind) {
    case 'NameReference':
      return translateName(node, scope, translation);
    case 'ParenthesizedExpression':
    case 'BracketedExpression':
      return operand('Expression');
    case 'SimpleNamedExpression':
      return operand('Expression');
    case 'PathExpression':
      return translatePath(node, scope, translation);
    case 'ElementExpression':
      return translateElement(node, scope, translation);
    case 'UnaryMinusExpression':
      return negation(operand('Expression'), node);
    case 'UnaryPlusExpression':
      return operand('Expression');
    case 'AndExpression':
    case 'OrExpression': {
      const [left, right] = [convert(operand('Left'), 'bool'), convert(operand('Right'), 'bool')];
      const word = node.kind === 'AndExpression' ? 'AND' : 'OR';
      return {
        sql: `(${left.sql} ${word} ${right.sql})`,
        type: 'bool',
        nullable: left.nullable || right.nullable,
      };
    }
    case 'MatchesRegexExpression':
      return located(need(node, 'Right'), () =>
        matchesRegex(operand('Left'), operand('Right'), need(node, 'Right').start),
      );
    case 'InExpression':
    case 'InCsExpression':
    case 'NotInExpression':
    case 'NotInCsExpression':
    case 'HasAnyExpression':
    case 'HasAllExpression':
    case 'BetweenExpression':
    case 'NotBetweenExpression':
      return translateMembership(node, scope, translation);
    case 'FunctionCallExpression':
      return translateCall(node, scope, translation);
    case 'ToScalarExpression': {
      refuseParts(node, 'KindParameter');
      refuseChance(node);
      if (need(node, 'Expression').resultType?.kind === 'scalar') return operand('Expression');
      const relation = translation.tabular(need(node, 'Expression'), { bindings: scope.bindings });
      const [first] = relation.columns;
      if (!first) return nullOf('dynamic');
      const sql = `(SELECT ${first.id} FROM ${relation.from} LIMIT 1)`;
      return first.type === 'string'
        ? { sql: `coalesce(${sql}, '')`, type: 'string', nullable: false }
        : { sql, type: first.type, nullable: true };
    }
    default: {
      // A graph is no table to the binder, so a query that makes one comes here as a whole.
      const graph = [...node.walk()].find(({ kind }) => /^(Make)?Graph\w*Operator$/.test(kind)) ?? node;
      throw new UnsupportedKql(`'${excerpt(graph)}' (${graph.kind})`, graph);
    }
  }
}

function translateName(node: KqlNode, scope: Scope, translation: Translation): Scalar {
  const name = nameOf(node);
  const column = scope.row && findColumn(scope.row, name);
  if (column && node.symbol?.kind !== 'Variable' && node.symbol?.kind !== 'Parameter') {
    return columnScalar(column);
  }
  const binding = scope.bindings.get(name);
  if (binding?.kind === 'scalar') return binding.value;
  if (binding?.kind === 'function') {
    const { result, scope: inner } = enterFunction(node, scope, translation);
    return translation.scalar(result, inner);
  }
  if (column) return columnScalar(column);
  throw new UnsupportedKql(`the name '${name}' here`, node);
}

function translatePath(node: KqlNode, scope: Scope, translation: Translation): Scalar {
  const base = need(node, 'Expression');
  const selector = need(node, 'Selector');
  if (base.kind === 'NameReference' && (base.text === '$left' || base.text === '$right')) {
    const side = base.text === '$left' ? scope.sides?.left : scope.sides?.right;
    const column = side && findColumn(side, nameOf(selector));
    if (!column) throw new UnsupportedKql(`'${node.text}' here`, node);
    return columnScalar(column);
  }
  const value = convert(translation.scalar(base, scope), 'dynamic');
  return selector.kind === 'BracketedExpression'
    ? elementOf(value, translation.scalar(need(selector, 'Expression'), scope))
    : jsonMember(value, nameOf(selector));
}

function translateElement(node: KqlNode, scope: Scope, translation: Translation): Scalar {
  const base = convert(translation.scalar(need(node, 'Expression'), scope), 'dynamic');
  return elementOf(base, translation.scalar(need(need(node, 'Selector'), 'Expression'), scope));
}

/** A member by a key or an index, which counts from the end when it is negative. */
function elementOf(base: Scalar, index: Scalar): Scalar {
  if (typeof index.constant === 'string' && index.type === 'string') return jsonMember(base, index.constant);
  if (typeof index.constant === 'bigint') {
    return jsonMember(base, index.constant);
  }
  const path =
    index.type === 'long' || index.type === 'int'
      ? `CASE WHEN ${index.sql} < 0 THEN '$[#' ELSE '$[' END || ${index.sql} || ']'`
      : `'/' || replace(replace(${toText(index).sql}, '~', '~0'), '/', '~1')`;
  return jsonMemberAt(base, path);
}

/** `toscalar()` has one value wherever it is used; here it would be drawn anew each time. */
function refuseChance(node: KqlNode): void {
  const chance = [...node.walk()].find(
    ({ kind, symbol }) =>
      /^Sample(Distinct)?Operator$/.test(kind) ||
      (kind === 'FunctionCallExpression' && /^(rand|new_guid)$/.test(symbol?.name ?? '')),
  );
  if (chance) throw new UnsupportedKql(`chance ('${excerpt(chance)}') inside toscalar()`, chance);
}
