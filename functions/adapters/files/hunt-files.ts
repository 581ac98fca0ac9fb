import { z } from 'zod';
import { durationSchema } from '../../domain/duration.ts';
import { explainIssue, fieldName, fieldProblems } from '../../domain/field-problems.ts';
import type { Hunt } from '../../domain/hunting/hunt.ts';
import { mappedEntities } from '../../domain/hunting/mapped-entities.ts';
import { tableDeclaredByQuery } from '../../domain/kql/table-declared-by-query.ts';
import { readYamlFolder, type YamlFile } from './read-yaml-folder.ts';

const text = z.string().trim().min(1);

/** A list, or the scalar that many public files have in its place (`tactics: CommandAndControl, Persistence`). */
const oneOrMany = z.union(
  [text.transform((value) => value.split(',').map((part) => part.trim())), z.array(text).min(1)],
  {
    error: 'must be a text or a list of texts',
  },
);

const scalarType = ['bool', 'guid', 'int', 'long', 'string'] as const;
/** A column of the result; where the binder can't know its type, with it: `DeviceId: string`. */
const identityColumn = z.union(
  [
    text.regex(new RegExp(`^[A-Za-z_]\\w*(\\s*:\\s*(${scalarType.join('|')}))?$`)).transform((column) => {
      const [name = '', type] = column.split(/\s*:\s*/);
      return { name, type: scalarType.find((known) => known === type) };
    }),
    z
      .record(z.string().regex(/^[A-Za-z_]\w*$/), z.enum(scalarType))
      .refine((column) => Object.keys(column).length === 1)
      .transform((column) => {
        const [[name, type] = ['', undefined]] = Object.entries(column);
        return { name, type };
      }),
  ],
  { error: 'must be the name of a column of the result, or name and type (DeviceId: string)' },
);

/** A data type as it stands in the metadata, for example `CommonSecurityLog (Zscaler)`, to the table's name. */
const tableName = text
  .transform((dataType) => dataType.replace(/\s*\(.*\)$/, ''))
  .refine((name) => /^[A-Za-z_]\w*$/.test(name), 'must be the name of a table');

const fence = /^\s*```[A-Za-z]*[ \t]*\n([\s\S]*?)\n?[ \t]*```\s*$/;
/** The query without the line break that ends a YAML block, and without the Markdown fence that some files put around it. */
const query = text.pipe(
  z.string().transform((value) => (fence.exec(value)?.[1] ?? value).replace(/\n+$/, '')),
);

/** Keys of Microsoft's format that are allowed and not used here. */
const unused = Object.fromEntries(
  [
    'alertDetailsOverride',
    'author',
    'customDetails',
    'description_detailed',
    'description-detailed',
    'eventGroupingSettings',
    'kind',
    'metadata',
    'queryFrequency',
    'queryPeriod',
    'severity',
    'status',
    'tags',
    'triggerOperator',
    'triggerThreshold',
  ].map((key) => [key, z.unknown().optional()]),
);

const techniques = oneOrMany.pipe(
  z.array(z.string().regex(/^T\d{4}(\.\d{3})?$/, 'must be ATT&CK technique ids such as T1219')),
);

const huntSchema = z.strictObject({
  ...unused,
  id: z.guid(),
  name: text,
  description: text,
  requiredDataConnectors: z
    .array(z.object({ connectorId: text, dataTypes: z.array(tableName).optional() }))
    .min(1),
  /** Where a bad indentation puts the tables of the only connector. */
  dataTypes: z.array(tableName).optional(),
  tactics: oneOrMany,
  relevantTechniques: techniques.optional(),
  /** As some of Microsoft's own files have it. */
  technique: techniques.optional(),
  query,
  version: z.union([z.string(), z.number()]).optional(),
  identity: z.array(identityColumn).min(1).optional(),
  /** Public files have them in several shapes; what is not understood is left out. */
  entityMappings: z
    .unknown()
    .transform((mappings) => mappedEntities(mappings))
    .optional(),
  /** How far back the query looks, where that can't be told from it. */
  lookback: durationSchema.optional(),
});

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

function readHunt(file: YamlFile, report: Report): Hunt | undefined {
  const errors = file.errors.filter((error) => !isConnectorIndentation(error, file));
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
  const {
    relevantTechniques,
    technique,
    lookback,
    requiredDataConnectors,
    dataTypes = [],
    version,
    identity,
    entityMappings: entities = [],
    ...rest
  } = parsed.data;
  const tables = [
    ...new Set([...requiredDataConnectors.flatMap((connector) => connector.dataTypes ?? []), ...dataTypes]),
  ];
  if (tables.length === 0)
    report(['requiredDataConnectors'], 'names no table; list those that the query reads under dataTypes');
  const named = relevantTechniques ?? technique;
  if (!named) report(['relevantTechniques'], 'is missing; write ATT&CK technique ids such as T1219');
  const types = identity?.flatMap(({ name, type }) => (type ? [[name, type] as const] : [])) ?? [];
  const declared = tableDeclaredByQuery({ tables, query: rest.query });
  if (declared) report(['query'], declared.message);
  return {
    id: rest.id,
    name: rest.name,
    description: rest.description,
    file: file.file,
    ...(version !== undefined && { version: String(version) }),
    tactics: rest.tactics,
    techniques: named ?? [],
    tables,
    ...(identity && { identity: identity.map(({ name }) => name) }),
    ...(types.length > 0 && { identityTypes: Object.fromEntries(types) }),
    ...(entities.length > 0 && { entities }),
    ...(lookback !== undefined && { lookbackMs: lookback }),
    query: rest.query,
  };
}

/** Nearly every file of the public collections has `dataTypes` in the column of its connector's dash; the library reads it as a top-level key. */
function isConnectorIndentation({ code, line }: { code: string; line: number }, file: YamlFile): boolean {
  return code === 'BAD_INDENT' && /^\s+dataTypes:/.test(file.text.split('\n')[line - 1] ?? '');
}
