import type { KqlNode } from 'kql-workspace/language-service.ts';
import { parseTimespan } from 'kql-workspace/values/time-text.ts';
import { callValue, readTime } from './call-values.ts';
import { asStamp, mix } from './mix.ts';
import { add, distance } from './moments.ts';
import { type Binding, callOf, enter, type Findings, nameOf, need, type Scope, step } from './scope.ts';
import { DATA, UNKNOWN, type Value } from './values.ts';

/** A tick is 100 ns. */
const TICKS_PER_MS = 10_000n;
/** What says when a row was, in tables of either flavour. */
const ROW_TIMES: ReadonlySet<string> = new Set(['TimeGenerated', 'Timestamp']);

/** What is known of a scalar expression. */
export function evaluate(node: KqlNode, scope: Scope, findings: Findings): Value {
  step(findings);
  const inner = (role: string) => evaluate(need(node, role), scope, findings);
  switch (node.kind) {
    case 'ParenthesizedExpression':
    case 'SimpleNamedExpression':
    case 'OrderedExpression':
      return inner('Expression');
    case 'MaterializeExpression':
    case 'ToScalarExpression':
      findings.lookups.push({ query: need(node, 'Expression'), scope });
      return fromQuery(node);
    case 'DateTimeLiteralExpression':
      return readTime(literalText(node), findings.placeholders) ?? UNKNOWN;
    case 'TimespanLiteralExpression':
      return timespanLiteral(node);
    case 'LongLiteralExpression':
    case 'IntLiteralExpression':
    case 'RealLiteralExpression':
    case 'DecimalLiteralExpression':
      return numberLiteral(node);
    case 'StringLiteralExpression':
      return { kind: 'text', value: need(node, 'Token').value };
    case 'UnaryMinusExpression':
      return negative(inner('Expression'));
    case 'UnaryPlusExpression':
      return inner('Expression');
    case 'AddExpression':
      return sum(inner('Left'), inner('Right'));
    case 'SubtractExpression':
      return difference(inner('Left'), inner('Right'));
    case 'MultiplyExpression':
      return product(inner('Left'), inner('Right'));
    case 'DivideExpression':
      return quotient(inner('Left'), inner('Right'));
    case 'NameReference':
      return named(node, scope, findings);
    case 'FunctionCallExpression':
      return called(node, scope, findings);
    default:
      return mixed(node, scope, findings);
  }
}

/** The result of a query over data is no constant. */
function fromQuery(node: KqlNode): Value {
  const type = node.resultType;
  const counted = type?.kind === 'scalar' && ['int', 'long', 'real', 'decimal'].includes(type.type);
  return counted ? { kind: 'unknown', counted } : UNKNOWN;
}

/** The binder says that `time(7)` and `timespan(1.00:00:00)` are 0, so the text is read. */
function timespanLiteral(node: KqlNode): Value {
  const ticks = parseTimespan(literalText(node));
  return ticks === undefined ? UNKNOWN : { kind: 'timespan', ms: Number(ticks) / Number(TICKS_PER_MS) };
}

function numberLiteral(node: KqlNode): Value {
  const value = Number(literalText(node));
  return Number.isNaN(value) ? UNKNOWN : { kind: 'number', value };
}

function literalText(node: KqlNode): string {
  return (node.child('Token')?.value ?? node.text).trim().replace(/^["'](.*)["']$/, '$1');
}

function named(node: KqlNode, scope: Scope, findings: Findings): Value {
  const name = nameOf(node);
  if (node.symbol?.kind === 'Column' && scope.row) return columnValue(name, node, scope);
  const binding = scope.bindings.get(name);
  if (binding?.kind === 'scalar') return binding.value;
  if (binding?.kind === 'function') return calledValue(node, binding, [], scope, findings);
  if (binding?.kind === 'table') findings.lookups.push({ query: binding.expression, scope: binding.scope });
  if (binding) return DATA;
  return scope.row ? columnValue(name, node, scope) : UNKNOWN;
}

function columnValue(name: string, node: KqlNode, { row }: Scope): Value {
  const known = row?.columns.get(name);
  if (known) return known;
  const leaves = row?.leaves ?? [];
  if (ROW_TIMES.has(name)) return { kind: 'time', leaves, shiftMs: 0, aggregated: false };
  const type = node.resultType;
  return type?.kind === 'scalar' && type.type === 'datetime' ? { kind: 'stamp', leaves, name } : DATA;
}

function called(node: KqlNode, scope: Scope, findings: Findings): Value {
  const { name, given } = callOf(node);
  const binding = scope.bindings.get(name);
  if (binding?.kind === 'function') return calledValue(node, binding, given, scope, findings);
  if (name.toLowerCase() === 'ingestion_time' && scope.row) {
    findings.asOfToday.add('ingestion_time(): when rows arrived, whatever time they tell');
    return { kind: 'time', leaves: scope.row.leaves, shiftMs: 0, aggregated: false };
  }
  const values = given.map((argument) => evaluate(argument, scope, findings));
  const found = callValue(name.toLowerCase(), values, findings.placeholders);
  return asStamp(found ?? mix(values), node, scope.row?.leaves);
}

function calledValue(
  node: KqlNode,
  { declaration, scope: declaredIn }: Extract<Binding, { kind: 'function' }>,
  given: readonly KqlNode[],
  scope: Scope,
  findings: Findings,
): Value {
  const { body, bindings } = enter(node, declaration, declaredIn, given, (argument) => ({
    kind: 'scalar',
    value: evaluate(argument, scope, findings),
  }));
  for (const statement of body.items('Statements')) {
    if (statement.kind !== 'LetStatement') continue;
    const value = evaluate(need(statement, 'Expression'), { bindings }, findings);
    bindings.set(nameOf(need(statement, 'Name')), { kind: 'scalar', value });
  }
  const result = body.child('Expression');
  return result ? evaluate(result, { bindings, ...(scope.row && { row: scope.row }) }, findings) : DATA;
}

/** An expression that is not folded: what it may be follows from what stands in it. */
function mixed(node: KqlNode, scope: Scope, findings: Findings): Value {
  return mix(partValues(node, scope, findings));
}

function partValues(node: KqlNode, scope: Scope, findings: Findings): Value[] {
  return node.children
    .filter((child) => !child.isToken)
    .flatMap((child): Value[] => {
      if (['List', 'ExpressionList', 'SeparatedElement'].includes(child.kind))
        return partValues(child, scope, findings);
      if (child.resultType?.kind !== 'table') return [evaluate(child, scope, findings)];
      findings.lookups.push({ query: child, scope });
      return [DATA];
    });
}

function negative(value: Value): Value {
  if (value.kind === 'timespan') return { kind: 'timespan', ms: -value.ms };
  if (value.kind === 'number') return { kind: 'number', value: -value.value };
  if (value.kind === 'age') return { ...value, sign: value.sign === 1 ? -1 : 1 };
  return mix([value]);
}

export function sum(one: Value, other: Value): Value {
  if (one.kind === 'number' && other.kind === 'number')
    return { kind: 'number', value: one.value + other.value };
  if (one.kind === 'timespan' && other.kind === 'timespan')
    return { kind: 'timespan', ms: one.ms + other.ms };
  if (other.kind === 'timespan') return shifted(one, other.ms);
  if (one.kind === 'timespan') return shifted(other, one.ms);
  return neither(one, other);
}

function difference(one: Value, other: Value): Value {
  if (one.kind === 'number' && other.kind === 'number')
    return { kind: 'number', value: one.value - other.value };
  if (one.kind === 'timespan' && other.kind === 'timespan')
    return { kind: 'timespan', ms: one.ms - other.ms };
  if (other.kind === 'timespan') return shifted(one, -other.ms);
  if (one.kind === 'moment' && other.kind === 'moment') {
    const ms = distance(one.moment, other.moment);
    return ms === undefined ? UNKNOWN : { kind: 'timespan', ms };
  }
  if (one.kind === 'moment' && other.kind === 'time')
    return { kind: 'age', until: one.moment, of: other, unitMs: 1, sign: 1 };
  if (one.kind === 'time' && other.kind === 'moment')
    return { kind: 'age', until: other.moment, of: one, unitMs: 1, sign: -1 };
  return neither(one, other);
}

function shifted(value: Value, ms: number): Value {
  if (value.kind === 'moment') return { kind: 'moment', moment: add(value.moment, ms) };
  if (value.kind === 'time') return { ...value, shiftMs: value.shiftMs + ms };
  return mix([value]);
}

function product(one: Value, other: Value): Value {
  if (one.kind === 'number' && other.kind === 'number')
    return { kind: 'number', value: one.value * other.value };
  if (one.kind === 'number' && other.kind === 'timespan')
    return { kind: 'timespan', ms: one.value * other.ms };
  if (one.kind === 'timespan' && other.kind === 'number')
    return { kind: 'timespan', ms: one.ms * other.value };
  return neither(one, other);
}

function quotient(one: Value, other: Value): Value {
  if (one.kind === 'age' && other.kind === 'timespan' && other.ms > 0)
    return { ...one, unitMs: one.unitMs * other.ms };
  if (one.kind === 'age' && other.kind === 'number' && other.value > 0)
    return { ...one, unitMs: one.unitMs * other.value };
  if (one.kind === 'number' && other.kind === 'number' && other.value !== 0)
    return { kind: 'number', value: one.value / other.value };
  if (one.kind === 'timespan' && other.kind === 'number' && other.value !== 0)
    return { kind: 'timespan', ms: one.ms / other.value };
  if (one.kind === 'timespan' && other.kind === 'timespan' && other.ms !== 0)
    return { kind: 'number', value: one.ms / other.ms };
  return neither(one, other);
}

function neither(one: Value, other: Value): Value {
  return mix([one, other]);
}
