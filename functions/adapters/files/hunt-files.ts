import { explainIssue, fieldName, fieldProblems } from '../../domain/field-problems.ts';
import type { Hunt } from '../../domain/hunting/hunt.ts';
import { tableDeclaredByQuery } from '../../domain/kql/table-declared-by-query.ts';
import { huntSchema } from './hunt-schema.ts';
import { readYamlFolder, withoutTabs, type YamlFile } from './read-yaml-folder.ts';

/**
 * Reads every hunt of a folder.
 *
 * @throws one error that lists every problem of every file, a line each: `file:line: field: what is wrong`.
 */
export async function readHunts(folder: string): Promise<Hunt[]> {
  const { hunts, problems } = parseHunts(await readYamlFolder(folder));
  if (hunts.length === 0 && problems.length === 0)
    problems.push({ file: folder, message: `${folder}: no hunt (*.yaml) in this folder` });
  if (problems.length > 0)
    throw new Error(`The hunts can't be used:\n${problems.map(({ message }) => message).join('\n')}`);
  return hunts;
}

/** The hunts of files, and what is wrong with the others: `file:line: field: what is wrong`. */
export function parseHunts(files: readonly YamlFile[]): {
  hunts: Hunt[];
  problems: { file: string; message: string }[];
} {
  const hunts: Hunt[] = [];
  const problems: { file: string; message: string }[] = [];
  const firstUse = new Map<string, string>();
  for (const file of files) {
    const report = (path: readonly PropertyKey[], message: string, line = file.lineOf(path)) =>
      problems.push({
        file: file.file,
        message: `${file.file}:${line}: ${path.length > 0 ? `${fieldName(path)}: ` : ''}${message}`,
      });
    const hunt = readHunt(file, report);
    if (!hunt) continue;
    hunts.push(hunt);
    for (const key of ['id', 'name'] as const) {
      const use = `${key} ${hunt[key].toLowerCase()}`;
      const earlier = firstUse.get(use);
      if (earlier !== undefined) report([key], `is also that of ${earlier}; each hunt has its own`);
      else firstUse.set(use, hunt.file);
    }
  }
  return { hunts, problems };
}

type Report = (path: readonly PropertyKey[], message: string, line?: number) => void;

function readHunt(given: YamlFile, report: Report): Hunt | undefined {
  const file = withoutTabs(given);
  const errors = yamlErrors(file);
  for (const { message, line } of errors) report([], `not valid YAML: ${message}`, line);
  if (errors.length > 0) return undefined;
  if (typeof file.value === 'string') {
    report(
      [],
      'is text alone; a hunt is a mapping with id, name, query and so on (is it a bare KQL query?)',
      1,
    );
    return undefined;
  }
  const parsed = huntSchema.safeParse(file.value, { error: explainIssue });
  if (!parsed.success) {
    for (const { path, message } of fieldProblems(parsed.error)) report(path, message);
    return undefined;
  }
  const { identity, version, query, entityMappings: entities = [], ...rest } = parsed.data;
  const lookbackMs = rest.lookback ?? rest.queryPeriod;
  const tables = [
    ...new Set([
      ...(rest.requiredDataConnectors ?? []).flatMap((connector) => connector.dataTypes ?? []),
      ...(rest.dataTypes ?? []),
    ]),
  ];
  const types = identity?.flatMap(({ name, type }) => (type ? [[name, type] as const] : [])) ?? [];
  const declared = tableDeclaredByQuery({ tables, query });
  if (declared) report(['query'], declared.message);
  return {
    id: rest.id,
    name: rest.name,
    description: rest.description ?? rest.name,
    file: file.file,
    ...(version !== undefined && version !== null && { version: String(version) }),
    tactics: rest.tactics ?? [],
    techniques: rest.relevantTechniques ?? rest.technique ?? rest.techniques ?? [],
    tables,
    ...(identity && { identity: identity.map(({ name }) => name) }),
    ...(types.length > 0 && { identityTypes: Object.fromEntries(types) }),
    ...(entities.length > 0 && { entities }),
    ...(lookbackMs !== undefined && { lookbackMs }),
    query,
  };
}

/** What a YAML library has against a hunt's file, without what nearly every public file has. */
export function yamlErrors(file: YamlFile): YamlFile['errors'] {
  return file.errors.filter((error) => !isConnectorIndentation(error, file));
}

/** Nearly every file of the public collections has `dataTypes` in the column of its connector's dash; the library reads it as a top-level key. */
function isConnectorIndentation({ code, line }: { code: string; line: number }, file: YamlFile): boolean {
  return code === 'BAD_INDENT' && /^\s+dataTypes:/.test(file.text.split('\n')[line - 1] ?? '');
}
