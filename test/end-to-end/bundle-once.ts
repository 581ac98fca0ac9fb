import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildApp } from '../../local/building/build-app.ts';

const repository = join(import.meta.dirname, '..', '..');
const cache = join(repository, 'node_modules', '.cache');
/** What the bundled app is made of. */
const sources = ['functions', 'hunts', 'exclusions', 'package-lock.json', 'local/building', 'local/compiler'];

/**
 * The bundled functions with their hunts and exclusions, as they are deployed; the entry point. Made once for the same sources, since every test file
 * that starts a stack needs it and making it takes seconds.
 */
export async function bundleOnce(): Promise<string> {
  const folder = join(cache, `bundle-${await fingerprint()}`);
  if (!existsSync(folder)) {
    await mkdir(cache, { recursive: true });
    const half = await mkdtemp(`${folder}-`);
    await buildApp(join(half, 'dist'));
    for (const data of ['hunts', 'exclusions'])
      await cp(join(repository, data), join(half, data), { recursive: true });
    // Whole or not at all; another worker may have been faster.
    await rename(half, folder).catch(() => rm(half, { recursive: true, force: true }));
  }
  return join(folder, 'dist', 'index.cjs');
}

async function fingerprint(): Promise<string> {
  const hash = createHash('sha256');
  for (const source of sources) {
    for (const file of await filesOf(source))
      hash.update(file).update(await readFile(join(repository, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

async function filesOf(source: string): Promise<string[]> {
  if (/\.\w+$/.test(source)) return [source];
  const entries = await readdir(join(repository, source), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(repository.length + 1))
    .sort();
}
