import { z } from 'zod';
import { durationSchema } from '../../domain/duration.ts';
import { mappedEntities } from '../../domain/hunting/mapped-entities.ts';

const text = z.string().trim().min(1);

/** A list, or the scalar that many public files have in its place (`tactics: CommandAndControl, Persistence`); empty entries say nothing. */
const listOf = z
  .union([text.transform((value) => value.split(',')), z.array(z.string().nullable()), z.null()], {
    error: 'must be a text or a list of texts',
  })
  .transform((values) => (values ?? []).flatMap((value) => value?.trim() || []));

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

const units: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000 };
/** A rule's period: `14d`, `5h`, `30m` in YAML, ISO 8601 in templates. */
const period = z.union(
  [
    z
      .string()
      .regex(/^\s*\d{1,4}[dhm]\s*$/i)
      .transform((value) => Number.parseInt(value, 10) * (units[value.trim().slice(-1).toLowerCase()] ?? 0))
      .refine((ms) => ms > 0),
    durationSchema,
  ],
  { error: 'must be a period such as 14d, 5h, 30m or PT5H' },
);

/** Keys of Microsoft's hunting queries and analytics rules that are allowed and not used here. */
const unused = Object.fromEntries(
  [
    'alertDetailsOverride',
    'alertRuleTemplateName',
    'author',
    'categories',
    'customDetails',
    'description_detailed',
    'description-detailed',
    'enabled',
    'eventGroupingSettings',
    'incidentConfiguration',
    'kind',
    'metadata',
    'queryFrequency',
    'references',
    'sentinelEntitiesMappings',
    'severity',
    'source',
    'status',
    'subTechniques',
    'support',
    'suppressionDuration',
    'suppressionEnabled',
    'tags',
    'templateVersion',
    'threatAnalysisTactics',
    'threatAnalysisTechniques',
    'triggerOperator',
    'triggerThreshold',
  ].map((key) => [key, z.unknown().optional()]),
);

const techniques = listOf.pipe(
  z.array(z.string().regex(/^T\d{4}(\.\d{3})?$/, 'must be ATT&CK technique ids such as T1219')),
);

/** A hunt's file: Sentinel's hunting queries and its scheduled analytics rules, with two keys of ours. */
export const huntSchema = z.strictObject({
  ...unused,
  id: z.guid(),
  name: text,
  description: text.optional(),
  requiredDataConnectors: z.array(z.object({ dataTypes: z.array(tableName).nullish() })).nullish(),
  /** Where a bad indentation puts the tables of the only connector. */
  dataTypes: z.array(tableName).nullish(),
  tactics: listOf.optional(),
  relevantTechniques: techniques.optional(),
  /** As some of Microsoft's own files have it. */
  technique: techniques.optional(),
  techniques: techniques.optional(),
  query,
  version: z.union([z.string(), z.number()]).nullish(),
  /** What an analytics rule looks back over. */
  queryPeriod: period.optional(),
  identity: z.array(identityColumn).min(1).optional(),
  /** Public files have them in several shapes; what is not understood is left out. */
  entityMappings: z
    .unknown()
    .transform((mappings) => mappedEntities(mappings))
    .optional(),
  /** How far back the query looks, where that can't be told from it. */
  lookback: durationSchema.optional(),
});
