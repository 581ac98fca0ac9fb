import { describeHunt, linksOf, subjectOf } from './describe-hunt.ts';
import type { DescribedMessage, Sentence } from './described-message.ts';
import type { HealthMessage } from './kinds/health-message.ts';
import { quantity } from './quantity.ts';
import { showText } from './show-text.ts';

const outcomes: Record<HealthMessage['run']['outcome'], string> = {
  complete: 'complete',
  'no-data': 'its tables had no rows in the window',
  incomplete: 'only a part was searched',
  failed: 'it got no answer',
};

export function describeHealth(message: HealthMessage): DescribedMessage {
  const { streak, run } = message;
  const { subject } = subjectOf(message.hunt.name);
  const well = message.kind === 'well-again';
  const problems = streak.problems.map((problem) => ({ value: showText(problem, 300) }));
  return {
    headline: well
      ? `Recovered: ${subject}`
      : `The hunt has not completed for ${quantity(streak.runs, 'run')}: ${subject}`,
    tone: well ? 'good' : 'alarm',
    explanation: well
      ? `A run was complete, after ${quantity(streak.runs, 'run')} that ${streak.runs === 1 ? 'was' : 'were'} not. What it found is told as always.`
      : 'While this lasts, silence does not mean that all is well. The next complete run searches what was missed, up to 30 days back. You are told once, and again when it recovers.',
    warnings: [],
    entries:
      problems.length === 0
        ? []
        : [
            {
              title: { text: well ? 'What the last incomplete run said' : 'What the last run said' },
              details: problems,
              lines: [],
            },
          ],
    elsewhere: 0,
    leftOut: (count) => `${quantity(count, 'part')} of this message did not fit.`,
    facts: [
      {
        label: 'Searched up to',
        value: message.searchedUntil === null ? ['nothing yet'] : [new Date(message.searchedUntil)],
      },
      {
        label: 'Not completed',
        value: [`${quantity(streak.runs, 'run')}, the first `, new Date(streak.since)],
      },
      { label: 'Last run', value: lastRun(run) },
    ],
    links: linksOf(run),
    hunt: { ...describeHunt(message), description: '' },
  };
}

function lastRun({ outcome, window }: HealthMessage['run']): Sentence {
  const windowed: Sentence = window ? ['; window ', new Date(window.from), ' to ', new Date(window.to)] : [];
  return [outcomes[outcome], ...windowed];
}
