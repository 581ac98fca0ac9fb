import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { parseYamlFile } from '../../functions/adapters/files/read-yaml-folder.ts';
import { durationSchema } from '../../functions/domain/duration.ts';
import { explainIssue, fieldName, fieldProblems } from '../../functions/domain/field-problems.ts';

/** Values that a sighting has, or a column of an event; a list or mapping for dynamic columns. */
export type Expected = Record<string, unknown>;

/** One case of a hunt's test: what happened, and what the hunt makes of it. */
export interface HuntCase {
  name: string;
  /** No exclusion may hide what it sights. */
  truePositive: boolean;
  /** By table; `ago` is how long before the run the event happened, in ms. */
  events: Record<string, { ago: number; row: Record<string, unknown> }[]>;
  /** What the hunt shows, each with some of its values; all of it, in any order. */
  sightings: Expected[];
  /** What it would show without exclusions, and which of them hide it. */
  hidden: { by: string[]; values: Expected }[];
}

/** The test file beside a hunt: `hunts/addigy.test.yaml` for `hunts/addigy.yaml`. */
export interface HuntTests {
  /** Fill the placeholders of exclusions. */
  settings: Record<string, string>;
  cases: HuntCase[];
}

const text = z.string().trim().min(1);
const row = z
  .looseObject({ ago: durationSchema.default(60 * 60 * 1000) })
  .refine((value) => !('TimeGenerated' in value || 'Timestamp' in value), {
    error: 'says when by ago, so that the test never ages (ago: PT2H)',
  })
  .transform(({ ago, ...columns }) => ({ ago, row: columns }));
const expected = z.record(z.string(), z.unknown());

const testsSchema = z.strictObject({
  settings: z.record(z.string(), z.string()).default({}),
  cases: z
    .array(
      z.strictObject({
        name: text,
        truePositive: z.boolean().default(false),
        events: z.record(z.string(), z.array(row).min(1)),
        sightings: z.array(expected).default([]),
        hidden: z
          .array(
            z
              .looseObject({ by: z.union([text.transform((id) => [id]), z.array(text).min(1)]) })
              .transform(({ by, ...values }) => ({ by, values })),
          )
          .default([]),
      }),
    )
    .min(1),
});

/** The path of a hunt's test file. */
export function testFileOf(huntFile: string): string {
  return huntFile.replace(/\.ya?ml$/i, '.test.yaml');
}

/** Undefined when there is no such file. `file` is its path as people know it. */
export function readHuntTests(
  path: string,
  file: string,
): { tests: HuntTests } | { problems: string[] } | undefined {
  if (!existsSync(path)) return undefined;
  const yaml = parseYamlFile(file, readFileSync(path, 'utf8'));
  if (yaml.errors.length > 0)
    return {
      problems: yaml.errors.map(({ line, message }) => `${file}:${line}: not valid YAML: ${message}`),
    };
  const parsed = testsSchema.safeParse(yaml.value, { error: explainIssue });
  if (parsed.success) return { tests: parsed.data };
  const problems = fieldProblems(parsed.error);
  return {
    problems: problems.map(
      ({ path: field, message }) => `${file}:${yaml.lineOf(field)}: ${fieldName(field)}: ${message}`,
    ),
  };
}
