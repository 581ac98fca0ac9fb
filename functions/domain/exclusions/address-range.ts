import { z } from 'zod';

const addresses = z.union([z.ipv4(), z.ipv6()]);
const ranges = z.union([z.cidrv4(), z.cidrv6()]);

/** Shorter prefixes would hide a good part of the internet; these still allow 10.0.0.0/8 and fc00::/7. */
const shortestPrefix = { v4: 8, v6: 7 };

/** Reads `10.0.0.0/8`, `2001:db8::/32` or a single address; what comes back always has a prefix length. */
export function readAddressRange(text: string): { range: string } | { problem: string } {
  const range = addresses.safeParse(text).success ? `${text}/${text.includes(':') ? 128 : 32}` : text;
  if (!ranges.safeParse(range).success) {
    return { problem: 'is not an IPv4 or IPv6 range such as 10.0.0.0/8 or 2001:db8::/32' };
  }
  const [address = '', length = ''] = range.split('/');
  const prefix = Number(length);
  const version = address.includes(':') ? 'v6' : 'v4';
  const shortest = shortestPrefix[version];
  if (prefix < shortest) return { problem: `matches too much: the prefix is at least /${shortest}` };
  const groups = version === 'v4' ? groupsOfV4(address) : groupsOfV6(address);
  if (groups.slice(0, 6).join() === '0,0,0,0,0,65535') {
    return { problem: 'is IPv4 in IPv6 form; write it as IPv4' };
  }
  if (hasHostBits(groups, version === 'v4' ? 8 : 16, prefix)) {
    return { problem: `has bits set behind its prefix; write the network's own address before /${prefix}` };
  }
  return { range };
}

function groupsOfV4(address: string): number[] {
  return address.split('.').map(Number);
}

/** The eight groups; the platform's URL parser writes an address in its canonical form. */
function groupsOfV6(address: string): number[] {
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = canonical
    .split('::')
    .map((part) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))));
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function hasHostBits(groups: readonly number[], groupBits: number, prefix: number): boolean {
  return groups.some((group, index) => {
    const networkBits = Math.min(Math.max(prefix - index * groupBits, 0), groupBits);
    return group % 2 ** (groupBits - networkBits) !== 0;
  });
}
