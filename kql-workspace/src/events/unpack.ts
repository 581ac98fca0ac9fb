import { closeSync, createReadStream, createWriteStream, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { openPromise } from 'yauzl';
import { EventFileError } from './event-file-error.ts';

/** A file as it can be read: unpacked, and text in UTF-8. */
export interface PlainFile {
  /** What people know it by: the file's path, with the name inside an archive behind it. */
  readonly label: string;
  readonly path: string;
  /** A folder for what has to be rewritten. */
  readonly scratch: string;
  /** The first characters of a text; empty for Parquet. */
  readonly start: string;
  /** What had to be guessed about it. */
  readonly remarks: readonly string[];
}

/** How much of a file tells what it is. */
const START = 65_536;
/** An archive may hold this much, unpacked. */
const MAX_UNPACKED = 64 * 1024 ** 3;

let lastScratch = 0;

/**
 * The plain files behind a path: gzip and zip archives are unpacked into the scratch folder, and text in UTF-16,
 * Windows-1252 or with the line ends of old Macs is rewritten there. Throws EventFileError.
 */
export async function unpack(path: string, scratch: string, label = path): Promise<readonly PlainFile[]> {
  if (statSync(path).size === 0) throw new EventFileError(label, 'the file is empty');
  const bytes = firstBytes(path);
  const is = (...magic: readonly number[]): boolean => magic.every((byte, index) => bytes[index] === byte);
  if (is(0x1f, 0x8b)) {
    const inside = join(scratch, `unpacked-${++lastScratch}`);
    await read(label, 'gzip', pipeline(createReadStream(path), createGunzip(), createWriteStream(inside)));
    return unpack(inside, scratch, label);
  }
  if (is(0x50, 0x4b, 0x03, 0x04)) return unzip(path, scratch, label);
  if (is(0xd0, 0xcf, 0x11, 0xe0))
    throw new EventFileError(label, 'is an Excel workbook: save it as CSV UTF-8');
  if (is(0x50, 0x41, 0x52, 0x31)) return [{ label, path, scratch, start: '', remarks: [] }];
  return [await plainText(path, scratch, label, bytes)];
}

async function read(label: string, format: string, reading: Promise<void>): Promise<void> {
  try {
    await reading;
  } catch (error) {
    throw new EventFileError(label, `not readable as ${format}: ${String(error)}`);
  }
}

async function unzip(path: string, scratch: string, label: string): Promise<readonly PlainFile[]> {
  const inside: { name: string; path: string }[] = [];
  const names: string[] = [];
  let left = MAX_UNPACKED;
  const extract = async (): Promise<void> => {
    const archive = await openPromise(path);
    try {
      for await (const entry of archive.eachEntry()) {
        if (entry.fileName.endsWith('/')) continue;
        names.push(entry.fileName);
        // Archives made on a Mac carry a shadow of each file.
        if (/^__MACOSX\/|(^|\/)\.[^/]*$/.test(entry.fileName)) continue;
        left -= entry.uncompressedSize;
        if (left < 0) throw new Error('it holds more than 64 GB');
        if (entry.isEncrypted()) throw new Error(`${entry.fileName} needs a password`);
        const target = join(scratch, `unpacked-${++lastScratch}`);
        await pipeline(await archive.openReadStreamPromise(entry), createWriteStream(target));
        inside.push({ name: entry.fileName, path: target });
      }
    } finally {
      archive.close();
    }
  };
  await read(label, 'zip archive', extract());
  if (names.includes('[Content_Types].xml'))
    throw new EventFileError(label, 'is an Excel workbook: save it as CSV UTF-8');
  if (inside.length === 0) throw new EventFileError(label, 'is a zip archive without a file in it');
  const plain: PlainFile[] = [];
  for (const one of inside) plain.push(...(await unpack(one.path, scratch, `${label}/${one.name}`)));
  return plain;
}

function firstBytes(path: string): Buffer {
  const descriptor = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(START);
    return buffer.subarray(0, readSync(descriptor, buffer, 0, START, 0));
  } finally {
    closeSync(descriptor);
  }
}

async function plainText(path: string, scratch: string, label: string, bytes: Buffer): Promise<PlainFile> {
  const wide = utf16Of(bytes);
  if (!wide && bytes.includes(0)) throw new EventFileError(label, 'is a binary file, and no Parquet');
  const encoding = wide ?? ((await isUtf8(path)) ? 'utf-8' : 'windows-1252');
  // A mark in front stays as long as the file is read as it is; a character may be cut in two at the end.
  const decoder = new TextDecoder(encoding, { ignoreBOM: encoding === 'utf-8' });
  const start = decoder.decode(bytes, { stream: true });
  const remarks =
    encoding === 'windows-1252' ? ['is not in UTF-8; letters outside of ASCII are read as Windows-1252'] : [];
  const oldMac = !start.includes('\n') && start.includes('\r');
  if (encoding === 'utf-8' && !oldMac) return { label, path, scratch, start, remarks };
  const rewritten = join(scratch, `unpacked-${++lastScratch}`);
  await pipeline(createReadStream(path), decoded(encoding, oldMac), createWriteStream(rewritten));
  return { label, path: rewritten, scratch, start: oldMac ? start.replaceAll('\r', '\n') : start, remarks };
}

function utf16Of(bytes: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  // Without a mark: ASCII in UTF-16 has a zero in each pair.
  const head = [...bytes.subarray(0, 64)];
  const zeros = (parity: number): boolean =>
    head.length >= 4 && head.every((byte, index) => (index % 2 === parity) === (byte === 0));
  if (zeros(1)) return 'utf-16le';
  return zeros(0) ? 'utf-16be' : undefined;
}

async function isUtf8(path: string): Promise<boolean> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
      decoder.decode(chunk as Buffer, { stream: true });
    decoder.decode();
    return true;
  } catch {
    return false;
  }
}

/** Bytes of an encoding as UTF-8; the decoder takes a byte order mark off. */
function decoded(encoding: string, oldMac: boolean): Transform {
  const decoder = new TextDecoder(encoding);
  const put = (text: string): Buffer => Buffer.from(oldMac ? text.replaceAll('\r', '\n') : text);
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, put(decoder.decode(chunk, { stream: true }))),
    flush: (done) => done(null, put(decoder.decode())),
  });
}
