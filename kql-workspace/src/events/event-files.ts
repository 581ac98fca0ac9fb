import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { EventFileError } from './event-file-error.ts';
import { formatOfName } from './open-event-file.ts';

/** A file that is not read, and why. */
export interface NotRead {
  readonly file: string;
  readonly why: string;
  /** False for what systems leave in every folder; it is no events. */
  readonly matters: boolean;
}

/** Where the fixtures of a folder of events lie: they are no events. */
export const FIXTURES_FOLDER = 'fixtures';

/** The event files at a path, which is one of them or a folder with them at any depth, and what else lies there. */
export function eventFilesAt(path: string): {
  readonly files: readonly string[];
  readonly notRead: readonly NotRead[];
} {
  if (!existsSync(path)) throw new EventFileError(path, 'no such file or folder');
  if (!statSync(path).isDirectory()) return { files: [path], notRead: [] };
  const files: string[] = [];
  const notRead: NotRead[] = [];
  const fixtures = join(path, FIXTURES_FOLDER) + sep;
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isDirectory() || file.startsWith(fixtures)) continue;
    if (/^(\.|Thumbs\.db$|desktop\.ini$)/.test(entry.name))
      notRead.push({ file, why: 'is a hidden file', matters: false });
    else if (!statSync(file, { throwIfNoEntry: false })?.isFile())
      notRead.push({ file, why: 'is no file', matters: true });
    else if (formatOfName(entry.name) === undefined && !/\.(zip|gz)$/i.test(entry.name))
      notRead.push({ file, why: 'is no CSV, JSON, NDJSON, Parquet, gzip or zip by its name', matters: true });
    else files.push(file);
  }
  const order = (a: string, b: string): number => (a < b ? -1 : 1);
  return {
    files: files.toSorted(order),
    notRead: notRead.toSorted((a, b) => order(a.file, b.file)),
  };
}
