import { join } from 'node:path';
import { BUILT_HUNTS } from '../../functions/adapters/files/built-hunts.ts';
import { readCompiledHunts } from '../compiler/compile-hunts.ts';
import { type Bundle, bundleFunctions } from './bundle-functions.ts';

const root = join(import.meta.dirname, '../..');

/**
 * Bundles the app and, beside it, what its hunts were compiled to.
 * @throws esbuild's `BuildFailure`; one error that lists what is wrong with the hunts, a line each
 */
export async function buildApp(outDir = join(root, 'dist')): Promise<Bundle> {
  const hunts = await readCompiledHunts(root);
  const byHash = Object.fromEntries(
    hunts.flatMap(({ compiled }) => (compiled ? [[compiled.hash, compiled]] : [])),
  );
  return bundleFunctions({ outDir, beside: { [BUILT_HUNTS]: JSON.stringify(byHash, null, 1) } });
}
