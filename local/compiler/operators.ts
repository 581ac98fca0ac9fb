import type { KqlNode } from 'kql-workspace/language-service.ts';
import { summarized } from './aggregates.ts';
import { type FlowOf, narrow, narrowTo } from './bounds.ts';
import { mix } from './mix.ts';
import { evaluate } from './scalars.ts';
import { expressionOf, type Findings, nameOf, need, type Scope } from './scope.ts';
import { hasEvents, tableFlow } from './sources.ts';
import { DATA, type Flow, NO_ROWS, type Value } from './values.ts';

/** What comes of a table behind an operator. */
export function flowAfter(
  input: Flow,
  node: KqlNode,
  outer: Scope,
  findings: Findings,
  flowOf: FlowOf,
): Flow {
  const scope: Scope = { ...outer, row: input };
  switch (node.kind) {
    case 'FilterOperator':
      return narrow(input, need(node, 'Condition'), scope, findings, flowOf);
    case 'ExtendOperator':
    case 'SerializeOperator':
    case 'ProjectOperator':
    case 'DistinctOperator':
      return extended(input, node.items('Expressions'), scope, findings);
    case 'ProjectRenameOperator':
      return renamed(input, node.items('Expressions'));
    case 'SummarizeOperator':
      return summarized(input, node, scope, findings, flowOf);
    case 'CountOperator':
      return { ...input, columns: new Map([['Count', { kind: 'aggregate' }]]) };
    case 'MakeSeriesOperator':
      return series(input, node, scope, findings);
    case 'TakeOperator':
    case 'TopOperator':
    case 'TopHittersOperator':
    case 'TopNestedOperator':
    case 'SampleOperator':
    case 'SampleDistinctOperator':
    case 'ReduceByOperator':
    case 'ScanOperator':
      return { ...input, counts: true };
    case 'JoinOperator':
    case 'LookupOperator':
      return joined(input, node, outer, findings, flowOf);
    case 'UnionOperator': {
      const inner: Scope = isFuzzy(node) ? { ...outer, fuzzy: true } : outer;
      return united([input, ...node.items('Expressions').map((part) => flowOf(part, inner, findings))]);
    }
    case 'SearchOperator':
    case 'FindOperator':
      return searched(input, node, outer, findings, flowOf);
    case 'PartitionOperator': {
      const operand = need(node, 'Operand');
      const query = operand.child('Subquery') ?? operand.child('Expression');
      return query ? flowOf(query, { ...outer, piped: input, row: input }, findings) : input;
    }
    case 'MvApplyOperator': {
      const query = node.child('Subquery')?.child('Expression');
      // What it limits are the values of one row.
      return query
        ? { ...flowOf(query, { ...outer, piped: input, row: input }, findings), counts: input.counts }
        : input;
    }
    case 'EvaluateOperator':
      return evaluated(input, node);
    default:
      return input;
  }
}

/** Columns that are left out stay known: nothing that follows can name them. */
function extended(input: Flow, items: readonly KqlNode[], scope: Scope, findings: Findings): Flow {
  const columns = new Map(input.columns);
  for (const item of items) {
    // Each sees the columns that were there before.
    const value = evaluate(expressionOf(item), scope, findings);
    for (const name of namesOf(item)) columns.set(name, value);
  }
  return { ...input, columns };
}

function namesOf(item: KqlNode): string[] {
  if (item.kind === 'SimpleNamedExpression') return [nameOf(need(item, 'Name'))];
  if (item.kind === 'CompoundNamedExpression') return need(item, 'Names').items('Names').map(nameOf);
  return item.kind === 'NameReference' ? [nameOf(item)] : [];
}

function renamed(input: Flow, items: readonly KqlNode[]): Flow {
  const columns = new Map(input.columns);
  for (const item of items) {
    const [name] = namesOf(item);
    const from = nameOf(expressionOf(item));
    if (name !== undefined) columns.set(name, timeOrData(from, input));
    columns.set(from, DATA);
  }
  return { ...input, columns };
}

function timeOrData(name: string, { columns, leaves }: Flow): Value {
  const isTime = name === 'TimeGenerated' || name === 'Timestamp';
  return columns.get(name) ?? (isTime ? { kind: 'time', leaves, shiftMs: 0, aggregated: false } : DATA);
}

function series(input: Flow, node: KqlNode, scope: Scope, findings: Findings): Flow {
  const range = node.child('RangeClause');
  // The older way to write it: in range(from, to, step).
  const given = range?.child('Arguments')?.items('Expressions') ?? [];
  const side = (role: string, place: number) => {
    const expression = range?.child(role)?.child('Expression') ?? given[place];
    return expression && evaluate(expression, scope, findings);
  };
  const time = evaluate(need(need(node, 'OnClause'), 'Expression'), scope, findings);
  const narrowed = narrowTo(input, time, side('MakeSeriesFromClause', 0), side('MakeSeriesToClause', 1));
  const columns = new Map(narrowed.columns);
  for (const item of node.items('Aggregates'))
    for (const name of namesOf(item.child('Expression') ?? item)) columns.set(name, { kind: 'aggregate' });
  return { ...narrowed, columns, counts: true };
}

const leftRowsOnly: ReadonlySet<string> = new Set(['leftanti', 'anti', 'leftantisemi', 'leftouter']);
const rightRowsOnly: ReadonlySet<string> = new Set(['rightanti', 'rightantisemi', 'rightouter']);

function joined(input: Flow, node: KqlNode, outer: Scope, findings: Findings, flowOf: FlowOf): Flow {
  const other = flowOf(need(node, 'Expression'), outer, findings);
  const kind = joinKind(node) ?? (node.kind === 'LookupOperator' ? 'leftouter' : 'innerunique');
  const columns = new Map(input.columns);
  // Of like names the second table's carry a number, its own times too.
  for (const [name, value] of other.columns) columns.set(columns.has(name) ? `${name}1` : name, value);
  for (const name of ['TimeGenerated', 'Timestamp']) {
    if (!columns.has(name)) columns.set(name, timeOrData(name, input));
    if (!other.columns.has(name)) columns.set(`${name}1`, timeOrData(name, other));
  }
  const together = bothOf(input, other, !kind.includes('anti'));
  if (leftRowsOnly.has(kind)) return { leaves: input.leaves, columns, ...together };
  if (rightRowsOnly.has(kind)) return { leaves: other.leaves, columns, ...together };
  return { leaves: [...input.leaves, ...other.leaves], columns, ...together };
}

/** `matched`: rows come of what is in both. */
function bothOf(one: Flow, other: Flow, matched: boolean): Pick<Flow, 'counts' | 'pairs'> {
  const pairs = one.pairs || other.pairs || (matched && hasEvents(one.leaves) && hasEvents(other.leaves));
  return { counts: one.counts || other.counts, ...(pairs && { pairs }) };
}

function joinKind(node: KqlNode): string | undefined {
  for (const parameter of node.items('Parameters')) {
    const name = parameter.child('Name');
    if (name && nameOf(name).toLowerCase() === 'kind')
      return (
        parameter.child('Expression')?.text.toLowerCase() ?? parameter.children.at(-1)?.text.toLowerCase()
      );
  }
  return undefined;
}

function isFuzzy(node: KqlNode): boolean {
  return node
    .items('Parameters')
    .some((parameter) => /^isfuzzy\s*=\s*(true|1)$/i.test(parameter.text.trim()));
}

function united(flows: readonly Flow[]): Flow {
  const columns = new Map<string, Value>();
  const leaves = flows.flatMap((flow) => flow.leaves);
  const names = new Set([...flows.flatMap((flow) => [...flow.columns.keys()]), 'TimeGenerated', 'Timestamp']);
  for (const name of names) {
    const values = flows.filter((flow) => flow.leaves.length > 0).map((flow) => timeOrData(name, flow));
    columns.set(name, merged(values));
  }
  const pairs = flows.some((flow) => flow.pairs);
  return { leaves, columns, counts: flows.some(({ counts }) => counts), ...(pairs && { pairs }) };
}

function merged(values: readonly Value[]): Value {
  const [first] = values;
  if (!first) return DATA;
  if (values.every((value) => value.kind === 'time')) {
    const times = values.filter((value) => value.kind === 'time');
    const alike = times.every(
      ({ leaves: _, ...time }) => JSON.stringify(time) === JSON.stringify({ ...times[0], leaves: undefined }),
    );
    if (alike && times[0])
      return {
        ...times[0],
        leaves: [...new Set(times.flatMap(({ leaves }) => leaves))],
      };
  }
  const stamps = values.filter((value) => value.kind === 'stamp');
  if (stamps[0] && stamps.length === values.length)
    return { ...stamps[0], leaves: [...new Set(stamps.flatMap(({ leaves }) => leaves))] };
  return values.every((value) => value === first) ? first : mix(values);
}

/** `search in (A, B)`, `find in (A, B) where …`; without tables they look through all there are. */
function searched(input: Flow, node: KqlNode, outer: Scope, findings: Findings, flowOf: FlowOf): Flow {
  const tables = node.child('InClause')?.items('Expressions') ?? [];
  const flow =
    input.leaves.length > 0
      ? input
      : tables.length > 0
        ? united(tables.map((table) => flowOf(table, outer, findings)))
        : tableFlow('*', false, findings);
  const condition = node.child('Condition');
  return condition ? narrow(flow, condition, { ...outer, row: flow }, findings, flowOf) : flow;
}

/** Plugins that only spread out what is there. */
const shaping: ReadonlySet<string> = new Set(['bag_unpack', 'pivot', 'narrow', 'ipv4_lookup', 'ipv6_lookup']);

function evaluated(input: Flow, node: KqlNode): Flow {
  const call = [...node.walk()].find(({ kind }) => kind === 'FunctionCallExpression');
  const name = call ? nameOf(need(call, 'Name')).toLowerCase() : '';
  return input === NO_ROWS || shaping.has(name) ? input : { ...input, counts: true };
}
