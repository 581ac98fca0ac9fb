import { idOf } from '../exclusions/attribution.ts';
import type { RunFacts } from '../hunting/run-facts.ts';
import { huntOf } from './kinds/message-parts.ts';
import { MAX_EXCLUSIONS_PER_NOTICE, type MuchHiddenMessage } from './kinds/much-hidden-message.ts';

/** Pure: one message when exclusions together hide much of what the hunt sees, and nobody was told yet, or of less. */
export function planMuchHidden(
  facts: Pick<
    RunFacts,
    | 'breadth'
    | 'progress'
    | 'attribution'
    | 'exclusions'
    | 'exclusionSet'
    | 'runId'
    | 'now'
    | 'hunt'
    | 'workspace'
    | 'slice'
    | 'links'
  >,
): MuchHiddenMessage[] {
  const { breadth, progress, attribution, runId, hunt, workspace, slice, links } = facts;
  if (!breadth?.tell) return [];
  const before = progress.toldHiding;
  const ids = new Set(facts.exclusionSet.map(idOf));
  const numbers = new Map(attribution?.reckoned.each.map(({ exclusion, hidden }) => [exclusion, hidden]));
  const acting = facts.exclusions
    .filter(({ id }) => ids.has(id))
    .sort((one, other) => (numbers.get(other.id) ?? 0) - (numbers.get(one.id) ?? 0));
  return [
    {
      id: `${runId}.much-hidden.1`,
      kind: 'much-hidden',
      createdAt: facts.now.toISOString(),
      hunt: huntOf(hunt),
      workspace,
      run: {
        id: runId,
        window: { from: slice.from.toISOString(), to: slice.to.toISOString() },
        ...(links?.queryUrl && { queryUrl: links.queryUrl }),
        ...(links?.runUrl && { runUrl: links.runUrl }),
      },
      hidden: breadth.hidden,
      sightings: breadth.sightings,
      ...(before && {
        before: {
          hidden: before.hidden,
          sightings: before.sightings,
          toldAt: before.toldAt.toISOString(),
        },
      }),
      exclusions: acting.slice(0, MAX_EXCLUSIONS_PER_NOTICE).map(({ id, owner, createdBy, acceptBroad }) => ({
        id,
        owner,
        ...(createdBy !== undefined && { createdBy }),
        ...(acceptBroad !== undefined && { acceptBroad }),
        ...(numbers.has(id) && { hidden: numbers.get(id) }),
      })),
      total: acting.length,
    },
  ];
}
