import type { FieldProblem } from '../domain/field-problems.ts';
import type { PreviewOutcome } from './preview-exclusion.ts';

/**
 * What speaks against an entry that says nothing of `acceptBroad`: it hides a large part of what a hunt sees, or is the piece with which all together do and the
 * channels would be told, or nobody can say what it hides.
 */
export function problemsWithBreadth(outcome: PreviewOutcome): FieldProblem[] {
  if (outcome.kind !== 'preview') return [];
  return outcome.previews.flatMap(({ hunt, workspace, ...preview }): FieldProblem[] => {
    const { whole, problems, sightings, hidesInAll, newlyHidden, broad, together } = preview;
    const where = `${hunt.name} on ${workspace.name ?? workspace.id}`;
    const say = (message: string) => [{ path: ['acceptBroad'], message }];
    if (!whole)
      return say(
        `what it would hide from ${where} could not be found out (${problems.join(' ')}); try again, or say here why it is to be written unseen`,
      );
    if (broad)
      return say(
        `it would hide ${hidesInAll} of ${sightings} sightings of ${where}; narrow it, or say here why it may`,
      );
    if (newlyHidden > 0 && together.tells)
      return say(
        `with all others it would hide ${together.hidden} of ${sightings} sightings of ${where}; narrow it, or say here why it may`,
      );
    return [];
  });
}
