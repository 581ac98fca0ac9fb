import { z } from 'zod';
import { readAddressRange } from './address-range.ts';
import { allDocumentedColumns, documentedColumns } from './documented-columns.ts';
import { type Exclusion, type Matcher, type Operator, operators } from './exclusion.ts';
import { explainIssue, type FieldProblem, fieldProblems } from './field-problems.ts';
import type { Hunt } from './hunt.ts';
import { problemWithRegex } from './portable-regex.ts';

/** Names of other worlds that are understood for a column. */
const columnAliases: Readonly<Record<string, string>> = {
  'process.name': 'InitiatingProcessFileName',
  destination_ip: 'RemoteIP',
};

const text = z.string().trim().min(1);
const valuesSchema = z.union([z.string(), z.array(z.string()).min(1)], {
  error: 'must be a text or a list of texts; put a number in quotes',
});

const entrySchema = z.strictObject({
  id: text.regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'must be lower-case letters, digits and hyphens, 64 at most'),
  reason: text,
  owner: text,
  ticket: text.optional(),
  expires: z.iso.date(),
  hunts: z.array(text).min(1),
  any: z
    .array(
      z
        .record(z.string(), z.record(z.string(), valuesSchema))
        .refine((clause) => Object.keys(clause).length > 0, 'is empty and would match everything'),
    )
    .min(1),
});

/** What entries are checked against. `hunts` are all that exist, also those that are switched off. */
export interface ExclusionContext {
  file: string;
  hunts: readonly Hunt[];
  settings: Readonly<Record<string, string | undefined>>;
}

/** Reads one entry of an exclusion list; everything that is wrong with it is told at once. */
export function parseExclusion(
  entry: unknown,
  { file, hunts, settings }: ExclusionContext,
): { exclusion: Exclusion } | { problems: FieldProblem[] } {
  const parsed = entrySchema.safeParse(entry, { error: explainIssue });
  if (!parsed.success) return { problems: fieldProblems(parsed.error) };

  const problems: FieldProblem[] = [];
  const idle: string[] = [];
  const { id, reason, owner, ticket, expires, any } = parsed.data;
  const named = hunts.filter((hunt) => parsed.data.hunts.some((name) => isSame(name, hunt.id)));
  for (const [index, name] of parsed.data.hunts.entries()) {
    if (!hunts.some((hunt) => isSame(name, hunt.id))) {
      problems.push({ path: ['hunts', index], message: `no hunt has the id ${name}` });
    }
  }
  const mayHaveOtherColumns = named.some((hunt) => hunt.tables.some((table) => !documentedColumns(table)));

  const clauses = any.map((clause, index) =>
    Object.entries(clause).flatMap(([name, comparisons]) => {
      const column = Object.hasOwn(columnAliases, name) ? (columnAliases[name] ?? name) : name;
      const path = ['any', index, name];
      if (!mayHaveOtherColumns) problems.push(...problemsWithColumn(column, path));
      if (Object.keys(comparisons).length === 0) {
        problems.push({ path, message: `says nothing to compare with; use one of ${operators.join(', ')}` });
      }
      return Object.entries(comparisons).flatMap(([operatorName, given]): Matcher[] => {
        const operator = operators.find((known) => known === operatorName);
        if (!operator) {
          problems.push({
            path: [...path, operatorName],
            message: `is not an operator; use one of ${operators.join(', ')}`,
          });
          return [];
        }
        const filled = fillIn(typeof given === 'string' ? [given] : given, settings);
        const checked = filled.values.map(({ value, source }) => checkValue(operator, value, source));
        for (const message of [
          ...filled.problems,
          ...checked.flatMap((result) => ('problem' in result ? [result.problem] : [])),
        ]) {
          problems.push({ path: [...path, operatorName], message });
        }
        idle.push(
          ...filled.unset.map(
            (setting) =>
              `${name} ${operator} \${${setting}} never matches: the setting ${setting} is not set.`,
          ),
        );
        return [
          {
            column,
            operator,
            values: checked.flatMap((result) => ('value' in result ? [result.value] : [])),
          },
        ];
      });
    }),
  );
  if (problems.length > 0) return { problems };
  return {
    exclusion: {
      id,
      reason,
      owner,
      ...(ticket !== undefined && { ticket }),
      expires,
      hunts: named.map((hunt) => hunt.id.toLowerCase()),
      any: clauses.filter((clause) => clause.every(({ values }) => values.length > 0)),
      columns: [...new Set(clauses.flat().map(({ column }) => column))],
      idle,
      file,
    },
  };
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function problemsWithColumn(column: string, path: PropertyKey[]): FieldProblem[] {
  const known = allDocumentedColumns();
  if (known.has(column)) return [];
  const meant = [...known].find((name) => isSame(name, column));
  return [
    { path, message: `is not a documented column${meant === undefined ? '' : `; did you mean ${meant}?`}` },
  ];
}

/** Names that look like secrets: what a query says can be read in the workspace's logs. */
const secretName = /SECRET|KEY|TOKEN|PASSWORD|CONNECTION|URL|STORAGE/i;

/** Replaces values of the form `${NAME}` by the setting's comma-separated values; `source` says where a value is from without showing it. */
function fillIn(
  given: readonly string[],
  settings: ExclusionContext['settings'],
): { values: { value: string; source: string }[]; unset: string[]; problems: string[] } {
  const values: { value: string; source: string }[] = [];
  const unset: string[] = [];
  const problems: string[] = [];
  for (const value of given) {
    const name = /^\$\{([A-Z][A-Z0-9_]*)\}$/.exec(value)?.[1];
    if (name === undefined) {
      if (value.includes('${'))
        problems.push(`${value} must be a setting's name in capitals, alone: \${NAME}`);
      else values.push({ value, source: JSON.stringify(value) });
    } else if (secretName.test(name)) {
      problems.push(`\${${name}} looks like a secret by its name; a query must not carry one`);
    } else {
      const filled = (settings[name] ?? '')
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '');
      if (filled.length === 0) unset.push(name);
      values.push(...filled.map((part) => ({ value: part, source: `a value of the setting ${name}` })));
    }
  }
  return { values, unset, problems };
}

function checkValue(
  operator: Operator,
  value: string,
  source: string,
): { value: string } | { problem: string } {
  if (value.trim() === '') return { problem: `${source} is empty and would match everything or nothing` };
  if (!value.isWellFormed()) return { problem: `${source} has half a character (a lone surrogate)` };
  switch (operator) {
    case 'equals':
      return { value };
    case 'contains':
    case 'startsWith':
    case 'endsWith':
    case 'has': {
      const significant = value.match(/[\p{L}\p{N}]/gu) ?? [];
      return significant.length >= 2
        ? { value }
        : { problem: `${source} matches too much: it needs two letters or digits` };
    }
    case 'matches': {
      const problem = problemWithRegex(value);
      return problem === undefined ? { value } : { problem: `${source} ${problem}` };
    }
    case 'cidr': {
      const result = readAddressRange(value);
      return 'range' in result ? { value: result.range } : { problem: `${source} ${result.problem}` };
    }
  }
}
