import { z } from 'zod';
import { explainIssue, type FieldProblem, fieldProblems } from '../field-problems.ts';
import type { Hunt } from '../hunting/hunt.ts';
import { allDocumentedColumns, documentedColumns } from '../kql/documented-columns.ts';
import { type Exclusion, type Matcher, operators } from './exclusion.ts';
import { readValues, type ValueContext } from './exclusion-values.ts';
import { patternJudge } from './portable-regex.ts';

/** Names of other worlds that are understood for a column. */
const columnAliases: Readonly<Record<string, string>> = {
  'process.name': 'InitiatingProcessFileName',
  destination_ip: 'RemoteIP',
};

/** An entry fits a row of the table and a line of a card; a query stays one that the service takes. */
const MAX_TEXT_LENGTH = 500;
const MAX_VALUES = 1_000;
const MAX_VALUE_LENGTH = 10_000;
/** Placeholders that are told one by one. */
const MAX_IDLE = 20;

/** `{ alias: corp-ips, column: SearchKey }` */
const watchlistSchema = z.strictObject({
  alias: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9_. -]{0,99}$/,
      'must be the alias of a watchlist: letters, digits, _ . - and spaces',
    ),
  column: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_ ()-]{0,99}$/, 'must be the name of a column of the watchlist')
    .default('SearchKey'),
});

const text = z.string().trim().min(1).max(MAX_TEXT_LENGTH);
const value = z.string().max(MAX_VALUE_LENGTH);
const valuesSchema = z.union([value, z.array(value).min(1).max(MAX_VALUES)], {
  error: `must be a text or a list of at most ${MAX_VALUES} texts, each of at most ${MAX_VALUE_LENGTH} characters; put a number in quotes`,
});

/** What a column is compared with, by operator. */
const comparisonsSchema = z.object({ watchlist: watchlistSchema.optional() }).catchall(valuesSchema);
type Comparisons = z.infer<typeof comparisonsSchema>;

export const exclusionId = text.regex(
  /^[a-z0-9][a-z0-9-]{0,63}$/,
  'must be lower-case letters, digits and hyphens, 64 at most',
);

const entrySchema = z.strictObject({
  id: exclusionId,
  reason: text,
  owner: text,
  ticket: text.optional(),
  createdBy: text.optional(),
  acceptBroad: text.optional(),
  expires: z.iso.date(),
  hunts: z.array(text).min(1).max(MAX_VALUES),
  any: z
    .array(
      z
        .record(z.string(), comparisonsSchema)
        .refine((clause) => Object.keys(clause).length > 0, 'is empty and would match everything'),
    )
    .min(1)
    .max(100),
});

/** What entries are checked against. `hunts` are all that exist, also those that are switched off. */
export interface ExclusionContext extends Pick<ValueContext, 'settings' | 'placeholders'> {
  /** Where the entry stands, see `Exclusion.file`. */
  file: string;
  hunts: readonly Hunt[];
}

/** Reads one entry of an exclusion list; everything that is wrong with it is told at once. */
export async function parseExclusion(
  entry: unknown,
  { file, hunts, ...settings }: ExclusionContext,
): Promise<{ exclusion: Exclusion } | { problems: FieldProblem[] }> {
  if (hasProtoKey(entry)) return { problems: [{ path: [], message: '__proto__ is not a key' }] };
  const parsed = entrySchema.safeParse(entry, { error: explainIssue });
  if (!parsed.success) return { problems: fieldProblems(parsed.error) };

  const { ticket, createdBy, acceptBroad, any, ...rest } = parsed.data;
  const named = hunts.filter((hunt) => rest.hunts.some((name) => isSame(name, hunt.id)));
  const anyColumn = named.some((hunt) => hunt.tables.some((table) => !documentedColumns(hunt, table)));
  const known = anyColumn ? undefined : allDocumentedColumns(hunts);
  const context = { ...settings, judgePattern: await patternJudge() };
  const clauses = any.map((clause, index) => parseClause(clause, ['any', index], context, known));
  const problems = [...unknownHunts(rest.hunts, hunts), ...clauses.flatMap((clause) => clause.problems)];
  if (problems.length > 0) return { problems };
  const matchers = clauses.map((clause) => clause.matchers);
  return {
    exclusion: {
      ...rest,
      ...(ticket !== undefined && { ticket }),
      ...(createdBy !== undefined && { createdBy }),
      ...(acceptBroad !== undefined && { acceptBroad }),
      hunts: named.map((hunt) => hunt.id.toLowerCase()),
      any: matchers.filter((clause) =>
        clause.every((matcher) => matcher.operator === 'watchlist' || matcher.values.length > 0),
      ),
      columns: [...new Set(matchers.flat().map(({ column }) => column))],
      settings: [...new Set(clauses.flatMap((clause) => clause.settings))],
      idle: clauses.flatMap((clause) => clause.idle),
      file,
    },
  };
}

/** Objects, and whoever copies them, lose this key: a condition would be gone without a word. */
function hasProtoKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(hasProtoKey);
}

interface ParsedClause {
  matchers: Matcher[];
  settings: string[];
  idle: string[];
  problems: FieldProblem[];
}

function parseClause(
  clause: Readonly<Record<string, Comparisons>>,
  path: readonly PropertyKey[],
  context: ValueContext,
  /** Columns that may be named; any without it. */
  known: ReadonlySet<string> | undefined,
): ParsedClause {
  const result: ParsedClause = { matchers: [], settings: [], idle: [], problems: [] };
  const report = (message: string, ...at: string[]) =>
    result.problems.push({ path: [...path, ...at], message });
  for (const [name, { watchlist, ...comparisons }] of Object.entries(clause)) {
    const column = Object.hasOwn(columnAliases, name) ? (columnAliases[name] ?? name) : name;
    const unknown = known && problemWithColumn(column, known);
    if (unknown !== undefined) report(unknown, name);
    if (watchlist)
      result.matchers.push({
        column,
        operator: 'watchlist',
        alias: watchlist.alias,
        entries: watchlist.column,
      });
    else if (Object.keys(comparisons).length === 0)
      report(`says nothing to compare with; ${operatorsToUse}`, name);
    for (const [operatorName, given] of Object.entries(comparisons)) {
      const operator = operators.find((known) => known === operatorName);
      if (!operator) {
        report(`is not an operator; ${operatorsToUse}`, name, operatorName);
        continue;
      }
      const { values, named, unset, problems } = readValues(operator, [given].flat(), context);
      result.settings.push(...named);
      for (const problem of problems) report(problem, name, operatorName);
      for (const setting of [...new Set(unset)].slice(0, MAX_IDLE)) {
        result.idle.push(
          `${name} ${operator} \${${setting}} never matches: the setting ${setting} is not set.`,
        );
      }
      result.matchers.push({ column, operator, values });
    }
  }
  return result;
}

const operatorsToUse = `use one of ${[...operators, 'watchlist'].join(', ')}`;

function unknownHunts(names: readonly string[], hunts: readonly Hunt[]): FieldProblem[] {
  return names.flatMap((name, index) =>
    hunts.some((hunt) => isSame(name, hunt.id))
      ? []
      : [{ path: ['hunts', index], message: `no hunt has the id ${name}` }],
  );
}

function problemWithColumn(column: string, known: ReadonlySet<string>): string | undefined {
  if (known.has(column)) return undefined;
  const meant = [...known].find((name) => isSame(name, column));
  return `is not a documented column of a table that a hunt reads${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
