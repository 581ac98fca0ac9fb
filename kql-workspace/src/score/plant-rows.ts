import type { KqlNode } from '../language-service.ts';
import { literal } from '../translate/literals.ts';
import { nameOf } from '../translate/nodes.ts';

/**
 * Rows made for a hunting query out of its own text: one that its conditions ask for, and one that is almost it. A
 * query that finds the first and not the second has understood its conditions.
 */
export interface PlantedRows {
  readonly table: string;
  readonly hit: Readonly<Record<string, string>>;
  /** Undefined when the conditions say nothing of terms, for which a near miss can be made. */
  readonly nearMiss?: Readonly<Record<string, string>>;
}

/** What a column must hold; `term` when letters around it make it another term. */
interface Wanted {
  readonly value: string;
  readonly term: boolean;
}
type Wishes = ReadonlyMap<string, Wanted>;

/** The rows for a query over one table; undefined when its conditions are not simple enough to be turned round. */
export function plantRows(root: KqlNode): PlantedRows | undefined {
  const nodes = [...root.walk()];
  const table = nodes.find((node) => node.kind === 'NameReference' && node.symbol?.kind === 'Table');
  const conditions = nodes
    .filter((node) => node.kind === 'FilterOperator')
    .map((node) => node.child('Condition'));
  if (!table || nodes.some(({ kind }) => /^(Join|Lookup|Union|MvExpand|Parse)Operator$/.test(kind)))
    return undefined;
  let wishes: Wishes | undefined = new Map();
  for (const condition of conditions) wishes = merge(wishes, condition && wishesOf(condition));
  if (!wishes) return undefined;
  // A column that the query makes can't be planted.
  const texts = new Set(
    table.resultType?.kind === 'table'
      ? table.resultType.columns.filter(({ type }) => type === 'string').map(({ name }) => name)
      : [],
  );
  const made = new Set(nodes.filter(({ kind }) => kind === 'NameDeclaration').map(nameOf));
  if ([...wishes.keys()].some((column) => made.has(column) || !texts.has(column))) return undefined;
  const hit = Object.fromEntries([...wishes].map(([column, { value }]) => [column, value]));
  // With an `or`, what misses one side may hit the other.
  const hasOr = nodes.some(({ kind }) => kind === 'OrExpression');
  const terms = hasOr ? [] : [...wishes].filter(([, { term }]) => term);
  if (terms.length === 0) return { table: nameOf(table), hit };
  const near = Object.fromEntries(terms.map(([column, { value }]) => [column, `x${value}x`]));
  return { table: nameOf(table), hit, nearMiss: { ...hit, ...near } };
}

function merge(left: Wishes | undefined, right: Wishes | undefined): Wishes | undefined {
  if (!left || !right) return undefined;
  const all = new Map(left);
  for (const [column, wanted] of right) {
    const other = all.get(column);
    if (other && other.value !== wanted.value && !(other.term && wanted.term)) return undefined;
    // Two terms can stand in one text.
    all.set(
      column,
      other && other.value !== wanted.value
        ? { value: `${other.value} ${wanted.value}`, term: true }
        : wanted,
    );
  }
  return all;
}

function wishesOf(condition: KqlNode): Wishes | undefined {
  const [left, right] = [condition.child('Left'), condition.child('Right')];
  switch (condition.kind) {
    case 'AndExpression':
      return left && right && merge(wishesOf(left), wishesOf(right));
    case 'OrExpression':
      return left && right && (wishesOf(left) ?? wishesOf(right));
    case 'ParenthesizedExpression': {
      const inner = condition.child('Expression');
      return inner && wishesOf(inner);
    }
    case 'BetweenExpression':
      // The time of the planted rows lies in every hunt's window.
      return left && /^(Timestamp|TimeGenerated)$/.test(left.text) ? new Map() : undefined;
    case 'FunctionCallExpression': {
      const [argument] = condition.child('ArgumentList')?.items('Expressions') ?? [];
      if (argument?.kind !== 'NameReference' || condition.child('Name')?.text !== 'isempty') return undefined;
      return new Map([[nameOf(argument), { value: '', term: false }]]);
    }
    default:
      return left?.kind === 'NameReference' && right
        ? comparisonWish(condition.kind, nameOf(left), right)
        : undefined;
  }
}

function comparisonWish(kind: string, column: string, right: KqlNode): Wishes | undefined {
  const values = (right.kind === 'ExpressionList' ? right.items('Expressions') : [right]).map(
    (item) => literal(item)?.constant,
  );
  if (!values.every((value) => typeof value === 'string')) return undefined;
  const [first = ''] = values;
  const wish = (value: string): Wishes => {
    const term = kind.startsWith('Has') && /^[\p{L}\p{N}].*[\p{L}\p{N}]$/su.test(value);
    return new Map([[column, { value, term }]]);
  };
  if (kind === 'HasAllExpression') return wish(values.join(' '));
  return /^(Has|HasAny|HasCs|Contains|StartsWith|EndsWith|Equal|EqualTilde|In|InCs)Expression$/.test(kind)
    ? wish(first)
    : undefined;
}
