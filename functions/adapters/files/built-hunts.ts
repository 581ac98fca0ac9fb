import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { compiledHuntSchema } from '../../domain/hunting/compiled-hunt.ts';
import { huntHash, withCompilation } from '../../domain/hunting/hunt.ts';
import type { HuntCompiler } from '../../ports/hunt-compiler.ts';

/** The name of the file, beside the app's code. */
export const BUILT_HUNTS = 'compiled-hunts.json';

/** Compiled hunts by their hash, as the build leaves them. */
const builtHuntsSchema = z.record(z.string(), compiledHuntSchema);

async function readBuilt(path: string): Promise<z.infer<typeof builtHuntsSchema>> {
  try {
    return builtHuntsSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    throw new Error(`Hunts can't be used: ${path} is missing or of another version; build the app again`, {
      cause: error,
    });
  }
}

/** Hunts as the build compiled them: the app reads no KQL, so it refuses one that was not there then, or has changed since. */
export function builtHunts(path: string): HuntCompiler {
  return async (hunts) => {
    const built = await readBuilt(path);
    const missing = hunts.filter((hunt) => !built[huntHash(hunt)]);
    if (missing.length > 0) {
      const lines = missing.map(
        ({ file }) => `${file}: is not as it was when the app was built; build and deploy again`,
      );
      throw new Error(`Hunts can't be used:\n${lines.join('\n')}`);
    }
    return hunts.map((hunt) => {
      const compiled = built[huntHash(hunt)];
      return compiled ? withCompilation(hunt, compiled) : hunt;
    });
  };
}
