import { relative } from 'node:path';
import { bundleFunctions } from './bundle-functions.ts';
import { packageApp } from './package-app.ts';

try {
  const { entry, startSize, totalSize, warnings } = await bundleFunctions();
  for (const warning of warnings) console.warn(warning);
  const app = await packageApp();
  console.log(
    `${relative(process.cwd(), entry)}: ${kilobytes(startSize)} at start, ${kilobytes(totalSize)} in all; to deploy: .deploy, ${app.files.length} files, ${kilobytes(app.totalSize)}`,
  );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000).toLocaleString('en')} kB`;
}
