import { createHash } from 'node:crypto';
import { bigintOf, readArray } from '../../values/json-values.ts';
import type { JsFunctions } from './js-function.ts';

/** Kusto's functions that encode, decode and hash strings; `base64_decodestring` and its kin are old names. */
export const encodingFunctions: JsFunctions = {
  base64_decodestring: { takes: ['string'], gives: 'string', call: base64Decode },
  base64_encodestring: { takes: ['string'], gives: 'string', call: base64Encode },
  base64_decode_tostring: { takes: ['string'], gives: 'string', call: base64Decode },
  base64_decode_toarray: {
    takes: ['string'],
    gives: 'dynamic',
    call: (text: string) => (isBase64(text) ? JSON.stringify([...Buffer.from(text, 'base64')]) : undefined),
  },
  base64_decode_toguid: {
    takes: ['string'],
    gives: 'guid',
    call: (text: string) => {
      const bytes = isBase64(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0);
      return bytes.length === 16 ? guidOf(bytes) : undefined;
    },
  },
  base64_encode_fromarray: {
    takes: ['dynamic'],
    gives: 'string',
    call: (array: string) => {
      const bytes = readArray(array)?.map((byte) => Number(bigintOf(byte) ?? -1n));
      return bytes?.every((byte) => byte >= 0 && byte < 256)
        ? Buffer.from(bytes).toString('base64')
        : undefined;
    },
  },
  base64_encode_fromguid: {
    takes: ['guid'],
    gives: 'string',
    call: (guid: string) => swapped(Buffer.from(guid.replaceAll('-', ''), 'hex')).toString('base64'),
  },
  base64_encode_tostring: { takes: ['string'], gives: 'string', call: base64Encode },
  hash_md5: { takes: ['string'], gives: 'string', call: (text: string) => digest('md5', text) },
  hash_sha1: { takes: ['string'], gives: 'string', call: (text: string) => digest('sha1', text) },
  hash_sha256: { takes: ['string'], gives: 'string', call: (text: string) => digest('sha256', text) },
  url_decode: { takes: ['string'], gives: 'string', call: urlDecode },
  url_encode: {
    takes: ['string'],
    gives: 'string',
    call: (text: string) => percentEncode(text).replaceAll('%20', '+'),
  },
  url_encode_component: { takes: ['string'], gives: 'string', call: percentEncode },
};

function digest(algorithm: string, text: string): string {
  return createHash(algorithm).update(text).digest('hex');
}

/** A guid's first three fields lie in memory with their low bytes first. */
function swapped(bytes: Buffer): Buffer {
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  return Buffer.from(order.map((index) => bytes[index] ?? 0));
}

function guidOf(bytes: Buffer): string {
  return swapped(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

/** Text that isn't base64 of UTF-8 decodes to nothing. */
function base64Decode(text: string): string | undefined {
  if (!isBase64(text)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(text, 'base64'));
  } catch {
    return undefined;
  }
}

function base64Encode(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** Everything but RFC 3986's unreserved characters, in lower-case digits. */
function percentEncode(text: string): string {
  return [...Buffer.from(text.toWellFormed())]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9\-_.~]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}

/** Bytes that are no UTF-8 become replacement characters. */
function urlDecode(text: string): string {
  const bytes = Buffer.from(text.replaceAll('+', ' ').toWellFormed());
  const decoded: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const hex = bytes[at] === 0x25 ? bytes.toString('latin1', at + 1, at + 3) : '';
    if (/^[0-9a-f]{2}$/i.test(hex)) {
      decoded.push(Number.parseInt(hex, 16));
      at += 2;
    } else decoded.push(bytes[at] ?? 0);
  }
  return Buffer.from(decoded).toString('utf8');
}
