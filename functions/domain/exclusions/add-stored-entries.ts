import { fieldName } from '../field-problems.ts';
import type { ExclusionLists } from './exclusion.ts';
import { type ExclusionContext, parseExclusion } from './parse-exclusion.ts';

/** Where an entry of the app's own list stands, as its users know it. */
export function addressOf(id: string): string {
  return `api/exclusions/${id}`;
}

/**
 * The files' lists with the entries of the app's own list. On the same id the file wins, also with an entry that is wrong: what was
 * reviewed there is never replaced by what was not.
 */
export async function addStoredEntries(
  files: ExclusionLists,
  stored: readonly { id: string; entry: unknown }[],
  context: Omit<ExclusionContext, 'file'>,
): Promise<ExclusionLists> {
  const inFiles = new Map([
    ...files.leftOut.map(({ id }) => [id, 'the files'] as const),
    ...files.exclusions.map(({ id, file }) => [id, file] as const),
  ]);
  const exclusions = [...files.exclusions];
  const leftOut = [...files.leftOut];
  for (const { id, entry } of stored) {
    const file = addressOf(id);
    const winner = inFiles.get(id);
    if (winner !== undefined) {
      leftOut.push({ id, reason: `${file}: not used, since ${winner} has this id too, and files win.` });
      continue;
    }
    const result = await parseExclusion(entry, { ...context, file });
    if ('exclusion' in result) exclusions.push(result.exclusion);
    else {
      leftOut.push(
        ...result.problems.map(({ path, message }) => ({
          id,
          reason: `${file}: ${path.length > 0 ? `${fieldName(path)}: ` : ''}${message}`,
        })),
      );
    }
  }
  return { exclusions, leftOut };
}
