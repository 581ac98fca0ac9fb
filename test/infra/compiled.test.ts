import { execFile } from 'node:child_process';
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  COMPILED,
  compileInfra,
  compileRecord,
  hash,
  hashSources,
} from '../../local/building/compile-infra.ts';

const root = join(import.meta.dirname, '../..');
const readRecord = async (folder: string) =>
  compileRecord.parse(JSON.parse(await readFile(join(folder, COMPILED.record), 'utf8')));

test('the compiled template is what the compiler made of these sources (npm run infra makes it anew)', async () => {
  const { template, sources } = await readRecord(root);
  expect(sources).toEqual(await hashSources(root));
  expect(hash(await readFile(join(root, COMPILED.template), 'utf8'))).toBe(template);
});

test('it is the output of the compiler that the record names', async () => {
  const { compiler } = await readRecord(root);
  const { metadata } = JSON.parse(await readFile(join(root, COMPILED.template), 'utf8'));
  expect(metadata._generator).toMatchObject({ name: 'bicep' });
  expect(metadata._generator.version.startsWith(`${compiler}.`)).toBe(true);
});

describe('npm run infra', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'infra-'));
    await cp(join(root, 'infra'), join(folder, 'infra'), { recursive: true });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** A program in the place of the compiler, for what it says. */
  const speaking = async (lines: string) => {
    const bicep = join(folder, 'bicep');
    await writeFile(
      bicep,
      `#!/bin/sh\n[ "$1" = --version ] && echo "Bicep CLI version 9.8.7 (x)" && exit\n${lines}\n`,
    );
    await chmod(bicep, 0o755);
    return bicep;
  };

  test('keeps what the compiler makes, with its version and the hash of every source', async () => {
    await compileInfra(folder, await speaking('echo \'{ "made": true }\''));
    expect(await readFile(join(folder, COMPILED.template), 'utf8')).toBe('{ "made": true }\n');
    const { compiler, sources } = await readRecord(folder);
    expect(compiler).toBe('9.8.7');
    expect(sources).toEqual(await hashSources(root));
  });

  test('when the compiler warns, keeps nothing and says what it said', async () => {
    const before = await readRecord(folder);
    const bicep = await speaking('echo "{}"; echo "main.bicep(1,1) : Warning no-unused-params" >&2');
    await expect(compileInfra(folder, bicep)).rejects.toThrow('Warning no-unused-params');
    expect(await readRecord(folder)).toEqual(before);
  });

  test('when a source changes, its hash does; line ends of Windows are no change', async () => {
    const before = await hashSources(folder);
    const file = join(folder, 'infra/queries/alert-silence.kql');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replaceAll('\n', '\r\n'));
    expect(await hashSources(folder)).toEqual(before);
    await writeFile(file, `${text}// more`);
    expect(await hashSources(folder)).not.toEqual(before);
  });

  test('takes no other program for a compiler', async () => {
    await expect(compileInfra(folder, process.execPath)).rejects.toThrow('no Bicep compiler');
  });
});

test('the command says how to call it', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(root, 'local/commands/infra.ts'),
    '--help',
  ]);
  expect(stdout).toContain('npm run infra --');
});
