import { constantArray } from '../translate/literals.ts';
import { UnsupportedKql } from '../translate/relation.ts';
import { convert, toText } from '../values/convert.ts';
import { ipv4Number, isInIpv4Ranges, isIpv4 } from '../values/ip-in-sql.ts';
import { ipRange, PRIVATE_RANGES } from '../values/ip-ranges.ts';
import { integerLiteral, nullOf, type Scalar } from '../values/scalar-types.ts';
import { allArguments, argument, type Call, type Functions, optionalArgument } from './call.ts';
import { resultOf } from './in-javascript/js-function.ts';

/** Functions of IP addresses: by DuckDB's patterns where the ranges are known, else by the SQL functions of `ip-ranges.ts`. */
export const functionsOfAddresses: Functions = {
  geo_info_from_ip_address: (call) => {
    if (!call.translation.external.geo)
      throw new UnsupportedKql(`${call.name}(), of which there is no local file ${call.name}.csv`, call.node);
    return resultOf(`kql_geo_info(${toText(argument(call, 0)).sql})`, 'dynamic');
  },
  ipv4_is_private: (call) => amongRanges(toText(argument(call, 0)).sql, PRIVATE_RANGES),
  ipv4_is_in_range: (call) => isInRange(call, 4),
  ipv6_is_in_range: (call) => isInRange(call, 6),
  ipv4_is_in_any_range: (call) => isInAnyRange(call, 4),
  ipv6_is_in_any_range: (call) => isInAnyRange(call, 6),
  ipv4_is_match: (call) => isMatch(call),
  ipv6_is_match: (call) => nullableBool(`(${compare(call, 6)} = 0)`),
  ipv4_compare: (call) => ({ sql: compare(call, 4), type: 'long', nullable: true }),
  ipv6_compare: (call) => ({ sql: compare(call, 6), type: 'long', nullable: true }),
  parse_ipv4: (call) => {
    const text = toText(argument(call, 0)).sql;
    return { sql: ipv4Number(text, `kql_parse_ipv4(${text})`), type: 'long', nullable: true };
  },
  parse_ipv6: (call) => ({
    sql: `coalesce(kql_parse_ipv6(${toText(argument(call, 0)).sql}), '')`,
    type: 'string',
    nullable: false,
  }),
};

function nullableBool(sql: string): Scalar {
  return { sql, type: 'bool', nullable: true };
}

/** Null where the text is no address. */
function amongRanges(text: string, ranges: readonly string[]): Scalar {
  const whenTrue = isInIpv4Ranges(text, ranges);
  const sql = `CASE WHEN ${whenTrue} THEN TRUE WHEN ${isIpv4(text)} THEN FALSE END`;
  return { ...nullableBool(sql), whenTrue };
}

function isInRange(call: Call, version: 4 | 6): Scalar {
  const [address, range] = [toText(argument(call, 0)), toText(argument(call, 1))];
  if (version === 4 && typeof range.constant === 'string')
    return ipRange(range.constant, 4) ? amongRanges(address.sql, [range.constant]) : nullOf('bool');
  return nullableBool(`kql_ip_is_in_range(${address.sql}, ${range.sql}, ${version})`);
}

/** The ranges are arguments of their own or arrays. */
function isInAnyRange(call: Call, version: 4 | 6): Scalar {
  const [address, ...ranges] = allArguments(call);
  const known = ranges.map(constantsOf);
  if (version === 4 && known.every((range) => range !== undefined))
    return amongRanges(toText(address ?? argument(call, 0)).sql, known.flat());
  const lists = ranges.map((range) =>
    range.type === 'dynamic' ? range.sql : `json_array(${toText(range).sql})`,
  );
  const each = lists.map(
    (list) =>
      `kql_ip_is_in_any_range(${toText(address ?? argument(call, 0)).sql}, CAST(${list} AS VARCHAR), ${version})`,
  );
  return nullableBool(`(${each.join(' OR ')})`);
}

/** The strings of an argument that the query spells out. */
function constantsOf(range: Scalar): readonly string[] | undefined {
  const array = constantArray(range);
  if (array) return array.filter((item) => typeof item === 'string');
  return typeof range.constant === 'string' && range.type === 'string' ? [range.constant] : undefined;
}

/** With a known address, a bare one on the other side matches where it is in the range that the masks leave. */
function isMatch(call: Call): Scalar {
  const compared = nullableBool(`(${compare(call, 4)} = 0)`);
  const [left, right] = [toText(argument(call, 0)), toText(argument(call, 1))];
  const mask = optionalArgument(call, 2) ?? integerLiteral(32n, 'long');
  const [text, known] = typeof left.constant === 'string' ? [right, left] : [left, right];
  if (typeof known.constant !== 'string' || typeof mask.constant !== 'bigint') return compared;
  const range = ipRange(known.constant, 4);
  if (!range || mask.constant < 0n || mask.constant > 32n) return nullOf('bool');
  const prefix = Math.min(range.prefix - 96, Number(mask.constant));
  const [host] = known.constant.trim().split('/');
  const inside = isInIpv4Ranges(text.sql, [`${host}/${prefix}`]);
  return nullableBool(
    `CASE WHEN contains(${text.sql}, '/') THEN ${compared.sql} WHEN ${inside} THEN TRUE WHEN ${isIpv4(text.sql)} THEN FALSE END`,
  );
}

function compare(call: Call, version: 4 | 6): string {
  const mask = convert(
    optionalArgument(call, 2) ?? integerLiteral(version === 4 ? 32n : 128n, 'long'),
    'long',
  );
  const [left, right] = [toText(argument(call, 0)), toText(argument(call, 1))];
  return `kql_ip_compare(${left.sql}, ${right.sql}, ${mask.sql}, ${version})`;
}
