import { UnsupportedKql } from '../translate/relation.ts';
import type { Scalar } from '../values/scalar-types.ts';
import { argument, type Call, type Functions } from './call.ts';
import { sqlNameOf } from './in-javascript/js-function.ts';

/** Functions that hash a value by XXH64. */
export const functionsOfHashes: Functions = { hash: hashed, hash_xxhash64: hashed };

/** Documented for texts and datetimes; and not what a modulo makes of a negative hash. */
function hashed(call: Call): Scalar {
  const value = argument(call, 0);
  const [, modulo] = call.nodes;
  if (modulo) throw new UnsupportedKql(`${call.name}() with a modulo`, modulo);
  if (value.type !== 'string' && value.type !== 'datetime')
    throw new UnsupportedKql(`${call.name}() of a ${value.type}`, call.node);
  const name = sqlNameOf(value.type === 'string' ? 'xxhash_of_text' : 'xxhash_of_ticks');
  return { sql: `${name}(${value.sql}, ${call.node.start})`, type: 'long', nullable: value.nullable };
}
