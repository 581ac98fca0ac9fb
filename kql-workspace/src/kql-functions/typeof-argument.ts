import type { KqlNode } from '../language-service.ts';
import { scalarTypeOf } from '../translate/nodes.ts';
import { UnsupportedKql } from '../translate/relation.ts';
import { convert } from '../values/convert.ts';
import type { Scalar } from '../values/scalar-types.ts';

/** The value as the type that a `typeof()` argument says. */
export function asType(value: Scalar, typeArgument: KqlNode | undefined): Scalar {
  if (!typeArgument) return value;
  const [type] = typeArgument.items('Types');
  if (typeArgument.kind !== 'TypeOfLiteralExpression' || !type) {
    throw new UnsupportedKql(`'${typeArgument.text}' as a type`, typeArgument);
  }
  return convert(value, scalarTypeOf(type.text, type));
}
