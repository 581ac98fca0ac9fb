import { allArguments, argument, type Functions } from './call.ts';
import { toText } from './convert.ts';
import type { Scalar } from './scalar-types.ts';

function text(sql: string): Scalar {
  return { sql, type: 'string', nullable: false };
}

/** Functions of strings. */
export const functionsOfStrings: Functions = {
  tolower: (call) => text(`lower(${toText(argument(call, 0)).sql})`),
  toupper: (call) => text(`upper(${toText(argument(call, 0)).sql})`),
  strcat: (call) =>
    text(
      `(${allArguments(call)
        .map((part) => toText(part).sql)
        .join(' || ')})`,
    ),
  strlen: (call) => ({
    sql: `CAST(length(${toText(argument(call, 0)).sql}) AS BIGINT)`,
    type: 'long',
    nullable: false,
  }),
};
