import type { KqlNode } from 'kql-workspace/language-service.ts';
import { type Bounds, type Comparison, compare, NONE } from './compare.ts';
import { add, intersect } from './moments.ts';
import { areOne, inBoth, inEither, inOne, type Reaches } from './reaches.ts';
import { evaluate } from './scalars.ts';
import { callOf, type Findings, isTable, need, type Scope } from './scope.ts';
import { hasEvents } from './sources.ts';
import { DATA, type Flow, type Value } from './values.ts';

/** What is known of the table that an expression gives: handed in, since tables hold conditions and conditions tables. */
export type FlowOf = (node: KqlNode, scope: Scope, findings: Findings) => Flow;

const comparisons: Readonly<Record<string, Comparison>> = {
  LessThanExpression: '<',
  LessThanOrEqualExpression: '<=',
  GreaterThanExpression: '>',
  GreaterThanOrEqualExpression: '>=',
  EqualExpression: '==',
};
const opposite: Readonly<Record<Exclude<Comparison, '=='>, Comparison>> = {
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
};

/** Narrows the uses of tables behind a flow by a condition on its rows. */
export function narrow(
  flow: Flow,
  condition: KqlNode,
  scope: Scope,
  findings: Findings,
  flowOf: FlowOf,
): Flow {
  return applyBounds(flow, boundsOf(condition, readerOf({ ...scope, row: flow }, findings, flowOf), false));
}

/** Which rows a condition on the scope's rows lets through. */
export function reachesOf(condition: KqlNode, scope: Scope, findings: Findings, flowOf: FlowOf): Reaches {
  return boundsOf(condition, readerOf(scope, findings, flowOf), false).covers;
}

/** Narrows a flow to rows whose time lies between two values; one that is absent bounds nothing. */
export function narrowTo(flow: Flow, time: Value, from: Value | undefined, to: Value | undefined): Flow {
  const lower = from ? compare(time, '>=', from, 'the beginning of a series') : NONE;
  const upper = to ? compare(time, '<=', to, 'the end of a series') : NONE;
  return applyBounds(flow, both(lower, upper));
}

function applyBounds(flow: Flow, { needs, covers, unknown, counts, selecting }: Bounds): Flow {
  for (const [leaf, reach] of needs) leaf.needs = intersect(leaf.needs, reach);
  for (const [leaf, reach] of covers) leaf.covers = intersect(leaf.covers, reach);
  for (const [leaf, why] of unknown) leaf.unknown ??= why;
  const leaves = selecting.length > 0 ? [...flow.leaves, ...selecting] : flow.leaves;
  const pairs = flow.pairs || (hasEvents(flow.leaves) && hasEvents(selecting));
  return { ...flow, leaves, counts: flow.counts || counts, ...(pairs && { pairs }) };
}

/** How the parts of a condition are looked at. */
interface Reader {
  value(part: KqlNode): Value;
  /** Undefined when it is no table. */
  rowsOf(part: KqlNode): Flow | undefined;
}

function readerOf(scope: Scope, findings: Findings, flowOf: FlowOf): Reader {
  return {
    value: (part) => evaluate(part, scope, findings),
    rowsOf: (part) =>
      isTable(part, scope) ? flowOf(part, { bindings: scope.bindings }, findings) : undefined,
  };
}

/** `negated`: the condition stands behind a `not()`. */
function boundsOf(node: KqlNode, reader: Reader, negated: boolean): Bounds {
  const inner = (role: string) => boundsOf(need(node, role), reader, negated);
  const comparison = comparisons[node.kind];
  if (comparison) {
    const [left, right] = [reader.value(need(node, 'Left')), reader.value(need(node, 'Right'))];
    if (negated && comparison === '==') return { ...compare(left, '==', right, node.text), ...unbounded };
    const way = negated && comparison !== '==' ? opposite[comparison] : comparison;
    return compare(left, way, right, node.text);
  }
  switch (node.kind) {
    case 'ParenthesizedExpression':
      return inner('Expression');
    case 'AndExpression':
      return negated ? oneOf(inner('Left'), inner('Right')) : both(inner('Left'), inner('Right'));
    case 'OrExpression':
      return negated ? both(inner('Left'), inner('Right')) : oneOf(inner('Left'), inner('Right'));
    case 'BetweenExpression':
    case 'NotBetweenExpression':
      return between(node, reader.value, negated === (node.kind === 'NotBetweenExpression'));
    case 'InExpression':
    case 'InCsExpression':
    case 'NotInExpression':
    case 'NotInCsExpression':
    case 'HasAnyExpression':
      return among(node, reader, negated === node.kind.startsWith('Not'));
    case 'FunctionCallExpression': {
      const { name, given } = callOf(node);
      const [argument] = given;
      if (name.toLowerCase() === 'not' && argument) return boundsOf(argument, reader, !negated);
      return ofOther(node, reader, negated);
    }
    default:
      return ofOther(node, reader, negated);
  }
}

/** Of what is not equal to a time there is no bound. */
const unbounded = { needs: NONE.needs, covers: NONE.covers, exact: false };

/** A condition that bounds no time can still compare what was aggregated, or a time in a way that can't be told. */
function ofOther(node: KqlNode, { value }: Reader, negated: boolean): Bounds {
  return compare(value(node), negated ? '<' : '>', DATA, node.text);
}

/** Rows that a list of others lets through come of both; those that it keeps out are only compared with it. */
function among(node: KqlNode, reader: Reader, within: boolean): Bounds {
  const [first] = need(node, 'Right').items('Expressions');
  const rows = first && reader.rowsOf(first);
  if (!rows) return ofOther(node, reader, !within);
  const compared = compare(reader.value(need(node, 'Left')), '>', DATA, node.text);
  return { ...compared, counts: compared.counts || rows.counts, selecting: within ? rows.leaves : [] };
}

function between(node: KqlNode, value: (part: KqlNode) => Value, within: boolean): Bounds {
  const couple = need(node, 'Right');
  const time = value(need(node, 'Left'));
  const first = value(need(couple, 'First'));
  const given = value(need(couple, 'Second'));
  const second =
    first.kind === 'moment' && given.kind === 'timespan'
      ? ({ kind: 'moment', moment: add(first.moment, given.ms) } as const)
      : given;
  // What lies on either side of a span has no bound.
  if (!within) return oneOf(compare(time, '<', first, node.text), compare(time, '>', second, node.text));
  return both(compare(time, '>=', first, node.text), compare(time, '<=', second, node.text));
}

function both(one: Bounds, other: Bounds): Bounds {
  return {
    ...either(one, other),
    needs: inBoth(one.needs, other.needs),
    covers: inBoth(one.covers, other.covers),
    exact: one.exact && other.exact,
  };
}

/** Rows that only one side lets through are looked at as far as that side goes. */
function oneOf(one: Bounds, other: Bounds): Bounds {
  const exact = one.exact && other.exact && areOne(one.covers, other.covers);
  return {
    ...either(one, other),
    needs: inEither(one.needs, other.needs),
    covers: exact ? inEither(one.covers, other.covers) : inOne(one.covers, other.covers),
    exact,
  };
}

function either(one: Bounds, other: Bounds): Pick<Bounds, 'unknown' | 'counts' | 'selecting'> {
  return {
    unknown: new Map([...one.unknown, ...other.unknown]),
    counts: one.counts || other.counts,
    selecting: [...one.selecting, ...other.selecting],
  };
}
