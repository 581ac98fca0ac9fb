import { translateAggregate } from './aggregates.ts';
import type { Call, Functions } from './call.ts';
import { functionsOfAddresses } from './functions-of-addresses.ts';
import { functionsOfChoice } from './functions-of-choice.ts';
import { functionsOfConversion } from './functions-of-conversion.ts';
import { functionsOfDynamic } from './functions-of-dynamic.ts';
import { functionsOfNumbers } from './functions-of-numbers.ts';
import { functionsOfRows } from './functions-of-rows.ts';
import { functionsOfStrings } from './functions-of-strings.ts';
import { functionsOfTime } from './functions-of-time.ts';
import { callsOf } from './js-function.ts';
import { jsFunctions } from './js-functions.ts';
import { isAggregateName, type KqlNode } from './language-service.ts';
import { nameOf, need } from './nodes.ts';
import { type Scope, type Translation, UnsupportedKql } from './relation.ts';
import type { Scalar } from './scalar-types.ts';
import { enterFunction } from './translate-statements.ts';

const functions: Functions = {
  ...callsOf(jsFunctions),
  ...functionsOfAddresses,
  ...functionsOfChoice,
  ...functionsOfConversion,
  ...functionsOfDynamic,
  ...functionsOfNumbers,
  ...functionsOfRows,
  ...functionsOfStrings,
  ...functionsOfTime,
};

/** Translates a call of one of Kusto's functions, of an aggregate, or of a function that the query declares. */
export function translateCall(node: KqlNode, scope: Scope, translation: Translation): Scalar {
  const name = nameOf(need(node, 'Name'));
  if (scope.bindings.get(name)?.kind === 'function') {
    const { result, scope: inner } = enterFunction(node, scope, translation);
    return translation.scalar(result, inner);
  }
  const call: Call = {
    name,
    node,
    nodes: need(node, 'ArgumentList').items('Expressions'),
    scope,
    translation,
  };
  if (scope.aggregating && isAggregateName(name)) {
    return translateAggregate({ ...call, scope: { ...scope, aggregating: false } });
  }
  const translate = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (!translate) throw new UnsupportedKql(`the function ${name}()`, node);
  return translate(call);
}
