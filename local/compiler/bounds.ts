import type { KqlNode } from 'kql-workspace/language-service.ts';
import type { Moment, Reach } from '../../functions/domain/hunting/compiled-hunt.ts';
import { add, hull, intersect, OPEN, sampleOf } from './moments.ts';
import { evaluate } from './scalars.ts';
import { callOf, type Findings, need, type Scope } from './scope.ts';
import type { Flow, Leaf, Value } from './values.ts';

/** What a condition says of time: for each use of a table, what it lets through. */
interface Bounds {
  needs: ReadonlyMap<Leaf, Reach>;
  covers: ReadonlyMap<Leaf, Reach>;
  unknown: ReadonlyMap<Leaf, string>;
  /** It compares what was aggregated. */
  counts: boolean;
}

const NONE: Bounds = { needs: new Map(), covers: new Map(), unknown: new Map(), counts: false };

type Comparison = '<' | '<=' | '>' | '>=' | '==';
const comparisons: Readonly<Record<string, Comparison>> = {
  LessThanExpression: '<',
  LessThanOrEqualExpression: '<=',
  GreaterThanExpression: '>',
  GreaterThanOrEqualExpression: '>=',
  EqualExpression: '==',
};
const swapped: Readonly<Record<Comparison, Comparison>> = {
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  '==': '==',
};
const opposite: Readonly<Record<Exclude<Comparison, '=='>, Comparison>> = {
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
};

/** Narrows the uses of tables behind a flow by a condition on its rows. */
export function narrow(flow: Flow, condition: KqlNode, scope: Scope, findings: Findings): Flow {
  return applyBounds(flow, boundsOf(condition, { ...scope, row: flow }, findings, false));
}

/** Narrows a flow to rows whose time lies between two values; one that is absent bounds nothing. */
export function narrowTo(flow: Flow, time: Value, from: Value | undefined, to: Value | undefined): Flow {
  const lower = from ? compare(time, '>=', from, 'the beginning of a series') : NONE;
  const upper = to ? compare(time, '<=', to, 'the end of a series') : NONE;
  return applyBounds(flow, both(lower, upper));
}

function applyBounds(flow: Flow, { needs, covers, unknown, counts }: Bounds): Flow {
  for (const [leaf, reach] of needs) leaf.needs = intersect(leaf.needs, reach);
  for (const [leaf, reach] of covers) leaf.covers = intersect(leaf.covers, reach);
  for (const [leaf, why] of unknown) leaf.unknown ??= why;
  return counts ? { ...flow, counts } : flow;
}

/** `negated`: the condition stands behind a `not()`. */
function boundsOf(node: KqlNode, scope: Scope, findings: Findings, negated: boolean): Bounds {
  const inner = (role: string, not = negated) => boundsOf(need(node, role), scope, findings, not);
  const value = (part: KqlNode) => evaluate(part, scope, findings);
  const comparison = comparisons[node.kind];
  if (comparison) {
    if (negated && comparison === '==') return NONE;
    const way = negated && comparison !== '==' ? opposite[comparison] : comparison;
    return compare(value(need(node, 'Left')), way, value(need(node, 'Right')), node.text);
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
      return between(node, value, negated === (node.kind === 'NotBetweenExpression'));
    case 'FunctionCallExpression': {
      const { name, given } = callOf(node);
      const [argument] = given;
      if (name.toLowerCase() === 'not' && argument) return boundsOf(argument, scope, findings, !negated);
      return ofOther(node, value);
    }
    default:
      return ofOther(node, value);
  }
}

/** A condition that bounds no time can still compare what was aggregated. */
function ofOther(node: KqlNode, value: (part: KqlNode) => Value): Bounds {
  return value(node).kind === 'aggregate' ? { ...NONE, counts: true } : NONE;
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

function compare(left: Value, way: Comparison, right: Value, text: string): Bounds {
  if (left.kind === 'aggregate' || right.kind === 'aggregate') return { ...NONE, counts: true };
  if (isRowTime(right) && !isRowTime(left)) return compare(right, swapped[way], left, text);
  switch (left.kind) {
    case 'time':
      if (right.kind === 'moment') return timeBound(left, way, right.moment);
      // A time column against a span of time, or something that may be any time.
      return right.kind === 'unknown' || right.kind === 'timespan' ? unknownBound(left, text) : NONE;
    case 'age': {
      if (right.kind === 'unknown') return unknownBound(left.of, text);
      const length =
        right.kind === 'timespan'
          ? right.ms
          : right.kind === 'number'
            ? right.value * left.unitMs
            : undefined;
      if (length === undefined) return NONE;
      // until - time < length is time > until - length; the other way round, time - until < length is time < until + length.
      const moment = add(left.until, -left.sign * length);
      return timeBound(left.of, left.sign === 1 ? swapped[way] : way, moment);
    }
    case 'stamp':
      return right.kind === 'moment' ? stampBound(left, way, right.moment) : NONE;
    default:
      return NONE;
  }
}

function isRowTime({ kind }: Value): boolean {
  return kind === 'time' || kind === 'age' || kind === 'stamp';
}

function timeBound(
  { leaves, shiftMs, wideMs, aggregated }: Extract<Value, { kind: 'time' }>,
  way: Comparison,
  moment: Moment,
): Bounds {
  const bound = add(moment, -shiftMs);
  const reach: Reach = {
    from: way === '<' || way === '<=' ? null : bound,
    to: way === '>' || way === '>=' ? null : add(bound, way === '==' ? wideMs : 0),
  };
  const reaches = new Map(leaves.map((leaf) => [leaf, reach]));
  return { ...NONE, needs: aggregated ? NONE.needs : reaches, covers: reaches };
}

/** Such as a process's creation: it is no later than the row's own time, so a row that lies before the bound brings nothing. */
function stampBound(
  { leaves, name }: Extract<Value, { kind: 'stamp' }>,
  way: Comparison,
  moment: Moment,
): Bounds {
  const inThePast = sampleOf({ from: moment, to: null }).from < sampleOf(OPEN).to;
  if (way === '<' || way === '<=' || !inThePast || /expir|valid|end|until|last|modif|updat/i.test(name))
    return NONE;
  return { ...NONE, covers: new Map(leaves.map((leaf) => [leaf, { from: moment, to: null }])) };
}

function unknownBound({ leaves }: Extract<Value, { kind: 'time' }>, text: string): Bounds {
  return { ...NONE, unknown: new Map(leaves.map((leaf) => [leaf, text.replace(/\s+/g, ' ').slice(0, 80)])) };
}

function both(one: Bounds, other: Bounds): Bounds {
  return {
    needs: inBoth(one.needs, other.needs),
    covers: inBoth(one.covers, other.covers),
    unknown: new Map([...one.unknown, ...other.unknown]),
    counts: one.counts || other.counts,
  };
}

function inBoth(one: Bounds['needs'], other: Bounds['needs']): Bounds['needs'] {
  const all = new Map(one);
  for (const [leaf, reach] of other) all.set(leaf, intersect(all.get(leaf) ?? OPEN, reach));
  return all;
}

function oneOf(one: Bounds, other: Bounds): Bounds {
  return {
    needs: inEither(one.needs, other.needs),
    covers: inEither(one.covers, other.covers),
    // Where one side says nothing of a table's time, the other says nothing that counts.
    unknown: new Map(
      [...one.unknown, ...other.unknown].filter(
        ([leaf]) =>
          (one.unknown.has(leaf) || one.needs.has(leaf)) &&
          (other.unknown.has(leaf) || other.needs.has(leaf)),
      ),
    ),
    counts: one.counts || other.counts,
  };
}

function inEither(one: Bounds['needs'], other: Bounds['needs']): Bounds['needs'] {
  return new Map(
    [...one].flatMap(([leaf, reach]) => {
      const there = other.get(leaf);
      return there ? [[leaf, hull(reach, there)] as const] : [];
    }),
  );
}
