import type { Exclusion, ExclusionLists } from '../../domain/exclusions/exclusion.ts';
import { parseExclusion } from '../../domain/exclusions/parse-exclusion.ts';
import { fieldName } from '../../domain/field-problems.ts';
import type { Hunt } from '../../domain/hunting/hunt.ts';
import { readYamlFolder, type YamlFile } from './read-yaml-folder.ts';

/**
 * Reads every exclusion list (`*.yaml`) of a folder. An entry that is wrong in itself is left out and told; whether the others
 * apply to a hunt on a day says `exclusionsFor`.
 *
 * @param settings fill the `${NAME}` placeholders
 * @param hunts all that exist, also those that are switched off
 * @throws when the folder or a file can't be read, or a file is not a YAML list: then nothing is known of what should be hidden
 */
export async function readExclusions(
  folder: string,
  settings: Readonly<Record<string, string | undefined>>,
  hunts: readonly Hunt[],
): Promise<ExclusionLists> {
  const files = await readYamlFolder(folder);
  const broken = files.flatMap(problemsOfFile);
  if (broken.length > 0) throw new Error(`The exclusion lists can't be used:\n${broken.join('\n')}`);

  const entries = files.flatMap((file) =>
    (Array.isArray(file.value) ? file.value : []).map((entry: unknown, index) => ({
      file,
      entry,
      index,
      id: idOf(entry),
    })),
  );
  const exclusions: Exclusion[] = [];
  const leftOut: ExclusionLists['leftOut'] = [];
  for (const { file, entry, index, id } of entries) {
    const twins = entries.filter((other) => id !== undefined && other.id === id && other.entry !== entry);
    const result = await parseExclusion(entry, { file: file.file, hunts, settings });
    const problems = [
      ...twins.map((twin) => ({
        path: ['id'],
        message: `is also used at ${placeOf(twin.file, [twin.index, 'id'])}; none of them is applied`,
      })),
      ...('problems' in result ? result.problems : []),
    ];
    if ('exclusion' in result && problems.length === 0) exclusions.push(result.exclusion);
    leftOut.push(
      ...problems.map(({ path, message }) => ({
        id: id ?? `entry ${index + 1} of ${file.file}`,
        reason: `${placeOf(file, [index, ...path])}: ${path.length > 0 ? `${fieldName(path)}: ` : ''}${message}`,
      })),
    );
  }
  return { exclusions, leftOut };
}

function problemsOfFile({ file, value, errors }: YamlFile): string[] {
  if (errors.length > 0)
    return errors.map(({ line, message }) => `${file}:${line}: not valid YAML: ${message}`);
  return Array.isArray(value) || value === null
    ? []
    : [`${file}:1: must be a list of exclusions, each starting with '- id:'`];
}

function placeOf(file: YamlFile, path: PropertyKey[]): string {
  return `${file.file}:${file.lineOf(path)}`;
}

function idOf(entry: unknown): string | undefined {
  return typeof entry === 'object' && entry !== null && 'id' in entry && typeof entry.id === 'string'
    ? entry.id
    : undefined;
}
