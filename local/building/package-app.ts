import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';

const root = join(import.meta.dirname, '../..');

/** A package that is ready to be deployed as it is: nothing of it is built or installed in Azure. Sizes in bytes. */
export interface AppPackage {
  /** Paths inside the package, sorted. */
  files: string[];
  totalSize: number;
  /** About what is uploaded: each file deflated, as a zip holds it. */
  zippedSize: number;
}

/** What is deployed of the project's own files; the bundle comes beside them. Nothing else is, whatever lies about in the work tree. */
const parts = ['host.json', 'hunts', 'exclusions'];

/**
 * Lays out what is deployed: the bundle, `host.json`, hunts and exclusion lists, and a `package.json` that names the entry point and no dependency,
 * so that nothing looks for any. `outDir` is emptied first. Tests that stand beside a hunt stay behind.
 */
export async function packageApp({
  bundleDir = join(root, 'dist'),
  outDir = join(root, '.deploy'),
}: {
  bundleDir?: string;
  outDir?: string;
} = {}): Promise<AppPackage> {
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  const files: string[] = [];
  const copy = (from: string, to: string) =>
    cp(from, join(outDir, to), {
      recursive: true,
      filter: async (source) => {
        if (source.endsWith('.test.yaml')) return false;
        if ((await stat(source)).isFile()) files.push(join(to, source.slice(from.length)));
        return true;
      },
    });
  await copy(bundleDir, 'dist');
  for (const part of parts) await copy(join(root, part), part);

  const { version, main }: { version: string; main: string } = JSON.parse(
    await readFile(join(root, 'package.json'), 'utf8'),
  );
  await writeFile(
    join(outDir, 'package.json'),
    `${JSON.stringify({ version, private: true, main }, null, 2)}\n`,
  );
  files.push('package.json');

  const zip = promisify(deflateRaw);
  let totalSize = 0;
  let zippedSize = 0;
  for (const file of files) {
    const content = await readFile(join(outDir, file));
    totalSize += content.length;
    zippedSize += (await zip(content)).length;
  }
  return { files: files.toSorted(), totalSize, zippedSize };
}
