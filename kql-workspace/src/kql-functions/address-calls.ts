import { constantArray } from '../translate/literals.ts';
import { UnsupportedKql } from '../translate/relation.ts';
import { convert, toText } from '../values/convert.ts';
import { ipv4Number, isInIpv4Ranges, isIpv4 } from '../values/ip-in-sql.ts';
import { ipRange, PRIVATE_RANGES, parseIpv4 } from '../values/ip-ranges.ts';
import { boolLiteral, integerLiteral, nullOf, type Scalar } from '../values/scalar-types.ts';
import { sqlString } from '../values/sql-text.ts';
import { allArguments, argument, type Call, type Functions, optionalArgument } from './call.ts';
import { addressFunctions, dotted } from './in-javascript/addresses.ts';
import { callsOf, resultOf } from './in-javascript/js-function.ts';

/** Functions of IP addresses: by DuckDB's patterns where the ranges are known, else by the SQL functions of `ip-ranges.ts`. */
export const functionsOfAddresses: Functions = {
  has_any_ipv4: (call) => hasAddress(call, canonical),
  has_any_ipv4_prefix: (call) => hasAddress(call, (prefix) => [prefix]),
  has_ipv4: (call) => hasAddress(call, canonical),
  has_ipv4_prefix: (call) => hasAddress(call, (prefix) => [prefix]),
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

const inJavaScript = callsOf(addressFunctions);

/** Looks for addresses only where what `writtenAs` makes of a known one stands in the text. */
function hasAddress(call: Call, writtenAs: (wanted: string) => readonly string[]): Scalar {
  const called = inJavaScript[call.name]?.(call) ?? nullOf('bool');
  const [given, ...wanted] = allArguments(call);
  const known = wanted.map(constantsOf);
  if (!given || known.some((texts) => texts === undefined)) return called;
  const text = toText(given);
  const stands = known
    .flatMap((texts) => texts ?? [])
    .flatMap(writtenAs)
    .map((written) => `contains(${text.sql}, ${sqlString(written)})`);
  if (stands.length === 0) return boolLiteral(false);
  return { ...called, sql: `CASE WHEN ${stands.join(' OR ')} THEN ${called.sql} ELSE FALSE END` };
}

/** An address has one spelling in a text, without leading zeros. */
function canonical(wanted: string): readonly string[] {
  const number = parseIpv4(wanted);
  return number === undefined ? [] : [dotted(number)];
}

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
  const called = `kql_ip_is_in_range(${address.sql}, ${range.sql}, ${version})`;
  return version === 6 && typeof range.constant === 'string'
    ? nullableBool(apartFromIpv4(address.sql, [range.constant], called))
    : nullableBool(called);
}

/** IPv4 addresses are told apart by DuckDB's patterns, also where ranges are IPv6's; `called` does the others. */
function apartFromIpv4(text: string, ranges: readonly string[], called: string): string {
  const known = ranges.flatMap((range) => ipRange(range, 6) ?? []);
  if (known.length < ranges.length) return called;
  const inside = known.map(({ address, prefix }) => {
    if (prefix <= 96)
      return MAPPED >> BigInt(128 - prefix) === address >> BigInt(128 - prefix) ? 'TRUE' : 'FALSE';
    return address >> 32n === MAPPED >> 32n
      ? isInIpv4Ranges(text, [`${dotted(address & 0xffff_ffffn)}/${prefix - 96}`])
      : 'FALSE';
  });
  return `CASE WHEN ${isIpv4(text)} THEN ${inside.join(' OR ')} ELSE ${called} END`;
}

/** The IPv6 addresses that IPv4's are mapped into: ::ffff:0:0/96. */
const MAPPED = 0xffffn << 32n;

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
