import { translateAggregate } from '../functions/aggregates.ts';
import type { Call, Functions } from '../functions/call.ts';
import { functionsOfAddresses } from '../functions/functions-of-addresses.ts';
import { functionsOfChoice } from '../functions/functions-of-choice.ts';
import { functionsOfConversion } from '../functions/functions-of-conversion.ts';
import { functionsOfDynamic } from '../functions/functions-of-dynamic.ts';
import { functionsOfNumbers } from '../functions/functions-of-numbers.ts';
import { functionsOfRows } from '../functions/functions-of-rows.ts';
import { functionsOfStrings } from '../functions/functions-of-strings.ts';
import { functionsOfTime } from '../functions/functions-of-time.ts';
import { callsOf } from '../functions/js-function.ts';
import { jsFunctions } from '../functions/js-functions.ts';
import { isAggregateName, type KqlNode } from '../language-service.ts';
import type { Scalar } from '../values/scalar-types.ts';
import { nameOf, need } from './nodes.ts';
import { type Scope, type Translation, UnsupportedKql } from './relation.ts';
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
