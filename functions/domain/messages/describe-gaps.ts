import { describeHunt, linksOf, subjectOf } from './describe-hunt.ts';
import type { DescribedMessage } from './described-message.ts';
import type { GapMessage } from './kinds/gap-message.ts';
import { quantity } from './quantity.ts';
import { showText } from './show-text.ts';

export function describeGaps(message: GapMessage): DescribedMessage {
  const { gaps, total, run } = message;
  const { subject } = subjectOf(message.hunt.name);
  return {
    headline: `${total === 1 ? 'A gap' : quantity(total, 'gap')} in the hunt: ${subject}`,
    tone: 'alarm',
    explanation:
      'Nobody has searched this time, and no run will: what happened in it was not found. Search it by hand if it matters. You are told once.',
    warnings: [],
    entries: gaps.map(({ from, to, reason }) => ({
      details: [{ label: 'Why', value: showText(reason, 300) }],
      lines: [[new Date(from), ' to ', new Date(to)]],
    })),
    elsewhere: Math.max(0, total - gaps.length),
    leftOut: (count) => `${quantity(count, 'more gap')} in the run report.`,
    facts: [],
    links: linksOf(run),
    hunt: { ...describeHunt(message), description: '' },
  };
}
