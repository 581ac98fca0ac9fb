import { isEnrichment } from '../enrichment.ts';
import type { KqlNode } from '../language-service.ts';
import { extend, getSchema, pickColumns, projectColumns, renameColumns } from './column-operators.ts';
import { enriched } from './enrich.ts';
import { evaluate } from './evaluate.ts';
import { externalData } from './externaldata.ts';
import { join, lookup } from './join.ts';
import { makeSeries } from './make-series.ts';
import { mvApply, mvExpand } from './mv-expand.ts';
import { allowParameters, excerpt, nameOf, need } from './nodes.ts';
import type { Operator } from './operator.ts';
import { parseKeyValues } from './parse-kv.ts';
import { parseText, parseTextWhere } from './parse-operator.ts';
import { partition } from './partition.ts';
import { located, type Relation, type Scope, type Translation, UnsupportedKql } from './relation.ts';
import {
  countRows,
  distinct,
  sample,
  sampleDistinct,
  serialize,
  sort,
  take,
  top,
  where,
} from './row-operators.ts';
import { search } from './search.ts';
import { summarize } from './summarize.ts';
import { dataTable, print, range } from './table-literals.ts';
import { topNested } from './top-nested.ts';
import { enterFunction } from './translate-statements.ts';
import { union } from './union.ts';
import { isWatchlist, watchlist } from './watchlist.ts';

/** What stands after a bar, by Microsoft's name of its syntax. */
const operators: Readonly<Record<string, Operator>> = {
  AsOperator: (input, node) => ({ ...input, name: nameOf(need(node, 'Name')) }),
  CountOperator: countRows,
  DistinctOperator: distinct,
  EvaluateOperator: evaluate,
  ExtendOperator: extend,
  FilterOperator: where,
  GetSchemaOperator: getSchema,
  JoinOperator: join,
  LookupOperator: lookup,
  MakeSeriesOperator: makeSeries,
  MvApplyOperator: mvApply,
  MvExpandOperator: mvExpand,
  ParseKvOperator: parseKeyValues,
  ParseOperator: parseText,
  ParseWhereOperator: parseTextWhere,
  PartitionOperator: partition,
  ProjectAwayOperator: pickColumns,
  ProjectKeepOperator: pickColumns,
  ProjectOperator: projectColumns,
  ProjectRenameOperator: renameColumns,
  ProjectReorderOperator: pickColumns,
  RenderOperator: (input) => input,
  SampleDistinctOperator: sampleDistinct,
  SampleOperator: sample,
  SearchOperator: search,
  SerializeOperator: serialize,
  SortOperator: sort,
  SummarizeOperator: summarize,
  TakeOperator: take,
  TopNestedOperator: topNested,
  TopOperator: top,
  UnionOperator: union,
};

/** Operators with parameters of their own, which they check themselves; all others take only hints. */
const checksParameters: ReadonlySet<string> = new Set([
  'JoinOperator',
  'LookupOperator',
  'MakeSeriesOperator',
  'MvApplyOperator',
  'MvExpandOperator',
  'ParseOperator',
  'ParseWhereOperator',
  'SearchOperator',
  'UnionOperator',
]);

/** Translates an expression that yields a table. */
export function translateTable(node: KqlNode, scope: Scope, translation: Translation): Relation {
  switch (node.kind) {
    case 'PipeExpression': {
      const input = translation.tabular(need(node, 'Expression'), scope);
      const operator = need(node, 'Operator');
      if (operator.kind === 'AsOperator' && !scope.piped) return namedBy(input, operator, translation);
      if (!input.named) return translateOperator(input, operator, scope, translation);
      const bindings = new Map([...scope.bindings, ...input.named]);
      return {
        ...translateOperator(input, operator, { ...scope, bindings }, translation),
        named: input.named,
      };
    }
    case 'ParenthesizedExpression':
      return translation.tabular(need(node, 'Expression'), scope);
    case 'NameReference':
      return named(nameOf(node), node, scope, translation);
    case 'FunctionCallExpression':
      return called(node, scope, translation);
    case 'MaterializeExpression':
      return translation.share(translation.tabular(need(node, 'Expression'), scope), 'materialize');
    case 'DataTableExpression':
      return dataTable(node, scope, translation);
    case 'ExternalDataExpression':
      return externalData(node, scope, translation);
    case 'PrintOperator':
      return print(node, scope, translation);
    case 'RangeOperator':
      return range(node, scope, translation);
    case 'SearchOperator':
      return search(undefined, node, scope, translation);
    case 'UnionOperator':
      return union(undefined, node, scope, translation);
    default:
      if (scope.piped) return translateOperator(scope.piped, node, scope, translation);
      throw new UnsupportedKql(`'${excerpt(node)}' (${node.kind})`, node);
  }
}

function namedBy(input: Relation, operator: KqlNode, translation: Translation): Relation {
  allowParameters(operator, []);
  const name = nameOf(need(operator, 'Name'));
  const relation = { ...translation.share(input, 'inline'), name };
  return { ...relation, named: new Map([...(input.named ?? []), [name, { kind: 'table', relation }]]) };
}

function translateOperator(input: Relation, node: KqlNode, scope: Scope, translation: Translation): Relation {
  if (node.kind === 'InvokeOperator') {
    const call = need(node, 'Function');
    const name = nameOf(need(call, 'Name'));
    if (isEnrichment(name) && !scope.bindings.has(name))
      return enriched(input, call, name, scope, translation);
    const piped = { kind: 'table', relation: translation.share(input, 'inline') } as const;
    const { result, scope: inner } = enterFunction(call, scope, translation, piped);
    return translation.tabular(result, inner);
  }
  const operator = operators[node.kind];
  if (!operator) throw new UnsupportedKql(`the operator '${excerpt(node)}' (${node.kind})`, node);
  if (!checksParameters.has(node.kind)) allowParameters(node, []);
  return located(node, () => operator(input, node, { bindings: scope.bindings }, translation));
}

function named(name: string, node: KqlNode, scope: Scope, translation: Translation): Relation {
  const binding = scope.bindings.get(name);
  if (binding?.kind === 'table') return binding.relation;
  if (binding?.kind === 'function') {
    const { result, scope: inner } = enterFunction(node, scope, translation);
    const relation = translation.tabular(result, inner);
    return binding.declaration.child('ViewKeyword') ? { ...relation, name } : relation;
  }
  const table = translation.table(name);
  if (!table) throw new UnsupportedKql(`the table '${name}'`, node);
  return table;
}

function called(node: KqlNode, scope: Scope, translation: Translation): Relation {
  const name = nameOf(need(node, 'Name'));
  if (scope.bindings.get(name)?.kind === 'function') {
    const { result, scope: inner } = enterFunction(node, scope, translation);
    return translation.tabular(result, inner);
  }
  if (name === 'table') {
    const [argument] = need(node, 'ArgumentList').items('Expressions');
    const { constant } = argument ? translation.scalar(argument, scope) : {};
    const table = typeof constant === 'string' ? translation.table(constant) : undefined;
    if (table) return table;
  }
  if (isWatchlist(node)) return watchlist(node, scope, translation);
  throw new UnsupportedKql(`'${excerpt(node)}' as a table`, node);
}
