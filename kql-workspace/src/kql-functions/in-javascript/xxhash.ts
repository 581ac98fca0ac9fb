import type { JsFunctions } from './js-function.ts';

/** XXH64 over what Kusto hashes: the UTF-8 of a text, the ticks of a datetime (`hash-calls.ts` chooses). */
export const hashFunctions: JsFunctions = {
  xxhash_of_text: { takes: ['string'], gives: 'long', call: (text: string) => xxhash64(Buffer.from(text)) },
  xxhash_of_ticks: {
    takes: ['datetime'],
    gives: 'long',
    call: (ticks: bigint) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(ticks);
      return xxhash64(bytes);
    },
  },
};

/** The five primes of the algorithm: github.com/Cyan4973/xxHash, doc/xxhash_spec.md. */
const PRIMES = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
] as const;
const [P1, P2, P3, P4, P5] = PRIMES;
const MASK = (1n << 64n) - 1n;
const STRIPE = 32;

function rotated(value: bigint, by: bigint): bigint {
  return ((value << by) | (value >> (64n - by))) & MASK;
}

function round(lane: bigint, input: bigint): bigint {
  return (rotated((lane + input * P2) & MASK, 31n) * P1) & MASK;
}

function xxhash64(bytes: Buffer): bigint {
  let at = 0;
  let hash: bigint = P5;
  if (bytes.length >= STRIPE) {
    let lanes = [(P1 + P2) & MASK, P2, 0n, -P1 & MASK];
    for (; at + STRIPE <= bytes.length; at += STRIPE) {
      const start = at;
      lanes = lanes.map((lane, index) => round(lane, bytes.readBigUInt64LE(start + 8 * index)));
    }
    const turns = [1n, 7n, 12n, 18n];
    hash = lanes.reduce((sum, lane, index) => sum + rotated(lane, turns[index] ?? 0n), 0n) & MASK;
    for (const lane of lanes) hash = ((hash ^ round(0n, lane)) * P1 + P4) & MASK;
  }
  hash = (hash + BigInt(bytes.length)) & MASK;
  for (; at + 8 <= bytes.length; at += 8)
    hash = (rotated(hash ^ round(0n, bytes.readBigUInt64LE(at)), 27n) * P1 + P4) & MASK;
  if (at + 4 <= bytes.length) {
    hash = (rotated(hash ^ ((BigInt(bytes.readUInt32LE(at)) * P1) & MASK), 23n) * P2 + P3) & MASK;
    at += 4;
  }
  for (; at < bytes.length; at++)
    hash = (rotated(hash ^ ((BigInt(bytes.readUInt8(at)) * P5) & MASK), 11n) * P1) & MASK;
  hash = ((hash ^ (hash >> 33n)) * P2) & MASK;
  hash = ((hash ^ (hash >> 29n)) * P3) & MASK;
  return BigInt.asIntN(64, hash ^ (hash >> 32n));
}
