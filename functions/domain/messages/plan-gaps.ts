import type { Gap } from '../hunting/owed.ts';
import type { RunFacts } from '../hunting/run-facts.ts';
import { type GapMessage, MAX_GAPS_PER_MESSAGE } from './kinds/gap-message.ts';
import { huntOf } from './kinds/message-parts.ts';

/** Pure: one message for the gaps that were found out about together; none when there are none. */
export function planGaps(
  gaps: readonly Gap[],
  { runId, now, hunt, workspace, links }: Pick<RunFacts, 'runId' | 'now' | 'hunt' | 'workspace' | 'links'>,
  number: number,
): GapMessage[] {
  if (gaps.length === 0) return [];
  return [
    {
      id: `${runId}.gap.${number}`,
      kind: 'gap',
      createdAt: now.toISOString(),
      hunt: huntOf(hunt),
      workspace,
      run: { id: runId, ...(links?.runUrl && { runUrl: links.runUrl }) },
      gaps: gaps.slice(0, MAX_GAPS_PER_MESSAGE).map(({ from, to, reason }) => ({
        from: from.toISOString(),
        to: to.toISOString(),
        reason,
      })),
      total: gaps.length,
    },
  ];
}
