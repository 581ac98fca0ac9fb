import { convert, toText } from '../values/convert.ts';
import { integerLiteral, type Scalar } from '../values/scalar-types.ts';
import { allArguments, argument, type Call, type Functions, optionalArgument } from './call.ts';

/** Functions of IP addresses; the work is done by the SQL functions of `ip-ranges.ts`. */
export const functionsOfAddresses: Functions = {
  ipv4_is_private: (call) => nullableBool(`kql_ipv4_is_private(${toText(argument(call, 0)).sql})`),
  ipv4_is_in_range: (call) => isInRange(call, 4),
  ipv6_is_in_range: (call) => isInRange(call, 6),
  ipv4_is_in_any_range: (call) => isInAnyRange(call, 4),
  ipv6_is_in_any_range: (call) => isInAnyRange(call, 6),
  ipv4_is_match: (call) => nullableBool(`(${compare(call, 4)} = 0)`),
  ipv6_is_match: (call) => nullableBool(`(${compare(call, 6)} = 0)`),
  ipv4_compare: (call) => ({ sql: compare(call, 4), type: 'long', nullable: true }),
  ipv6_compare: (call) => ({ sql: compare(call, 6), type: 'long', nullable: true }),
  parse_ipv4: (call) => ({
    sql: `kql_parse_ipv4(${toText(argument(call, 0)).sql})`,
    type: 'long',
    nullable: true,
  }),
  parse_ipv6: (call) => ({
    sql: `coalesce(kql_parse_ipv6(${toText(argument(call, 0)).sql}), '')`,
    type: 'string',
    nullable: false,
  }),
};

function nullableBool(sql: string): Scalar {
  return { sql, type: 'bool', nullable: true };
}

function isInRange(call: Call, version: 4 | 6): Scalar {
  const [address, range] = [toText(argument(call, 0)), toText(argument(call, 1))];
  return nullableBool(`kql_ip_is_in_range(${address.sql}, ${range.sql}, ${version})`);
}

/** The ranges are arguments of their own or arrays. */
function isInAnyRange(call: Call, version: 4 | 6): Scalar {
  const [address, ...ranges] = allArguments(call);
  const lists = ranges.map((range) =>
    range.type === 'dynamic' ? range.sql : `json_array(${toText(range).sql})`,
  );
  const each = lists.map(
    (list) =>
      `kql_ip_is_in_any_range(${toText(address ?? argument(call, 0)).sql}, CAST(${list} AS VARCHAR), ${version})`,
  );
  return nullableBool(`(${each.join(' OR ')})`);
}

function compare(call: Call, version: 4 | 6): string {
  const mask = convert(
    optionalArgument(call, 2) ?? integerLiteral(version === 4 ? 32n : 128n, 'long'),
    'long',
  );
  const [left, right] = [toText(argument(call, 0)), toText(argument(call, 1))];
  return `kql_ip_compare(${left.sql}, ${right.sql}, ${mask.sql}, ${version})`;
}
