import { existsSync, statSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseHunts } from '../../functions/adapters/files/hunt-files.ts';
import { parseYamlFile, readYamlFolder } from '../../functions/adapters/files/read-yaml-folder.ts';
import type { Hunt } from '../../functions/domain/hunting/hunt.ts';
import { compileHunt } from '../compiler/compile-hunt.ts';
import { bindHunt } from './bind-hunt.ts';

/** What became of a file. `there`: a hunt with its id is there already, under that name. */
export type Added = { file: string } & (
  | { kind: 'imported'; as: string; name: string; warnings: string[] }
  | { kind: 'there'; as: string }
  | { kind: 'refused'; reasons: string[] }
);

/**
 * Takes hunting YAMLs into the folder, byte for byte, each under a name of its own; refused are those that the product could not use or that Microsoft's
 * binder does not accept. Rejects when a path cannot be read.
 */
export async function addHunts(path: string, folder: string): Promise<Added[]> {
  const hunts = parseHunts(await readYamlFolder(folder)).hunts;
  const added: Added[] = [];
  for (const file of await yamlFiles(path)) added.push(await addHunt(file, folder, hunts));
  return added;
}

async function yamlFiles(path: string): Promise<string[]> {
  if (!statSync(path).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /(?<!\.test)\.ya?ml$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** `hunts` grows by what is imported. */
async function addHunt(path: string, folder: string, hunts: Hunt[]): Promise<Added> {
  const content = await readFile(path, 'utf8');
  const { hunts: parsed, problems } = parseHunts([parseYamlFile(path, content)]);
  const [hunt] = parsed;
  if (!hunt || problems.length > 0)
    return {
      file: path,
      kind: 'refused',
      reasons: problems.map(({ message }) => message.replace(`${path}:`, 'line ')),
    };
  const twin = hunts.find(({ id, name }) => same(id, hunt.id) || same(name, hunt.name));
  if (twin) {
    return same(twin.id, hunt.id)
      ? { file: path, kind: 'there', as: twin.file }
      : { file: path, kind: 'refused', reasons: [`its name is that of ${twin.file}, its id another`] };
  }
  const { compiled, errors: unclear } = compileHunt(hunt);
  const { errors, warnings } = bindHunt(compiled ? { ...hunt, compiled } : hunt);
  const against = errors.length > 0 ? errors : unclear;
  const reasons = against.map((error) => error.replace(`${path}: `, ''));
  if (reasons.length > 0) return { file: path, kind: 'refused', reasons };

  const as = freeName(path, folder);
  await writeFile(join(folder, as), content, { flag: 'wx' });
  const file = `${basename(folder)}/${as}`;
  hunts.push({ ...hunt, file });
  return {
    file: path,
    kind: 'imported',
    as: file,
    name: hunt.name,
    warnings: warnings.map((warning) => warning.replace(`${path}: `, '')),
  };
}

/** `Network_Connection-Addigy.yaml` becomes `network-connection-addigy.yaml`, or `…-2.yaml` where that is taken. */
function freeName(path: string, folder: string): string {
  const plain = basename(path)
    .replace(/\.ya?ml$/i, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  for (let number = 1; ; number++) {
    const name = `${plain || 'hunt'}${number === 1 ? '' : `-${number}`}.yaml`;
    if (!existsSync(join(folder, name))) return name;
  }
}

const same = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();
