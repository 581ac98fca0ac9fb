import ipaddr from 'ipaddr.js';

/**
 * IP addresses the way Kusto's functions see them, as numbers of 128 bits; an IPv4 address is its IPv6-mapped form,
 * so that the ipv6 functions take both. Undefined stands for a text that is no address, which Kusto answers with null.
 */

/** Bits of an IPv6 address before the IPv4 address that is mapped into it. */
const MAPPED_PREFIX = 96;

/** A range: an address is one of 128 bits. */
export interface IpRange {
  readonly address: bigint;
  readonly prefix: number;
}

const parsed = new Map<string, IpRange | null>();
const MAX_REMEMBERED = 10_000;

/** Reads `address` or `address/prefix`; version 4 takes IPv4 only, version 6 both. */
export function ipRange(text: string, version: number): IpRange | undefined {
  const key = `${version} ${text}`;
  const known = parsed.get(key);
  if (known !== undefined) return known ?? undefined;
  if (parsed.size >= MAX_REMEMBERED) parsed.clear();
  const range = readRange(text.trim(), version);
  parsed.set(key, range ?? null);
  return range;
}

function readRange(text: string, version: number): IpRange | undefined {
  const [, host = '', prefixText] = /^([^/]+?)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  if (ipaddr.IPv4.isValidFourPartDecimal(host)) {
    const prefix = prefixText === undefined ? 32 : Number(prefixText);
    if (prefix > 32) return undefined;
    return {
      address: toNumber(ipaddr.IPv4.parse(host).toIPv4MappedAddress()),
      prefix: MAPPED_PREFIX + prefix,
    };
  }
  if (version === 4 || host.includes('%') || !ipaddr.IPv6.isValid(host)) return undefined;
  const prefix = prefixText === undefined ? 128 : Number(prefixText);
  if (prefix > 128) return undefined;
  // An IPv4 address in IPv6 notation (`::192.168.1.1/24`) keeps its IPv4 prefix.
  const isIpv4Prefix = host.includes('.') && prefix <= 32;
  return {
    address: toNumber(ipaddr.IPv6.parse(host)),
    prefix: isIpv4Prefix ? MAPPED_PREFIX + prefix : prefix,
  };
}

function toNumber(address: { toByteArray(): number[] }): bigint {
  return address.toByteArray().reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

function network(address: bigint, prefix: number): bigint {
  return address >> BigInt(128 - prefix);
}

function contains(range: IpRange, address: IpRange): boolean {
  return (
    address.prefix >= range.prefix &&
    network(address.address, range.prefix) === network(range.address, range.prefix)
  );
}

export function ipIsInRange(address: string, range: string, version: number): boolean | undefined {
  const [a, r] = [ipRange(address, version), ipRange(range, version)];
  return a && r ? contains(r, a) : undefined;
}

/** `ranges` is a JSON array of strings; those that are no ranges are passed over. */
export function ipIsInAnyRange(address: string, ranges: string, version: number): boolean | undefined {
  const a = ipRange(address, version);
  const list: unknown = JSON.parse(ranges);
  if (!a || !Array.isArray(list)) return undefined;
  return list.some((range) => {
    const r = typeof range === 'string' ? ipRange(range, version) : undefined;
    return r !== undefined && contains(r, a);
  });
}

/** -1, 0 or 1 as the first is below, equal to or above the second, under the shortest of the three masks. */
export function ipCompare(left: string, right: string, mask: bigint, version: number): bigint | undefined {
  const [l, r] = [ipRange(left, version), ipRange(right, version)];
  if (!l || !r || mask < 0n || mask > (version === 4 ? 32n : 128n)) return undefined;
  const given = version === 4 ? MAPPED_PREFIX + Number(mask) : Number(mask);
  const prefix = Math.min(l.prefix, r.prefix, given);
  const [a, b] = [network(l.address, prefix), network(r.address, prefix)];
  return a < b ? -1n : a > b ? 1n : 0n;
}

/** The ranges that RFC 1918 reserves for private networks. */
export const PRIVATE_RANGES = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];

/** An IPv4 address as a number, its host bits beyond a prefix cleared. */
export function parseIpv4(text: string): bigint | undefined {
  const range = ipRange(text, 4);
  if (!range) return undefined;
  const shift = BigInt(128 - range.prefix);
  return ((range.address >> shift) << shift) & 0xffff_ffffn;
}

/** An address in full IPv6 notation, `0000:0000:0000:0000:0000:ffff:7f00:0001`. */
export function parseIpv6(text: string): string | undefined {
  const range = ipRange(text, 6);
  if (!range) return undefined;
  const shift = BigInt(128 - range.prefix);
  const digits = ((range.address >> shift) << shift).toString(16).padStart(32, '0');
  return digits.replace(/(.{4})(?=.)/g, '$1:');
}
