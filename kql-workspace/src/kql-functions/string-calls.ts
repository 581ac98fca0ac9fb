import { hasDynamic } from '../translate/string-predicates.ts';
import { convert, toText } from '../values/convert.ts';
import { integerLiteral, type Scalar } from '../values/scalar-types.ts';
import { allArguments, argument, type Call, type Functions, optionalArgument } from './call.ts';
import { resultOf } from './in-javascript/js-function.ts';

function text(sql: string): Scalar {
  return { sql, type: 'string', nullable: false };
}

function long(sql: string, nullable = false): Scalar {
  return { sql, type: 'long', nullable };
}

function textArgument(call: Call, index: number): string {
  return toText(argument(call, index)).sql;
}

/** Functions of strings that SQL has; the others are in `in-javascript/texts.ts`. */
export const functionsOfStrings: Functions = {
  isascii: (call) => ({
    sql: `(strlen(${textArgument(call, 0)}) = length(${textArgument(call, 0)}))`,
    type: 'bool',
    nullable: false,
  }),
  isutf8: (call) => ({ sql: `(${textArgument(call, 0)} IS NOT NULL)`, type: 'bool', nullable: false }),
  replace_string: (call) =>
    text(`replace(${[0, 1, 2].map((index) => textArgument(call, index)).join(', ')})`),
  strcat: (call) =>
    text(
      `(${allArguments(call)
        .map((part) => toText(part).sql)
        .join(' || ')})`,
    ),
  strcat_delim: (call) => {
    const [delimiter, ...parts] = allArguments(call).map((part) => toText(part).sql);
    return text(`concat_ws(${[delimiter, ...parts].join(', ')})`);
  },
  strcmp: (call) => {
    const [left, right] = [textArgument(call, 0), textArgument(call, 1)];
    return long(
      `CAST(CASE WHEN ${left} < ${right} THEN -1 WHEN ${left} > ${right} THEN 1 ELSE 0 END AS BIGINT)`,
    );
  },
  string_size: (call) => long(`CAST(strlen(${textArgument(call, 0)}) AS BIGINT)`),
  strlen: (call) => long(`CAST(length(${textArgument(call, 0)}) AS BIGINT)`),
  split: (call) => split(call),
  substring: (call) => substring(call),
  tohex: (call) => tohex(call),
  tolower: (call) => text(`lower(${textArgument(call, 0)})`),
  toupper: (call) => text(`upper(${textArgument(call, 0)})`),
  has_any_index: (call) => hasAnyIndex(call),
};

/** An array of the parts; told an index, of the part there alone. */
function split(call: Call): Scalar {
  const [text, delimiter] = [textArgument(call, 0), toText(argument(call, 1))];
  const index = convert(optionalArgument(call, 2) ?? integerLiteral(-1n, 'long'), 'long');
  if (typeof delimiter.constant !== 'string' || typeof index.constant !== 'bigint')
    return resultOf(`kql_fn_split(${text}, ${delimiter.sql}, ${index.sql}, ${call.node.start})`, 'dynamic');
  const all = delimiter.constant === '' ? `[${text}]` : `string_split(${text}, ${delimiter.sql})`;
  const at = index.constant;
  const texts = at < 0n ? all : `${all}[${at + 1n}:${at + 1n}]`;
  return { sql: `to_json(${texts})`, texts, type: 'dynamic', nullable: false };
}

/** A negative start counts from the end. */
function substring(call: Call): Scalar {
  const source = textArgument(call, 0);
  const start = convert(argument(call, 1), 'long').sql;
  const length = optionalArgument(call, 2);
  const first = `CASE WHEN ${start} < 0 THEN greatest(length(${source}) + ${start}, 0) ELSE ${start} END + 1`;
  const count = length ? `, greatest(${convert(length, 'long').sql}, 0)` : '';
  return text(`coalesce(substring(${source}, ${first}${count}), '')`);
}

/** Two's complement, as wide as the value's type. */
function tohex(call: Call): Scalar {
  const value = argument(call, 0);
  const width = convert(optionalArgument(call, 1) ?? integerLiteral(0n, 'long'), 'long').sql;
  const digits = `lower(to_hex(${value.type === 'int' ? `CASE WHEN ${value.sql} < 0 THEN CAST(${value.sql} AS BIGINT) + 4294967296 ELSE ${value.sql} END` : convert(value, 'long').sql}))`;
  return text(
    `coalesce(lpad(${digits}, CAST(greatest(length(${digits}), least(${width}, 16)) AS INTEGER), '0'), '')`,
  );
}

/** The index of the first needle that the text has, or -1. */
function hasAnyIndex(call: Call): Scalar {
  const needles = convert(argument(call, 1), 'dynamic');
  const one = hasDynamic('any', argument(call, 0), {
    sql: 'json_array(needle)',
    type: 'dynamic',
    nullable: false,
  });
  const list = `from_json(${needles.sql}, '["JSON"]')`;
  return long(
    `CAST(coalesce(list_position(list_transform(${list}, lambda needle: ${one.sql}), TRUE), 0) - 1 AS BIGINT)`,
  );
}
