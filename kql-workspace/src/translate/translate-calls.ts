import { functionsOfAddresses } from '../kql-functions/address-calls.ts';
import { translateAggregate } from '../kql-functions/aggregate-calls.ts';
import type { Call, Functions } from '../kql-functions/call.ts';
import { functionsOfChoice } from '../kql-functions/choice-calls.ts';
import { functionsOfConversion } from '../kql-functions/conversion-calls.ts';
import { functionsOfDynamic } from '../kql-functions/dynamic-calls.ts';
import { functionsOfHashes } from '../kql-functions/hash-calls.ts';
import { callsOf } from '../kql-functions/in-javascript/js-function.ts';
import { jsFunctions } from '../kql-functions/in-javascript/js-functions.ts';
import { functionsOfNumbers } from '../kql-functions/number-calls.ts';
import { functionsOfPatterns } from '../kql-functions/pattern-calls.ts';
import { functionsOfRows } from '../kql-functions/row-calls.ts';
import { functionsOfStrings } from '../kql-functions/string-calls.ts';
import { functionsOfTime } from '../kql-functions/time-calls.ts';
import { isAggregateName, type KqlNode } from '../language-service.ts';
import type { Scalar } from '../values/scalar-types.ts';
import { nameOf, need } from './nodes.ts';
import { located, type Scope, type Translation, UnsupportedKql } from './relation.ts';
import { enterFunction } from './translate-statements.ts';

const functions: Functions = {
  ...callsOf(jsFunctions),
  ...functionsOfAddresses,
  ...functionsOfChoice,
  ...functionsOfConversion,
  ...functionsOfDynamic,
  ...functionsOfHashes,
  ...functionsOfNumbers,
  ...functionsOfPatterns,
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
  return located(node, () => translate(call));
}
