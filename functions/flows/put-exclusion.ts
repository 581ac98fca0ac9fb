import { addressOf } from '../domain/exclusions/add-stored-entries.ts';
import { type ExclusionEffect, effectOf } from '../domain/exclusions/effect-of.ts';
import { type Exclusion, problemWithExpiry } from '../domain/exclusions/exclusion.ts';
import type { Settings } from '../domain/exclusions/exclusion-values.ts';
import { parseExclusion } from '../domain/exclusions/parse-exclusion.ts';
import type { FieldProblem } from '../domain/field-problems.ts';
import type { Conflict, ExclusionStore, Expected } from '../ports/exclusion-store.ts';
import type { PreviewOutcome } from './preview-exclusion.ts';
import { problemsWithBreadth } from './problems-with-breadth.ts';
import { placeholdersOf, type ShippedFiles } from './read-catalogue.ts';

/** `in-file`: files win, so the entry would never be used. */
export type PutOutcome =
  | { kind: 'created' | 'replaced'; etag: string; exclusion: Exclusion; effect: ExclusionEffect }
  | { kind: 'invalid'; problems: FieldProblem[] }
  | { kind: 'in-file'; where: string }
  | Conflict;

export interface PutDeps {
  files: () => Promise<ShippedFiles>;
  store: ExclusionStore;
  settings: Settings;
  /** See `CatalogueDeps`. */
  placeholders: readonly string[];
  /** What the entry would hide. */
  preview: (entry: Readonly<Record<string, unknown>>) => Promise<PreviewOutcome>;
  clock: () => Date;
}

/** Takes an entry into the app's own list when it is one that a run would use. Throws when the storage cannot be reached. */
export async function putExclusion(
  id: string,
  entry: Readonly<Record<string, unknown>>,
  expected: Expected,
  { files, store, settings, placeholders, preview, clock }: PutDeps,
): Promise<PutOutcome> {
  const now = clock();
  const { hunts, lists } = await files();
  const given = { id, ...entry };
  const parsed = await parseExclusion(given, {
    file: addressOf(id),
    hunts,
    settings,
    placeholders: placeholdersOf(lists, placeholders),
  });
  if ('problems' in parsed) return { kind: 'invalid', problems: parsed.problems };
  const { exclusion } = parsed;
  const { createdBy } = exclusion;
  const effect = effectOf(exclusion, hunts, now);
  const problems = problemsWith(exclusion, id, effect, now);
  if (createdBy === undefined || problems.length > 0) return { kind: 'invalid', problems };

  const inFile = lists.exclusions.find((other) => other.id === id);
  if (inFile || lists.leftOut.some((other) => other.id === id))
    return { kind: 'in-file', where: inFile?.file ?? 'a file of exclusions/' };

  const tooMuch = exclusion.acceptBroad === undefined ? problemsWithBreadth(await preview(given)) : [];
  if (tooMuch.length > 0) return { kind: 'invalid', problems: tooMuch };

  const { reason, owner, expires, acceptBroad } = exclusion;
  const names = effect.hunts.map(({ name }) => name);
  const told = { reason, owner, expires, hunts: names, ...(acceptBroad !== undefined && { acceptBroad }) };
  const made = { by: createdBy, claimed: true, at: now };
  const written = await store.put(id, given, { ...made, told }, expected);
  return written.kind === 'conflict' ? written : { ...written, exclusion, effect };
}

/** What a file's entry may be, to be told at every run, and a new one may not. */
function problemsWith(exclusion: Exclusion, id: string, effect: ExclusionEffect, now: Date): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (exclusion.id !== id)
    problems.push({ path: ['id'], message: `must be ${id}, as in the address, or be left out` });
  if (exclusion.createdBy === undefined)
    problems.push({ path: ['createdBy'], message: 'is missing; name who makes this change' });
  const expiry = problemWithExpiry(exclusion, now);
  if (expiry !== undefined) problems.push({ path: ['expires'], message: expiry });
  else if (effect.hunts.length === 0) problems.push({ path: ['any'], message: effect.idle.join(' ') });
  return problems;
}
