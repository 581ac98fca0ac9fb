import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const manifest = z.object({ version: z.string() });

/** The app's version, as it was packaged; `unknown` where there is no package beside the app. */
export async function readVersion(root: string): Promise<string> {
  const text = await readFile(join(root, 'package.json'), 'utf8').catch(() => '{"version":"unknown"}');
  return manifest.parse(JSON.parse(text)).version;
}
