import { ipIsInRange, parseIpv4, parseIpv6 } from '../../values/ip-ranges.ts';
import { readArray, textOf } from '../../values/json-values.ts';
import { integerLiteral } from '../../values/scalar-types.ts';
import type { JsFunctions } from './js-function.ts';

/** Kusto's functions that find and write IPv4 addresses. */
export const addressFunctions: JsFunctions = {
  format_ipv4: {
    takes: ['string', 'long'],
    defaults: [integerLiteral(32n, 'long')],
    gives: 'string',
    call: (address: string, prefix: bigint) => formatIpv4(address, prefix)?.text,
  },
  format_ipv4_mask: {
    takes: ['string', 'long'],
    defaults: [integerLiteral(32n, 'long')],
    gives: 'string',
    call: (address: string, prefix: bigint) => {
      const masked = formatIpv4(address, prefix);
      return masked && `${masked.text}/${masked.prefix}`;
    },
  },
  has_any_ipv4: { takes: ['string', 'dynamic'], rest: true, gives: 'bool', call: hasAnyAddress },
  has_any_ipv4_prefix: { takes: ['string', 'dynamic'], rest: true, gives: 'bool', call: hasAnyPrefix },
  has_ipv4: { takes: ['string', 'dynamic'], rest: true, gives: 'bool', call: hasAnyAddress },
  has_ipv4_prefix: { takes: ['string', 'dynamic'], rest: true, gives: 'bool', call: hasAnyPrefix },
  ipv4_netmask_suffix: {
    takes: ['string'],
    gives: 'long',
    call: (address: string) =>
      parseIpv4(address) === undefined ? undefined : BigInt(/\/(\d+)$/.exec(address.trim())?.[1] ?? 32),
  },
  parse_ipv4_mask: {
    takes: ['string', 'long'],
    gives: 'long',
    call: (address: string, prefix: bigint) =>
      prefix < 0n || prefix > 32n ? undefined : parseIpv4(masked(address, prefix)),
  },
  parse_ipv6_mask: {
    takes: ['string', 'long'],
    gives: 'string',
    call: (address: string, prefix: bigint) => {
      if (prefix < 0n || prefix > 128n) return undefined;
      const isV4 = parseIpv4(address) !== undefined;
      return parseIpv6(isV4 ? masked(address, prefix - 96n) : masked(address, prefix));
    },
  },
};

/** The address under the shorter of its own prefix and the given one. */
function masked(address: string, prefix: bigint): string {
  const [host = '', own] = address.trim().split('/');
  const kept = own !== undefined && BigInt(own) < prefix ? BigInt(own) : prefix;
  return `${host}/${kept < 0n ? 0n : kept}`;
}

function formatIpv4(given: string, prefix: bigint): { text: string; prefix: bigint } | undefined {
  if (prefix < 0n || prefix > 32n) return undefined;
  const isNumber = /^\d+$/.test(given.trim());
  const address = isNumber ? dotted(BigInt(given.trim())) : given;
  const number = parseIpv4(masked(address, prefix));
  if (number === undefined || parseIpv4(address) === undefined) return undefined;
  const own = /\/(\d+)$/.exec(address)?.[1];
  return { text: dotted(number), prefix: own !== undefined && BigInt(own) < prefix ? BigInt(own) : prefix };
}

/** The number of an IPv4 address as it is written. */
export function dotted(number: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((number >> shift) & 255n)).join('.');
}

/** Addresses stand by themselves in a text: neither letters, digits nor further parts of an address around them. */
function addressesIn(text: string): readonly string[] {
  const found =
    text.match(/(?<![\p{L}\p{N}]|[\p{N}]\.)\d{1,3}(?:\.\d{1,3}){3}(?![\p{L}\p{N}]|\.[\p{N}])/gu) ?? [];
  return found.filter((address) => ipIsInRange(address, address, 4) === true);
}

function wanted(list: string): readonly string[] {
  return (readArray(list) ?? []).flat().map(textOf);
}

/** Whether the text has one of the addresses of a JSON array. */
export function hasAnyAddress(text: string, list: string): boolean {
  const found = addressesIn(text).map((address) => parseIpv4(address));
  return wanted(list).some(
    (address) => parseIpv4(address) !== undefined && found.includes(parseIpv4(address)),
  );
}

/** Whether the text has an address that begins as told in a JSON array: a prefix is a whole address or ends with a dot. */
export function hasAnyPrefix(text: string, list: string): boolean {
  const found = addressesIn(text);
  return wanted(list).some((prefix) => {
    if (!/^(\d{1,3}\.){1,3}$/.test(prefix) && parseIpv4(prefix) === undefined) return false;
    return found.some((address) => (prefix.endsWith('.') ? address.startsWith(prefix) : address === prefix));
  });
}
