import { relative } from 'node:path';
import { buildApp } from '../building/build-app.ts';
import { packageApp } from '../building/package-app.ts';

const { entry, startSize, totalSize, files, warnings } = await buildApp();
for (const warning of warnings) console.warn(warning);
const kilobytes = (bytes: number) => `${Math.round(bytes / 1000).toLocaleString('en')} kB`;
console.log(
  `${relative(process.cwd(), entry)}: ${kilobytes(startSize)} at start, ${kilobytes(totalSize)} in ${files} files in all`,
);
const app = await packageApp();
console.log(
  `.deploy: what is deployed, ${kilobytes(app.totalSize)} in ${app.files.length} files, ${kilobytes(app.zippedSize)} zipped`,
);
