import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

/** Where the compiled template stands, and the record of what it was made of. */
export const COMPILED = { template: 'infra/compiled/main.json', record: 'infra/compiled/sources.json' };

/** What the compiled template was made of: the compiler's version, and SHA-256 of each file. */
export const compileRecord = z.strictObject({
  compiler: z.string(),
  template: z.string(),
  sources: z.record(z.string(), z.string()),
});

/**
 * Compiles `infra/main.bicep` with a Bicep executable.
 * @throws Error with the compiler's words when it or its linter has anything to say, a warning too
 */
export async function compileInfra(root: string, bicep: string): Promise<void> {
  const { stdout: version } = await run(root, bicep, ['--version']);
  const compiler = /^Bicep CLI version (\d+\.\d+\.\d+)/.exec(version)?.[1];
  if (!compiler) throw new Error(`${bicep} is no Bicep compiler`);
  const { stdout: template, stderr } = await run(root, bicep, ['build', 'infra/main.bicep', '--stdout']);
  if (stderr.trim() !== '') throw new Error(stderr.trim());
  const record = { compiler, template: hash(template), sources: await hashSources(root) };
  await mkdir(join(root, 'infra/compiled'), { recursive: true });
  await writeFile(join(root, COMPILED.template), template);
  await writeFile(join(root, COMPILED.record), `${JSON.stringify(record, null, 2)}\n`);
}

/** SHA-256 of each file that goes into the compiled template. */
export async function hashSources(root: string): Promise<Record<string, string>> {
  const files = (await readdir(join(root, 'infra'), { recursive: true })).filter((file) =>
    /\.(bicep|kql)$/.test(file),
  );
  const hashes = files.map(
    async (file) =>
      [
        `infra/${file.replaceAll('\\', '/')}`,
        hash(await readFile(join(root, 'infra', file), 'utf8')),
      ] as const,
  );
  return Object.fromEntries((await Promise.all(hashes)).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Line ends do not count: a checkout on Windows has its own. */
export function hash(text: string): string {
  return createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex');
}

/** The compiler needs no library for languages then, which a small machine may lack. */
function run(cwd: string, bicep: string, args: string[]) {
  const env = { ...process.env, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1' };
  return promisify(execFile)(bicep, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 });
}
