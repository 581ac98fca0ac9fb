import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { type RecordSpec, readRecords } from '../values/records.ts';
import { EventFileError } from './event-file-error.ts';
import { type Geo, openGeoFile } from './geo-file.ts';
import { unpack } from './unpack.ts';

/** Local files in the place of what queries fetch from the network. */
export interface ExternalFiles {
  /** The URL under which a file is known for a query's, if one is: with or without what follows `;` and `?`. */
  known(url: string): string | undefined;
  /** The records of a known URL's file as JSON (see `readRecords`); throws an Error where it is not of the format. */
  rows(url: string, spec: string): string;
  /** Where addresses are, if a file says it. */
  readonly geo: Geo | undefined;
}

/** How many answers are remembered. */
const MAX_REMEMBERED = 50;

/** Reads `map.json` of the folder, which says the file of each URL, relative to the folder. Throws EventFileError. */
export async function openExternalFiles(folder: string | undefined, scratch: string): Promise<ExternalFiles> {
  if (folder !== undefined && !existsSync(folder)) throw new EventFileError(folder, 'is not there');
  const texts = new Map<string, string>();
  const map = folder === undefined ? undefined : join(folder, 'map.json');
  if (folder !== undefined && map !== undefined && existsSync(map)) {
    for (const [url, file] of Object.entries(readMap(map))) {
      const path = resolve(folder, file);
      if (!existsSync(path)) throw new EventFileError(map, `the file ${file} of ${url} is not there`);
      texts.set(url, statSync(path).size === 0 ? '' : await textOf(path, scratch));
    }
  }
  const remembered = new Map<string, string>();
  return {
    geo: folder === undefined ? undefined : openGeoFile(folder),
    known: (url) => [url, url.replace(/;.*/s, ''), url.replace(/[;?].*/s, '')].find((one) => texts.has(one)),
    rows: (url, spec) => {
      const key = `${url}\n${spec}`;
      const before = remembered.get(key);
      if (before !== undefined) return before;
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      const made = readRecords(texts.get(url) ?? '', JSON.parse(spec) as RecordSpec);
      remembered.set(key, made);
      return made;
    },
  };
}

async function textOf(path: string, scratch: string): Promise<string> {
  const [plain, ...others] = await unpack(path, scratch);
  if (!plain || others.length > 0) throw new EventFileError(path, 'holds more than one file');
  return readFileSync(plain.path, 'utf8').replace(/^\uFEFF/, '');
}

function readMap(path: string): Readonly<Record<string, string>> {
  try {
    return z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    throw new EventFileError(path, 'is not a JSON object of URLs and the files in their place');
  }
}
