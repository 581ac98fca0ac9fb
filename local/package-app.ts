import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);

/** A package that is ready to be deployed as it is: nothing of it is built or installed in Azure. */
export interface AppPackage {
  /** Paths inside the package, sorted. */
  files: string[];
  /** Bytes, before compression. */
  totalSize: number;
}

/** What is deployed of the project's own files; the bundle comes beside them. */
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
  const files: { path: string; size: number }[] = [];
  const copy = (from: string, to: string) =>
    cp(from, join(outDir, to), {
      recursive: true,
      filter: async (source) => {
        if (source.endsWith('.test.yaml')) return false;
        const entry = await stat(source);
        if (entry.isFile()) files.push({ path: join(to, source.slice(from.length)), size: entry.size });
        return true;
      },
    });
  await copy(bundleDir, 'dist');
  for (const part of parts) await copy(join(root, part), part);

  const { version, main }: { version: string; main: string } = JSON.parse(
    await readFile(join(root, 'package.json'), 'utf8'),
  );
  const manifest = `${JSON.stringify({ version, private: true, main }, null, 2)}\n`;
  await writeFile(join(outDir, 'package.json'), manifest);
  files.push({ path: 'package.json', size: Buffer.byteLength(manifest) });
  return {
    files: files.map(({ path }) => path).toSorted(),
    totalSize: files.reduce((sum, { size }) => sum + size, 0),
  };
}
