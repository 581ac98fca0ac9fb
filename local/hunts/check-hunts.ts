import { basename, join } from 'node:path';
import { schemaOf } from 'kql-workspace/documented-columns.ts';
import { readExclusions } from '../../functions/adapters/files/exclusion-files.ts';
import { parseHunts } from '../../functions/adapters/files/hunt-files.ts';
import { readYamlFolder } from '../../functions/adapters/files/read-yaml-folder.ts';
import type { Exclusion } from '../../functions/domain/exclusions/exclusion.ts';
import type { CompiledHunt } from '../../functions/domain/hunting/compiled-hunt.ts';
import { type Hunt, withCompilation } from '../../functions/domain/hunting/hunt.ts';
import { huntedTables } from '../../functions/domain/kql/hunted-tables.ts';
import { compileHunt } from '../compiler/compile-hunt.ts';
import { bindHunt } from './bind-hunt.ts';
import { type HuntTests, readHuntTests, testFileOf } from './read-hunt-tests.ts';
import { judgeCase, runHuntCase } from './run-hunt-case.ts';

/** What is to be said of one hunt file. */
export interface HuntCheck {
  file: string;
  name?: string;
  /** Why it can't be used, each in a line. */
  errors: string[];
  /** What its author should know. */
  warnings: string[];
  tables: string[];
  /** What the parser and binder found out about it; absent where it can't be used. */
  compiled?: CompiledHunt;
  cases: { name: string; problems: string[] }[];
}

export interface CheckRequest {
  /** The folder with `hunts/` and `exclusions/`. */
  root: string;
  /** File names without ending, ids or names; all without it. */
  only?: (hunt: Hunt) => boolean;
}

/** Checks every hunt: file, binder in both flavours, prelude, identity, window, tests. Rejects when a folder cannot be read. */
export async function checkHunts({ root, only = () => true }: CheckRequest): Promise<HuntCheck[]> {
  const now = new Date();
  const files = await readYamlFolder(join(root, 'hunts'));
  const { hunts: parsed, problems } = parseHunts(files);
  const tried = parsed.map(tryToCompile);
  const hunts = tried.map(({ hunt }) => hunt);
  const checks: HuntCheck[] = [];
  for (const { file } of files) {
    const one = tried.find(({ hunt }) => hunt.file === file);
    if (one && !only(one.hunt)) continue;
    const errors = problems.filter((problem) => problem.file === file).map(({ message }) => message);
    checks.push(
      one
        ? await checkHunt(one, hunts, errors, { root, now })
        : { file, errors, warnings: [], tables: [], cases: [] },
    );
  }
  return checks;
}

/** Whether all is well; warnings are. */
export function passes({ errors, cases }: HuntCheck): boolean {
  return errors.length === 0 && cases.every(({ problems }) => problems.length === 0);
}

/** The folder with `hunts/` and `exclusions/`, and when the cases of all hunts run. */
interface Surroundings {
  root: string;
  now: Date;
}

interface Tried {
  /** With what it was compiled to, where it could be. */
  hunt: Hunt;
  /** The tables of its metadata. */
  named: readonly string[];
  errors: string[];
}

function tryToCompile(hunt: Hunt): Tried {
  const { compiled, errors } = compileHunt(hunt);
  return { hunt: compiled ? withCompilation(hunt, compiled) : hunt, named: hunt.tables, errors };
}

async function checkHunt(
  { hunt, named, errors }: Tried,
  hunts: readonly Hunt[],
  fileErrors: readonly string[],
  { root, now }: Surroundings,
): Promise<HuntCheck> {
  const check: HuntCheck = {
    file: hunt.file,
    name: hunt.name,
    errors: [...fileErrors],
    warnings: [],
    tables: huntedTables(hunt),
    cases: [],
  };
  if (fileErrors.length > 0) return check;
  const bound = bindHunt(hunt);
  check.errors.push(...bound.errors);
  check.warnings.push(...bound.warnings);
  if (bound.errors.length === 0) check.errors.push(...errors);
  if (hunt.compiled) check.compiled = hunt.compiled;
  if (named.length > 0 && hunt.tables !== named)
    check.warnings.push(
      `${hunt.file}: the query reads none of the tables of requiredDataConnectors.dataTypes (${named.join(', ')}); exclusions act on those that it reads`,
    );

  const path = testFileOf(join(root, 'hunts', basename(hunt.file)));
  const read = readHuntTests(path, testFileOf(hunt.file));
  if (!read) check.warnings.push(`${hunt.file}: has no ${testFileOf(basename(hunt.file))} beside it`);
  else if ('problems' in read) check.errors.push(...read.problems);
  else if (check.errors.length === 0 && hunt.compiled)
    check.cases.push(...(await runTests(hunt, hunts, read.tests, { root, now })));
  return check;
}

async function runTests(hunt: Hunt, hunts: readonly Hunt[], tests: HuntTests, { root, now }: Surroundings) {
  const { exclusions } = await readExclusions(join(root, 'exclusions'), tests.settings, hunts);
  const cases: HuntCheck['cases'] = [];
  for (const one of tests.cases)
    cases.push({
      name: one.name,
      problems: [...unknownColumns(one.events), ...(await tryCase(hunt, one, exclusions, now))],
    });
  return cases;
}

async function tryCase(
  hunt: Hunt,
  one: HuntTests['cases'][number],
  exclusions: readonly Exclusion[],
  now: Date,
): Promise<string[]> {
  try {
    const [outcome] = await runHuntCase(hunt, one, [exclusions], now);
    if (!outcome) return [];
    const hiddenTruth = one.truePositive
      ? outcome.hidden.map(
          ({ sighting, by }) =>
            `a true positive is hidden by ${by.join(', ')}: ${JSON.stringify(sighting.identity)}`,
        )
      : [];
    return [...judgeCase(one, outcome), ...hiddenTruth];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** A misspelt column of an event would make a test that proves nothing. */
function unknownColumns(events: HuntTests['cases'][number]['events']): string[] {
  return Object.entries(events).flatMap(([table, rows]) => {
    const known = new Set(
      (['log-analytics', 'defender-xdr'] as const).flatMap((flavour) =>
        (schemaOf(flavour).get(table) ?? []).map(({ name }) => name),
      ),
    );
    if (known.size === 0) return [];
    const named = new Set(rows.flatMap(({ row }) => Object.keys(row)));
    return [...named]
      .filter((column) => !known.has(column))
      .map((column) => `${table} has no column ${column}`);
  });
}
