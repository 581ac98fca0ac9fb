import { join } from 'node:path';
import { readHunts } from '../../functions/adapters/files/hunt-files.ts';
import { type Hunt, withCompilation } from '../../functions/domain/hunting/hunt.ts';
import type { HuntCompiler } from '../../functions/ports/hunt-compiler.ts';
import { compileHunt } from './compile-hunt.ts';

/** Compiles hunts as they are loaded. */
export const compileHunts: HuntCompiler = (hunts) => {
  const done = hunts.map((hunt) => ({ hunt, ...compileHunt(hunt) }));
  const errors = done.flatMap((one) => one.errors);
  if (errors.length > 0) return Promise.reject(new Error(`Hunts can't be used:\n${errors.join('\n')}`));
  return Promise.resolve(
    done.map(({ hunt, compiled }) => (compiled ? withCompilation(hunt, compiled) : hunt)),
  );
};

/** The hunts of a folder, compiled. @throws one error that lists what is wrong with each, a line each */
export async function readCompiledHunts(root: string): Promise<Hunt[]> {
  return compileHunts(await readHunts(join(root, 'hunts')));
}
