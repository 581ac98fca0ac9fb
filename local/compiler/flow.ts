import type { KqlNode } from 'kql-workspace/language-service.ts';
import { flowAfter } from './operators.ts';
import { evaluate } from './scalars.ts';
import { type Binding, enter, type Findings, isTable, nameOf, need, type Scope, step } from './scope.ts';
import { externalFlow, foreignFlow, functionFlow, isParser, tableFlow } from './sources.ts';
import { type Flow, NO_ROWS } from './values.ts';

/** What is known of the table that an expression gives. */
export function flowOf(node: KqlNode, scope: Scope, findings: Findings): Flow {
  step(findings);
  const inner = (role = 'Expression') => flowOf(need(node, role), scope, findings);
  switch (node.kind) {
    case 'ParenthesizedExpression':
    case 'MaterializeExpression':
    case 'ToTableExpression':
    case 'MaterializedViewCombineExpression':
      return inner();
    case 'PipeExpression': {
      const operator = need(node, 'Operator');
      return piped(inner(), operator, scope, findings);
    }
    case 'NameReference':
      return named(node, scope, findings);
    case 'FunctionCallExpression':
      return called(
        node,
        nameOf(need(node, 'Name')),
        node.child('ArgumentList')?.items('Expressions') ?? [],
        scope,
        findings,
      );
    case 'PathExpression':
      return foreignFlow(node, findings);
    case 'ExternalDataExpression':
      return externalFlow(node, findings);
    case 'DataTableExpression':
    case 'PrintOperator':
    case 'RangeOperator':
    case 'EvaluateOperator':
      return NO_ROWS;
    default:
      return piped(scope.piped ?? NO_ROWS, node, scope, findings);
  }
}

function piped(input: Flow, operator: KqlNode, scope: Scope, findings: Findings): Flow {
  if (operator.kind === 'InvokeOperator') {
    const call = need(operator, 'Function');
    const enriched = enrichment(nameOf(need(call, 'Name')), scope, findings);
    if (enriched) return input;
    const given = [input, ...(call.child('ArgumentList')?.items('Expressions') ?? [])];
    return called(call, nameOf(need(call, 'Name')), given, scope, findings);
  }
  return flowAfter(input, operator, scope, findings, flowOf);
}

/** Defender's own functions add what it knows today of a file or an address to each row. */
const enrichments: ReadonlySet<string> = new Set([
  'fileprofile',
  'devicefromip',
  'seenby',
  'assignedipaddresses',
]);

function enrichment(name: string, { bindings }: Scope, { asOfToday }: Findings): boolean {
  if (bindings.has(name) || !enrichments.has(name.toLowerCase())) return false;
  asOfToday.add(`${name}(): what is known today`);
  return true;
}

function named(node: KqlNode, scope: Scope, findings: Findings): Flow {
  const name = nameOf(node);
  const binding = scope.bindings.get(name);
  switch (binding?.kind) {
    case 'table':
      return flowOf(binding.expression, binding.scope, findings);
    case 'flow':
      return binding.flow;
    case 'function':
      return called(node, name, [], scope, findings);
    case 'scalar':
      return NO_ROWS;
    case undefined:
      return isParser(name)
        ? functionFlow(node, name, findings)
        : tableFlow(name, true, findings, scope.fuzzy);
  }
}

function called(
  node: KqlNode,
  name: string,
  given: readonly (KqlNode | Flow)[],
  scope: Scope,
  findings: Findings,
): Flow {
  const binding = scope.bindings.get(name);
  if (binding?.kind !== 'function') return functionFlow(node, name, findings);
  const { body, bindings } = enter(node, binding.declaration, binding.scope, given, (argument) =>
    bindingOf(argument, scope, findings),
  );
  declare(body.items('Statements'), bindings, findings);
  const result = body.child('Expression');
  return result ? flowOf(result, { bindings }, findings) : NO_ROWS;
}

/** Takes in what `let` statements declare, one after the other. */
export function declare(
  statements: readonly KqlNode[],
  bindings: Map<string, Binding>,
  findings: Findings,
): void {
  for (const statement of statements) {
    if (statement.kind !== 'LetStatement') continue;
    // What is declared sees what stood before it alone.
    const scope = { bindings: new Map(bindings) };
    bindings.set(nameOf(need(statement, 'Name')), bindingOf(need(statement, 'Expression'), scope, findings));
  }
}

function bindingOf(expression: KqlNode, scope: Scope, findings: Findings): Binding {
  if (expression.kind === 'FunctionDeclaration') return { kind: 'function', declaration: expression, scope };
  if (isTable(expression, scope)) return { kind: 'table', expression, scope };
  return { kind: 'scalar', value: evaluate(expression, scope, findings) };
}
