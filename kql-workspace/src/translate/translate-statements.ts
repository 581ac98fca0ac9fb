import type { KqlNode } from '../language-service.ts';
import { convert } from '../values/convert.ts';
import { excerpt, nameOf, need, scalarTypeOf } from './nodes.ts';
import { type Binding, type Bindings, type Scope, type Translation, UnsupportedKql } from './relation.ts';

/** The bindings after a `let`. */
export function bindLet(statement: KqlNode, bindings: Bindings, translation: Translation): Bindings {
  const name = nameOf(need(statement, 'Name'));
  const expression = need(statement, 'Expression');
  return new Map(bindings).set(name, bindingOf(expression, bindings, translation));
}

function bindingOf(expression: KqlNode, bindings: Bindings, translation: Translation): Binding {
  if (expression.kind === 'FunctionDeclaration') {
    return { kind: 'function', declaration: expression, bindings };
  }
  if (expression.resultType?.kind === 'table') {
    const relation = translation.tabular(expression, { bindings });
    return { kind: 'table', relation: translation.share(relation, 'inline') };
  }
  return { kind: 'scalar', value: translation.scalarOnce(expression, { bindings }) };
}

/**
 * Opens a call of a function that the query declares: gives the expression that the body ends in and the scope
 * in which to translate it. `piped` is the table in front of `invoke`.
 */
export function enterFunction(
  call: KqlNode,
  scope: Scope,
  translation: Translation,
  piped?: Binding,
): { readonly result: KqlNode; readonly scope: Scope } {
  // A function without parameters may be called by its name alone.
  const isName = call.kind === 'NameReference';
  const name = nameOf(isName ? call : need(call, 'Name'));
  const called = scope.bindings.get(name);
  if (called?.kind !== 'function') throw new UnsupportedKql(`the function '${name}'`, call);
  const parameters = need(called.declaration, 'Parameters').items('Parameters');
  const given = isName ? [] : need(call, 'ArgumentList').items('Expressions');
  const named = new Map<string, KqlNode>();
  const positional: (KqlNode | Binding)[] = piped ? [piped] : [];
  for (const argument of given) {
    if (argument.kind === 'SimpleNamedExpression') {
      named.set(nameOf(need(argument, 'Name')), need(argument, 'Expression'));
    } else positional.push(argument);
  }
  let bindings: Bindings = called.bindings;
  for (const parameter of parameters) {
    const declared = need(parameter, 'NameAndType');
    const parameterName = nameOf(need(declared, 'Name'));
    const fallback = parameter.child('DefaultValue')?.child('Value');
    const argument = named.get(parameterName) ?? positional.shift() ?? fallback;
    if (!argument)
      throw new UnsupportedKql(`'${excerpt(call)}' without the argument '${parameterName}'`, call);
    const value = 'walk' in argument ? argumentOf(argument, declared, scope, translation) : argument;
    bindings = new Map(bindings).set(parameterName, value);
  }
  const declared = need(called.declaration, 'Body');
  const body = call.calledBody(declared) ?? declared;
  for (const statement of body.items('Statements')) {
    if (statement.kind !== 'LetStatement') throw new UnsupportedKql(`'${excerpt(statement)}'`, statement);
    bindings = bindLet(statement, bindings, translation);
  }
  return { result: need(body, 'Expression'), scope: { bindings } };
}

function argumentOf(argument: KqlNode, declared: KqlNode, scope: Scope, translation: Translation): Binding {
  if (argument.resultType?.kind === 'table') {
    const relation = translation.tabular(argument, { bindings: scope.bindings });
    return { kind: 'table', relation: translation.share(relation, 'inline') };
  }
  const value = needsRow(argument, scope)
    ? translation.scalar(argument, scope)
    : translation.scalarOnce(argument, { bindings: scope.bindings });
  const type = need(declared, 'Type');
  return { kind: 'scalar', value: convert(value, scalarTypeOf(type.text, declared)) };
}

/** True where a name in the expression may be a column's, or a parameter that stands for one. */
function needsRow(expression: KqlNode, { row, sides }: Scope): boolean {
  if (!row && !sides) return false;
  return [...expression.walk()].some(
    (part) => part.kind === 'NameReference' || part.kind === 'StarExpression',
  );
}
