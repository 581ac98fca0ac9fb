import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type BuildOptions, build, formatMessages, type Metafile, transform } from 'esbuild';

/** What a bundling left on disk: the entry point and everything beside it. Sizes in bytes. */
export interface Bundle {
  /** Absolute path of the entry point, `index.cjs`. */
  entry: string;
  /** What Node reads and compiles before the functions are registered. */
  startSize: number;
  totalSize: number;
  files: number;
  /** esbuild's, with file and line. */
  warnings: string[];
}

const root = join(import.meta.dirname, '../..');

const firstPass = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  splitting: true,
  write: false,
  metafile: true,
  legalComments: 'none',
  logLevel: 'silent',
  outExtension: { '.js': '.cjs' },
  // The Functions worker provides it at run time, to CommonJS `require` alone.
  external: ['@azure/functions-core'],
  define: { 'import.meta.dirname': '__dirname' },
} as const satisfies BuildOptions;

/**
 * Bundles the functions for deployment: `outDir/index.cjs` and one file per package that is imported on first use.
 *
 * One big file would be compiled whole at every cold start, whatever the code in it waits for, so the bundle is split. esbuild splits ES
 * modules only and the Functions worker provides `@azure/functions-core` to CommonJS only, hence two passes: split, then convert each file.
 * Nothing is minified: it saves no start-up time and costs the stack traces their names. `outDir` holds nothing else
 * afterwards. Whoever runs the same code from there meanwhile is not disturbed: a file is replaced in one step.
 *
 * @throws esbuild's `BuildFailure`, which names file and line.
 */
export async function bundleFunctions({
  entry = join(root, 'functions', 'index.ts'),
  outDir = join(root, 'dist'),
  beside = {},
}: {
  entry?: string;
  outDir?: string;
  /** Further files, by name. */
  beside?: Readonly<Record<string, string>>;
} = {}): Promise<Bundle> {
  const { outputFiles, metafile, warnings } = await build({
    ...firstPass,
    absWorkingDir: root,
    entryPoints: { index: entry },
    outdir: outDir,
  });
  await mkdir(outDir, { recursive: true });

  const lazyCommonJs = filesOfLazyCommonJs(metafile);
  const sizes = new Map<string, number>();
  for (const { path, text } of outputFiles) {
    const { code } = await transform(text, {
      format: 'cjs',
      platform: 'node',
      target: 'node22',
      supported: { 'dynamic-import': false },
      logLevel: 'silent',
      ...(lazyCommonJs.has(basename(path)) && { footer: namedExports }),
    });
    await replaceFile(path, code);
    sizes.set(basename(path), Buffer.byteLength(code));
  }
  for (const [name, text] of Object.entries(beside)) {
    await replaceFile(join(outDir, name), text);
    sizes.set(name, Buffer.byteLength(text));
  }
  for (const file of await readdir(outDir)) {
    if (!sizes.has(file)) await rm(join(outDir, file), { recursive: true, force: true });
  }
  return {
    entry: join(outDir, 'index.cjs'),
    startSize: sum(staticImports(metafile, 'index.cjs').map((file) => sizes.get(file) ?? 0)),
    totalSize: sum(sizes.values()),
    files: sizes.size,
    warnings: await formatMessages(warnings, { kind: 'warning' }),
  };
}

async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, text);
  await rename(draft, path);
}

/**
 * A CommonJS package that is imported on first use comes out of a split bundle with its `default` export alone; Node gives its properties
 * as named exports too. Without this `(await import('applicationinsights')).TelemetryClient` would be undefined in the bundle only.
 */
const namedExports = [
  'module.exports = { ...module.exports.default, default: module.exports.default };',
  "Object.defineProperty(module.exports, '__esModule', { value: true });",
].join('\n');

function filesOfLazyCommonJs({ inputs, outputs }: Metafile): Set<string> {
  return new Set(
    Object.entries(outputs)
      .filter(([, { entryPoint }]) => entryPoint && inputs[entryPoint]?.format === 'cjs')
      .map(([path]) => basename(path)),
  );
}

/** The file and all that it imports when it is loaded, directly or not. */
function staticImports({ outputs }: Metafile, file: string): string[] {
  const byName = new Map(Object.entries(outputs).map(([path, output]) => [basename(path), output]));
  const found = new Set([file]);
  for (const name of found) {
    for (const { path, kind } of byName.get(name)?.imports ?? []) {
      if (kind === 'import-statement' && byName.has(basename(path))) found.add(basename(path));
    }
  }
  return [...found];
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
