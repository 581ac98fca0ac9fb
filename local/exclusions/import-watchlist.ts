import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWorkspace } from 'kql-workspace/start-workspace.ts';
import { stringify } from 'yaml';
import { dayOf, holdsAddresses, type Operator } from '../../functions/domain/exclusions/exclusion.ts';
import { parseExclusion } from '../../functions/domain/exclusions/parse-exclusion.ts';
import { fieldName } from '../../functions/domain/field-problems.ts';
import type { Hunt } from '../../functions/domain/hunting/hunt.ts';
import { identifier, kql } from '../../functions/domain/kql/kql.ts';

export interface ImportRequest {
  /** Path of the CSV. */
  file: string;
  /** Its column with the values. */
  column: string;
  /** The column of the events that is compared with them. */
  to: string;
  id: string;
  owner: string;
  reason: string;
  /** The last day, `2027-05-31`; without it 90 days from `now`. */
  expires?: string;
  hunts: readonly Hunt[];
  now: Date;
}

/** Entries for a file of `exclusions/`, and the values that are in none of them, each with the reason. */
export interface Imported {
  yaml: string;
  values: number;
  leftOut: { value: string; reason: string }[];
}

/** An exclusion's list holds so many. */
const VALUES_PER_LIST = 1_000;
const DAYS_90_MS = 90 * 86_400_000;

/**
 * Makes exclusions of a watchlist's file: in a column of addresses as ranges, else as whole texts.
 * @throws Error that fits for one line: a file, column or field that can't be used
 */
export async function importWatchlist(request: ImportRequest): Promise<Imported> {
  const { id, to, owner, reason, hunts, now } = request;
  const values = await readColumn(request);
  const operator: Operator = holdsAddresses(to) ? 'cidr' : 'equals';
  const leftOut: Imported['leftOut'] = [];
  const taken: string[] = [];
  const entry = (any: object[]) => ({
    id,
    reason,
    owner,
    expires: request.expires ?? dayOf(new Date(now.getTime() + DAYS_90_MS)),
    hunts: hunts.map((hunt) => hunt.id),
    any,
  });
  const problemsOf = async (any: object[]) => {
    const parsed = await parseExclusion(entry(any), { file: 'exclusions/', hunts, settings: {} });
    return 'problems' in parsed ? parsed.problems : [];
  };
  // Whatever is wrong with the entry itself is wrong with each value.
  const [whole] = await problemsOf([{ [to]: { equals: 'a value' } }]);
  if (whole) throw new Error(`${fieldName(whole.path)}: ${whole.message}`);
  for (const value of values) {
    const [problem] = await problemsOf([{ [to]: { [operator]: value } }]);
    if (problem) leftOut.push({ value, reason: problem.message });
    else taken.push(value);
  }
  const any = Array.from({ length: Math.ceil(taken.length / VALUES_PER_LIST) }, (_, index) => ({
    [to]: { [operator]: taken.slice(index * VALUES_PER_LIST, (index + 1) * VALUES_PER_LIST) },
  }));
  return { yaml: any.length === 0 ? '' : stringify([entry(any)]), values: taken.length, leftOut };
}

/** Different values that are not empty, in the order of the file; read as the workspace reads a watchlist, so in any encoding. */
async function readColumn({ file, column }: ImportRequest): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'watchlist-'));
  try {
    symlinkSync(file, join(folder, 'given.csv'));
    const workspace = await startWorkspace({ watchlists: folder });
    try {
      const { columns } = await workspace.run("_GetWatchlist('given') | take 0");
      const names = columns.map(({ name }) => name);
      const found = names.find((name) => name.toLowerCase() === column.toLowerCase());
      if (found === undefined)
        throw new Error(`${file} has no column ${column}; it has ${names.slice(3).join(', ')}`);
      const { text } = kql`_GetWatchlist("given") | project Value = trim(" +", ${identifier(found)})`;
      const { rows } = await workspace.run(text);
      return [...new Set(rows.map(([value]) => String(value)))].filter((value) => value !== '');
    } finally {
      await workspace.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
